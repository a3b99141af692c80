import { DirectoryError } from "../errors.ts";
import { splitPasswordAndCode } from "../totp/split-password-and-code.ts";
import { foldPassword, isCommonPassword, isSequence, repeatedUnit } from "./common-password.ts";
import { passwordFault, preparePassword } from "./prepare-password.ts";

/** What a new password must meet. There are no rules of composition and no expiry (NIST SP 800-63B-4 §3.1.1.2). */
export interface PasswordPolicy {
  /**
   * Least length in Unicode code points. Default 15, the least when a password is the only factor; at least 8, which is
   * right only where a second factor is enforced.
   */
  readonly minLength: number;
  /** Greatest length in Unicode code points. Default 1024; 256 to 4096. A password of over 4096 octets is always too long. */
  readonly maxLength: number;
  /**
   * Refuses further passwords, for instance those of a breach corpus. The built-in list of common passwords applies
   * beside it. What it throws fails the change. Default none.
   *
   * @param prepared - the password as it would be hashed
   */
  readonly blocklist?: (prepared: string) => boolean | Promise<boolean>;
}

/** Default: 15 to 1024 code points, and the built-in blocklist. */
export const defaultPasswordPolicy: PasswordPolicy = { minLength: 15, maxLength: 1024 };

/** Why a password is refused. `reused`, of one that must be changed, is found where it is stored, not by the policy. */
export type PasswordViolationCode =
  | "too-short"
  | "too-long"
  | "invalid-character"
  | "blocked"
  | "context-word"
  | "looks-like-password-and-code"
  | "reused";

/** One fault of a password. */
export interface PasswordViolation {
  /** The kind of fault. */
  readonly code: PasswordViolationCode;
  /** The fault in a sentence for the person who chose the password. Repeats nothing of it. */
  readonly reason: string;
}

/** What a password must not be made of. */
export interface PasswordContext {
  /**
   * Names an attacker would try first: username, e-mail addresses, the person's names, the organization, the product.
   * Their parts of at least 3 characters count too. At most 100 are looked at.
   */
  readonly words: readonly string[];
}

/**
 * Checks a policy, as {@link checkPassword} does each time; call it when the policy is configured.
 *
 * @throws DirectoryError `misconfigured` for lengths out of range
 */
export function assertPasswordPolicy({ minLength, maxLength }: PasswordPolicy): void {
  if (!Number.isInteger(maxLength) || maxLength < 256 || maxLength > 4096) {
    throw new DirectoryError("misconfigured", "A password policy's maxLength must be 256 to 4096.");
  }
  if (!Number.isInteger(minLength) || minLength < 8 || minLength > maxLength) {
    throw new DirectoryError(
      "misconfigured",
      "A password policy's minLength must be at least 8, and at most maxLength.",
    );
  }
}

/**
 * Everything that speaks against a new password; empty when nothing does.
 *
 * Blocked are common passwords, also with digits and punctuation around them, repetitions of a unit that is itself too
 * short or common, and runs of the alphabet, digits or keyboard rows. A context word refuses a password in which little
 * else is left. `something,123456` is refused because protocols with one field for the password read it as a password
 * and a one-time code.
 *
 * @param password - as typed
 * @throws DirectoryError `misconfigured` for a policy that {@link assertPasswordPolicy} refuses; otherwise what the
 * policy's own blocklist throws
 */
export async function checkPassword(
  password: string,
  policy: PasswordPolicy,
  context: PasswordContext = { words: [] },
): Promise<readonly PasswordViolation[]> {
  assertPasswordPolicy(policy);
  const fault = passwordFault(password);
  // Nothing more is computed for what could not be hashed.
  if (fault === "too-long") return [tooLong(policy)];
  if (fault === "empty") return [tooShort(policy)];
  if (fault === "invalid-character") {
    return [
      { code: "invalid-character", reason: "The password contains a control character or broken text." },
    ];
  }
  const prepared = preparePassword(password);
  const length = [...prepared].length;
  if (length > policy.maxLength) return [tooLong(policy)];
  const violations: PasswordViolation[] = [];
  if (length < policy.minLength) violations.push(tooShort(policy));
  const blocked = blockedReason(prepared, policy.minLength) ?? (await ownBlocklist(prepared, policy));
  if (blocked !== undefined) violations.push({ code: "blocked", reason: blocked });
  if (isMostlyContext(prepared, context)) {
    violations.push({
      code: "context-word",
      reason: "The password is little more than a name, an address or the organization.",
    });
  }
  if (splitPasswordAndCode(prepared) !== undefined) {
    violations.push({
      code: "looks-like-password-and-code",
      reason: "The password ends in a comma and six digits, which means a password with a one-time code.",
    });
  }
  return violations;
}

function tooShort({ minLength }: PasswordPolicy): PasswordViolation {
  return { code: "too-short", reason: `The password has fewer than ${minLength} characters.` };
}

function tooLong({ maxLength }: PasswordPolicy): PasswordViolation {
  return { code: "too-long", reason: `The password has more than ${maxLength} characters or 4096 octets.` };
}

function blockedReason(prepared: string, minLength: number): string | undefined {
  const symbols = [...foldPassword(prepared)];
  const unit = repeatedUnit(symbols);
  if (isCommonPassword(prepared))
    return "The password is a common one, or a common one with digits or punctuation.";
  if (unit.length < symbols.length && (unit.length < minLength || isCommonPassword(unit.join("")))) {
    return "The password repeats a short or common part.";
  }
  return isSequence(symbols) ? "The password is a run of the alphabet, digits or keyboard." : undefined;
}

async function ownBlocklist(prepared: string, { blocklist }: PasswordPolicy): Promise<string | undefined> {
  return (await blocklist?.(prepared)) === true ? "The password is on a list of known passwords." : undefined;
}

const minWordLength = 3;
const maxWords = 100;
/** Different characters that must be left beside context words. */
const minRest = 6;

function isMostlyContext(prepared: string, { words }: PasswordContext): boolean {
  const folded = foldPassword(prepared);
  const parts = words.slice(0, maxWords).flatMap((word) => {
    const whole = foldPassword(word.slice(0, 256));
    return [whole, ...whole.split(/[^\p{L}\p{N}]+/u)];
  });
  // Longest first, so that a word is gone before its own parts are looked for.
  const longestFirst = [...new Set(parts)]
    .filter((part) => [...part].length >= minWordLength)
    .sort((a, b) => b.length - a.length);
  let rest = folded;
  for (const part of longestFirst) rest = rest.replaceAll(part, "");
  if (rest === folded) return false;
  const symbols = [...rest.replace(/[^\p{L}\p{N}]/gu, "")];
  return new Set(rest).size < minRest || isSequence(symbols);
}
