import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import { PassingSet } from "./passing-set.ts";
import type { PasswordHasher } from "./password-hasher.ts";

/** Options of {@link rememberVerified}. */
export interface RememberVerifiedOptions {
  /** Milliseconds for which a password that was verified needs no hashing again: 1 to 300,000. */
  readonly forMs: number;
  /** Most passwords remembered at a time; the oldest go. Default 10,000. */
  readonly maxEntries?: number;
}

/**
 * Makes a hasher remember, for a short while, which passwords it has found right, for applications that log the same
 * person in with every request. Off unless you ask for it, and this is what you pay: while a password is remembered, a
 * copy of the process's memory lets a thief try passwords at the speed of HMAC-SHA256 instead of argon2, and whoever
 * knows the password can tell from the time taken that it was used within the last `forMs`.
 *
 * What is remembered is gone from memory when its time is over, and when a directory that uses the hasher closes.
 *
 * Nothing else changes: a new password, a suspension, a lost grant, a lock or a missing code refuse at once as before,
 * and wrong passwords always cost a whole hash.
 *
 * @throws DirectoryError `misconfigured` for values out of range
 */
export function rememberVerified(hasher: PasswordHasher, options: RememberVerifiedOptions): PasswordHasher {
  const { forMs, maxEntries = 10_000 } = options;
  for (const [name, value, most] of [
    ["forMs", forMs, 300_000],
    ["maxEntries", maxEntries, 10_000_000],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw new DirectoryError("misconfigured", `${name} must be a whole number from 1 to ${most}`);
  }
  // Node takes several times as long to begin an HMAC with the bare octets.
  const secret = createSecretKey(randomBytes(32));
  const remembered = new PassingSet(forMs, maxEntries);
  return {
    hash: (password, work) => hasher.hash(password, work),
    verifyDummy: (password, work) => hasher.verifyDummy(password, work),
    needsRehash: (stored) => hasher.needsRehash(stored),
    async verify(stored, password, work) {
      // The stored hash is part of the key, so a new password makes what was remembered worthless.
      const key = createHmac("sha256", secret).update(`${stored}\0${password}`).digest("base64");
      if (remembered.has(key)) return true;
      if (!(await hasher.verify(stored, password, work))) return false;
      remembered.add(key);
      return true;
    },
    close() {
      remembered.clear();
      hasher.close?.();
    },
  };
}
