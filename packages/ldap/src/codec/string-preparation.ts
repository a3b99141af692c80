const printableAscii = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;
/** Characters that RFC 4518 §2.2 maps to nothing: control characters, soft hyphen, joiners, bidi marks, … */
const dropped =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are meant
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is dropped
  /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{e0100}-\u{e01ef}]/gu;
const whitespace = /[\s\u0085\p{Z}]+/gu;
const finalSigma = /\u03c2/g;
/** Folding and normalising may enable each other; no text is known that needs more rounds than two. */
const maxRounds = 4;

/**
 * Prepares a value for caseIgnoreMatch (RFC 4518): what does not show is dropped, case folded, compatibility
 * forms unified (NFKC), and spaces at the ends removed and within reduced to one. Two values match when the
 * results are equal. Preparing a result again gives the same result.
 */
export function prepareCaseIgnore(value: string): string {
  if (printableAscii.test(value)) return value.toLowerCase();
  let text = value;
  for (let round = 0; round < maxRounds; round += 1) {
    const next = fold(text);
    if (next === text) break;
    text = next;
  }
  return text;
}

function fold(text: string): string {
  // To upper case and back unites what lower case alone keeps apart, such as ß with ss.
  return text
    .replace(dropped, "")
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .replace(finalSigma, "\u03c3")
    .normalize("NFKC")
    .replace(whitespace, " ")
    .trim();
}
