import { createHash, randomBytes, randomInt } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import { constantTimeEqual } from "../keys/constant-time.ts";

// No vowels but a and e, so that few words come out; none of the pairs that look alike in print or by hand:
// 0/o, 1/i/l, 2/z, 5/s, 8/b, u/v.
const alphabet = "34679acdefghjkmnpqrtvwxy";
const codeLength = 16;
const groupLength = 4;
const saltOctets = 16;
const codeForm = new RegExp(`^[${alphabet}]{${codeLength}}$`);

/** New recovery codes: what the user keeps and what the store keeps. */
export interface RecoveryCodes {
  /** The codes to show once, as `xxxx-xxxx-xxxx-xxxx`; each has 73 bits of chance. */
  readonly codes: readonly string[];
  /** What to store: one salted hash per code, joined by spaces. */
  readonly stored: string;
}

/**
 * Makes single-use codes for a user who has lost the second factor.
 *
 * The store keeps SHA-256 with a salt, not a slow hash: a slow hash makes up for what people choose badly, but trying
 * 2^73 codes is out of reach at any speed, and a quick hash cannot be used to wear the server out.
 *
 * @param count - how many, 1 to 20; default 10
 * @throws DirectoryError `invalid-input` for another count
 */
export function generateRecoveryCodes(count = 10): RecoveryCodes {
  if (!Number.isInteger(count) || count < 1 || count > 20) {
    throw new DirectoryError("invalid-input", "The number of recovery codes must be 1 to 20.");
  }
  const codes = Array.from({ length: count }, randomCode);
  const stored = codes.map((code) => {
    const salt = randomBytes(saltOctets).toString("base64url");
    return `${salt}.${hashCode(salt, code)}`;
  });
  return { codes: codes.map(inGroups), stored: stored.join(" ") };
}

/**
 * Finds the stored code that was typed. Case, spaces and dashes in what was typed do not matter. All stored codes are
 * compared, whichever matches.
 *
 * @param stored - {@link RecoveryCodes.stored}, or what an earlier match left
 * @param code - as typed
 * @returns what to store from now on, without the used code (the empty string when it was the last one: compare with
 * `undefined`), or `undefined` when none matches. The code counts as used only once the caller's compare-and-set of
 * the record succeeds.
 */
export function matchRecoveryCode(stored: string, code: string): string | undefined {
  if (code.length > 64) return undefined;
  const plain = code.toLowerCase().replace(/[\s\p{Pd}]/gu, "");
  if (!codeForm.test(plain)) return undefined;
  const entries = stored.split(" ");
  const left = entries.filter((entry) => {
    const [salt = "", hash = ""] = entry.split(".");
    return !constantTimeEqual(hashCode(salt, plain), hash);
  });
  return left.length === entries.length ? undefined : left.join(" ");
}

/**
 * How many codes are left.
 *
 * @param stored - {@link RecoveryCodes.stored}, or what a match left
 */
export function countRecoveryCodes(stored: string): number {
  return stored === "" ? 0 : stored.split(" ").length;
}

function randomCode(): string {
  return Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

function inGroups(code: string): string {
  const groups: string[] = [];
  for (let at = 0; at < code.length; at += groupLength) groups.push(code.slice(at, at + groupLength));
  return groups.join("-");
}

function hashCode(salt: string, code: string): string {
  return createHash("sha256").update(`directorykit recovery code v1\0${salt}\0${code}`).digest("base64url");
}
