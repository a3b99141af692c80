import { commonBases, commonPasswords } from "./password-blocklist.generated.ts";

let passwords: ReadonlySet<string> | undefined;
let bases: ReadonlySet<string> | undefined;

/** Folds away what people change without making a password harder to guess: case and compatibility forms. */
export function foldPassword(prepared: string): string {
  return prepared.normalize("NFKC").toLowerCase();
}

/**
 * Whether a password is one of the 10,000 most common of at least 8 characters, or a common one with digits and
 * punctuation before or after it, whatever the case. The list is that of zxcvbn.
 *
 * @param prepared - the password, prepared
 */
export function isCommonPassword(prepared: string): boolean {
  passwords ??= new Set(commonPasswords.split("\n"));
  bases ??= new Set(commonBases.split("\n"));
  const folded = foldPassword(prepared);
  if (passwords.has(folded)) return true;
  for (const core of [folded, reverse(folded)].flatMap(bareForms)) {
    if (passwords.has(core) || bases.has(core)) return true;
  }
  return false;
}

/** The text without digits and punctuation at its end, and without them at both ends. */
function bareForms(text: string): string[] {
  const atEnd = text.replace(/[^\p{L}]+$/u, "");
  return [atEnd, atEnd.replace(/^[^\p{L}]+/u, "")];
}

function reverse(text: string): string {
  return [...text].reverse().join("");
}

/**
 * The shortest unit that a text repeats, also when the last repetition is cut short, or the text itself.
 *
 * @param text - for instance `abcabcab`, whose unit is `abc`
 */
export function repeatedUnit(text: readonly string[]): readonly string[] {
  // The longest prefix that is also a suffix (Knuth, Morris, Pratt) leaves the period.
  const border: number[] = [0];
  for (let i = 1, length = 0; i < text.length; i++) {
    while (length > 0 && text[i] !== text[length]) length = border[length - 1] ?? 0;
    if (text[i] === text[length]) length += 1;
    border[i] = length;
  }
  const period = text.length - (border.at(-1) ?? 0);
  // Less than half of it repeated is chance or a rhyme.
  return period * 1.5 <= text.length ? text.slice(0, period) : text;
}

const rows = [
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
  "qsdfghjklm",
  "wxcvbn",
  "1234567890",
  "abcdefghijklmnopqrstuvwxyz",
];
const neighbours: ReadonlySet<string> = new Set(
  rows.flatMap((row) =>
    [...row].slice(1).flatMap((symbol, i) => [`${row[i]}${symbol}`, `${symbol}${row[i]}`]),
  ),
);

/**
 * Whether a text is little more than runs of the alphabet, digits or keyboard rows, in either direction, or of one
 * repeated symbol: at most one step in six leaves its run.
 *
 * @param text - folded
 */
export function isSequence(text: readonly string[]): boolean {
  let breaks = 0;
  for (let i = 1; i < text.length; i++) {
    if (text[i] !== text[i - 1] && !neighbours.has(`${text[i - 1]}${text[i]}`)) breaks += 1;
  }
  return text.length > 1 && breaks <= Math.floor(text.length / 6);
}
