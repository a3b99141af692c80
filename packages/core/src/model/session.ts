import type { SessionId, UserId } from "./ids.ts";
import type { RecordBase } from "./record.ts";

/** A factor a person has shown. */
export type Factor = "password" | "totp" | "recovery-code" | "certificate" | "ssh-key";

/** A live sign-in on some protocol. Ending it ends what stands on it. */
export interface Session extends RecordBase<SessionId> {
  /** Whose session. */
  readonly user: UserId;
  /** The protocol it lives on. */
  readonly protocol: string;
  /**
   * What its protocol knows it by where that is no secret, unique within the protocol: for RADIUS the network access
   * server and the id it has given. Whoever knows it has shown nothing.
   */
  readonly handle?: string;
  /** SHA-256 of the bearer secret, hex; the secret itself is never stored. */
  readonly secretHash: string;
  /** The factors shown when it began. */
  readonly factors: readonly Factor[];
  /** When the factors were shown, in milliseconds since the epoch. */
  readonly authenticatedAt: number;
  /** It is over at this time, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What the adapter keeps with it; no secrets. */
  readonly data: Readonly<Record<string, string>>;
}
