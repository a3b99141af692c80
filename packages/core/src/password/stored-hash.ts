import { DirectoryError } from "../errors.ts";

/** A hash out of the store, read and found within bounds. */
export interface StoredHash {
  /** The name of its family, fit for a metric's label or a log. */
  readonly family: "argon2" | "bcrypt" | "digest" | "pbkdf2" | "scrypt" | "sha-crypt";
  /**
   * Whether the password gives this hash. Compares in constant time.
   *
   * @param password - prepared
   */
  matches(password: string): Promise<boolean>;
}

/**
 * The error for a hash that is not accepted. It repeats nothing of the hash.
 *
 * @param family - what the hash claims to be
 * @param reason - why it is refused: a clause that follows "because"
 */
export function refuseHash(family: string, reason: string): DirectoryError {
  return new DirectoryError("invalid-input", `The ${family} password hash is refused because ${reason}.`, {
    details: { family, reason },
  });
}

/**
 * Decodes base64 and insists on its form: the standard alphabet, or `.` instead of `+` as passlib writes it; padded or
 * not; no stray bits at the end.
 *
 * @returns the octets, or `undefined` when the text is something else
 */
export function decodeBase64(text: string): Buffer | undefined {
  const body = text.replaceAll(".", "+").replace(/={1,2}$/, "");
  const octets = Buffer.from(body, "base64");
  return octets.toString("base64").replace(/=+$/, "") === body ? octets : undefined;
}
