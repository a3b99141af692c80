import { createHmac } from "node:crypto";
import type { KeyRing } from "../keys/key-ring.ts";
import type { UserId } from "../model/ids.ts";
import type { Counter, Reader, Transaction } from "../store/store.ts";

/** How failures lock an account. One count for all protocols. */
export interface AccountLockOptions {
  /** Failures in a row that are free of delay. Default 5. */
  readonly freeFailures: number;
  /** The first delay in milliseconds; each further failure doubles it. Default 1,000. */
  readonly firstDelayMs: number;
  /** The longest delay in milliseconds. Default 900,000 (15 minutes). */
  readonly maxDelayMs: number;
  /** Failures in a row after which nothing is tried until the window ends (NIST SP 800-63B §3.2.2 allows 100). Default 100. */
  readonly maxFailures: number;
  /** How long failures count, in milliseconds from the first. Default 86,400,000 (a day). */
  readonly windowMs: number;
  /** How long an address from which the user logged in stays known, in milliseconds; logins from it in the second half of that time renew it. Default 2,592,000,000 (30 days). */
  readonly knownSourceMs: number;
}

/** The values used where none are given. */
export const defaultAccountLock: AccountLockOptions = {
  freeFailures: 5,
  firstDelayMs: 1000,
  maxDelayMs: 900_000,
  maxFailures: 100,
  windowMs: 86_400_000,
  knownSourceMs: 2_592_000_000,
};

/** How long the same wrong password is recognised, in milliseconds. */
const repeatMs = 3_600_000;

/**
 * Failures per user, kept in the store so that all nodes and protocols share them.
 *
 * Addresses from which the user has logged in before have a count of their own: a stranger who fails on purpose from
 * elsewhere locks out strangers, not the user at their usual place. The same wrong password again within an hour does
 * not count, so that a phone with an old password does not lock its owner out.
 */
export class AccountLock {
  readonly #options: AccountLockOptions;
  readonly #key: Uint8Array;

  constructor(options: AccountLockOptions, keys: KeyRing) {
    this.#options = options;
    this.#key = keys.derive("directorykit wrong-password fingerprint");
  }

  /** The count that applies to an attempt from this address. */
  async scope(reader: Reader, user: UserId, source: string, now: number): Promise<string> {
    const known = await reader.peekOnce(knownKey(user, source), now);
    return known === undefined ? `failures:${user}` : `failures:${user}:${source}`;
  }

  /** Whether the count allows no attempt now. */
  async isLocked(reader: Reader, scope: string, now: number): Promise<boolean> {
    const counter = await reader.counter(scope, now);
    return counter !== undefined && counter.updatedAt + this.#delay(counter) > now;
  }

  /** Counts a failure. @returns the count after it */
  async failed(tx: Transaction, user: UserId, scope: string, password: string, now: number): Promise<number> {
    const fingerprint = createHmac("sha256", this.#key)
      .update(user)
      .update("\0")
      .update(password)
      .digest("base64url")
      .slice(0, 8);
    const isNew = await tx.reserve(`wrong:${scope}:${fingerprint}`, now + repeatMs, now);
    if (!isNew) return (await tx.counter(scope, now))?.value ?? 0;
    const { value } = await tx.increment(scope, {
      by: 1,
      max: this.#options.maxFailures,
      expiresAt: now + this.#options.windowMs,
      now,
    });
    return value;
  }

  /** Clears the count that applied, and remembers the address. */
  async succeeded(tx: Transaction, user: UserId, scope: string, source: string, now: number): Promise<void> {
    if ((await tx.counter(scope, now)) !== undefined) await tx.forget(scope);
    if (source === "") return;
    // Renewed when half its time is over, so that a place in daily use stays known without a write for each login.
    const knownSince = await tx.peekOnce(knownKey(user, source), now);
    if (typeof knownSince === "number" && now - knownSince < this.#options.knownSourceMs / 2) return;
    await tx.putOnce(knownKey(user, source), now, now + this.#options.knownSourceMs);
  }

  #delay(counter: Counter): number {
    const { freeFailures, firstDelayMs, maxDelayMs, maxFailures, windowMs } = this.#options;
    if (counter.value >= maxFailures) return windowMs;
    if (counter.value < freeFailures) return 0;
    return Math.min(maxDelayMs, firstDelayMs * 2 ** (counter.value - freeFailures));
  }
}

function knownKey(user: UserId, source: string): string {
  return `known:${user}:${source}`;
}
