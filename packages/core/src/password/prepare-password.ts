import { DirectoryError } from "../errors.ts";

/** Octets of UTF-8 a password may have. Longer ones are refused before any work is done on them. */
export const maxPasswordOctets = 4096;

/** Why a password cannot be used at all. */
export type PasswordFault = "empty" | "too-long" | "invalid-character";

// Controls (U+0000-U+001F, U+007F-U+009F) and noncharacters; lone surrogates are looked for separately.
const refusedCharacters = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;

/**
 * What is wrong with a password before its strength is looked at: it is empty, has more than 4096 octets, or contains
 * a control character (U+0000 to U+001F, U+007F to U+009F: so also tab and line breaks), a Unicode noncharacter or a
 * lone surrogate.
 *
 * @param password - as typed
 */
export function passwordFault(password: string): PasswordFault | undefined {
  if (password.length === 0) return "empty";
  // A UTF-16 unit is at least one octet, so that a huge text is refused without being encoded.
  if (password.length > maxPasswordOctets || Buffer.byteLength(password) > maxPasswordOctets)
    return "too-long";
  return password.isWellFormed() && !refusedCharacters.test(password) ? undefined : "invalid-character";
}

/**
 * The form of a password that is hashed, so that it matches whichever keyboard, operating system or protocol it comes
 * through: the OpaqueString profile of RFC 8265 §4.2. Spaces other than U+0020 become U+0020, then the text takes
 * Unicode normalization form C. Case and width stay as they are, and nothing is ever cut off.
 *
 * Two rules of the profile are left out on purpose: code points this Node does not know yet and invisible ones (such as
 * the variation selectors within emoji) are allowed, because a rule that changes with the Unicode version would lock
 * out those who set such a password.
 *
 * @param password - as typed
 * @throws DirectoryError `invalid-input` when `passwordFault` finds one; `details.fault` names it
 */
export function preparePassword(password: string): string {
  const fault = passwordFault(password);
  if (fault !== undefined) {
    throw new DirectoryError("invalid-input", messages[fault], { details: { fault } });
  }
  return password.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

const messages: Readonly<Record<PasswordFault, string>> = {
  empty: "The password is empty.",
  "too-long": `The password is longer than ${maxPasswordOctets} octets.`,
  "invalid-character": "The password contains a control character or is not well-formed Unicode.",
};
