const printableAscii = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;
const separators = /[\t-\r\u0085\p{Z}]/gu;
const invisible = /[\p{Cc}\p{Cf}\p{Variation_Selector}]|[\u034F\u1806\uFFFC]/gu;
const spaces = / +(?!\p{M})/gu;
const outerSpaces = /^ (?!\p{M})| $/gu;
// The upper case of the dotless i is that of the dotted one, but they are different letters.
const notDotless = /[^\u0131]+/gu;
const finalSigma = /\u03c2/g;
const prohibited = /[\p{Cn}\p{Co}\p{Cs}\uFFFD]/u;

/**
 * Prepares a value for caseIgnoreMatch (RFC 4518): what does not show is dropped, case folded, compatibility
 * forms unified (NFKC), and spaces at the ends removed and within reduced to one. Two values match when the
 * results are equal. Preparing a result again gives the same result.
 */
export function prepareCaseIgnore(value: string): string {
  if (printableAscii.test(value)) return value.toLowerCase();
  return mapped(value)
    .toLowerCase()
    .replace(notDotless, (letters) => letters.toUpperCase())
    .toLowerCase()
    .replace(finalSigma, "\u03c3")
    .normalize("NFKC")
    .replace(spaces, " ")
    .replace(outerSpaces, "");
}

/**
 * Whether a string may not be compared (RFC 4518 §2.4): it holds a private or unassigned code point, half a surrogate
 * pair or the replacement character. Unassigned is what Unicode has not assigned by now, where the RFC stops at 2002: a
 * directory holds emoji.
 */
export function isProhibited(value: string): boolean {
  return !printableAscii.test(value) && prohibited.test(mapped(value));
}

/** Maps and normalises (RFC 4518 §2.2 and §2.3), without folding case. */
function mapped(value: string): string {
  return value.replace(separators, " ").replace(invisible, "").normalize("NFKC");
}
