import type { CredentialId, UserId } from "./ids.ts";
import type { RecordBase } from "./record.ts";

/**
 * Kinds of credential. `nt-hash` and `unix-crypt` weaken the directory (a thief of the store cracks them fast):
 * they exist only where the host opted in.
 */
export type CredentialKind =
  | "password"
  | "totp"
  | "recovery-codes"
  | "ssh-key"
  | "x509"
  | "nt-hash"
  | "unix-crypt";

/** Something a user can prove. The proof itself never leaves core. */
export interface Credential extends RecordBase<CredentialId> {
  /** Whose it is. */
  readonly user: UserId;
  /** What it is. At most one of each of `password`, `totp`, `recovery-codes`, `nt-hash` per user. */
  readonly kind: CredentialKind;
  /**
   * The stored form: a PHC or imported hash for passwords, a sealed envelope for what must be reversible, a list of
   * hashes joined by spaces for recovery codes, the public part for keys and certificates.
   */
  readonly secret: string;
  /** `pending` until the user has shown that they hold it (TOTP enrolment). */
  readonly status: "active" | "pending";
  /**
   * When what it proves last became something else, in milliseconds since the epoch, where the record has changed for
   * other reasons since: a hash renewed at login, a mark. Absent: when the record last changed.
   */
  readonly setAt?: number;
  /**
   * A password that must be changed at the next sign-in because it is known to be compromised or was set by another.
   * Another password takes the mark off; the same does not.
   */
  readonly mustChange?: boolean;
}
