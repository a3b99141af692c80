import { DirectoryError } from "../errors.ts";
import { noMetrics } from "../ports/metrics.ts";
import {
  type Argon2Cost,
  argon2CostFault,
  argon2Sizes,
  createArgon2Hash,
  dummyArgon2Hash,
  isArgon2Hash,
  parseArgon2Hash,
} from "./argon2-hash.ts";
import { createHashQueue, type HashQueueOptions, type HashWorkOptions } from "./hash-queue.ts";
import { findStoredHash } from "./imported-hash.ts";
import { passwordFault, preparePassword } from "./prepare-password.ts";

/** For whom a password is hashed, and until when: `source` for fairness, `signal` to stop waiting. */
export type PasswordHashOptions = HashWorkOptions;

/** Turns passwords into what is stored, and compares. Every method prepares the password first (RFC 8265). */
export interface PasswordHasher {
  /**
   * The hash to store, with a salt of its own.
   *
   * @param password - as typed
   * @throws DirectoryError `invalid-input` for a password that {@link preparePassword} refuses, `overloaded` when too
   * many hashes are waiting, `timeout` when the signal aborts
   */
  hash(password: string, options?: PasswordHashOptions): Promise<string>;
  /**
   * Whether the password gives the stored hash, of the current or an imported kind. A password that cannot be prepared
   * does not match, and neither does anything against a stored text that is no supported hash; both take the time of
   * a hash. So does at least every mismatch of an imported hash, which may itself be quick.
   *
   * @param stored - what {@link PasswordHasher.hash} gave, or an imported hash
   * @param password - as typed
   * @throws DirectoryError `overloaded` when too many hashes are waiting, `timeout` when the signal aborts
   */
  verify(stored: string, password: string, options?: PasswordHashOptions): Promise<boolean>;
  /**
   * Does the work of {@link PasswordHasher.verify} for a user who does not exist or has no password, so that neither
   * the answer nor its time tells.
   *
   * @param password - as typed
   * @returns always `false`
   * @throws DirectoryError as {@link PasswordHasher.verify} does
   */
  verifyDummy(password: string, options?: PasswordHashOptions): Promise<false>;
  /**
   * Whether a stored hash that just matched should be replaced by {@link PasswordHasher.hash} of the same password: it
   * is imported, or has other parameters than new ones get.
   *
   * @param stored - the hash that matched
   */
  needsRehash(stored: string): boolean;
  /**
   * Lets go of what is kept between calls. A directory calls it when it closes; others may share the hasher and work on
   * with it.
   */
  close?(): void;
}

/** Accepts a cost of argon2 below what OWASP asks for. For tests that are not about cost. */
export const allowWeakHashing: unique symbol = Symbol.for("directorykit.allowWeakHashing") as never;

/** Cost and limits of {@link argon2Hasher}. The queue's options are those of `HashQueueOptions`. */
export interface Argon2HasherOptions extends HashQueueOptions, Partial<Argon2Cost> {
  /** Memory in KiB. Default 19456 (19 MiB); at most 262144. */
  readonly memoryKiB?: number;
  /** Passes over the memory. Default 2; at most 10. */
  readonly passes?: number;
  /** Lanes. Default 1; at most 16. */
  readonly parallelism?: number;
  /** Accept less than 7168 KiB, or less than 35840 KiB times passes. Default `false`. */
  readonly [allowWeakHashing]?: boolean;
}

/**
 * Hashes with argon2id (RFC 9106), and verifies imported hashes too. The defaults are among those the OWASP Password
 * Storage Cheat Sheet gives as equal; this one is the quickest to verify on common servers, because smaller memory
 * spends less time on page faults. The memory in use is at most `concurrency` times `memoryKiB`, but a stored hash may
 * ask for up to 256 MiB.
 *
 * @throws DirectoryError `misconfigured` when the cost is malformed, too high or too low, or a limit is malformed
 */
export function argon2Hasher(options: Argon2HasherOptions = {}): PasswordHasher {
  const cost = {
    memoryKiB: options.memoryKiB ?? 19_456,
    passes: options.passes ?? 2,
    parallelism: options.parallelism ?? 1,
  };
  assertCost(cost, options[allowWeakHashing] === true);
  const queue = createHashQueue(options);
  const metrics = options.metrics ?? noMetrics;
  const dummy = parseArgon2Hash(dummyArgon2Hash(cost));
  if (dummy === undefined) throw new TypeError("a dummy hash has the form of a hash");

  return {
    async hash(password, work) {
      const prepared = preparePassword(password);
      return queue.run(() => createArgon2Hash(prepared, cost), work);
    },
    async verify(stored, password, work) {
      const found = findStoredHash(stored);
      if (found === undefined) metrics.count("directorykit_password_hash_unsupported");
      const prepared = passwordFault(password) === undefined ? preparePassword(password) : undefined;
      return queue.run(async () => {
        if (found !== undefined && prepared !== undefined && (await found.matches(prepared))) return true;
        if (found?.family !== "argon2" || prepared === undefined) await dummy.matches(prepared ?? "");
        return false;
      }, work);
    },
    async verifyDummy(password, work) {
      const prepared = passwordFault(password) === undefined ? preparePassword(password) : "";
      await queue.run(() => dummy.matches(prepared), work);
      return false;
    },
    needsRehash(stored) {
      const found = findStoredHash(stored);
      if (found === undefined || !isArgon2Hash(found) || !stored.startsWith("$argon2id$")) return true;
      const costs = ["memoryKiB", "passes", "parallelism"] as const;
      return (
        found.version !== 19 ||
        costs.some((name) => found[name] !== cost[name]) ||
        found.saltOctets < argon2Sizes.salt ||
        found.tagOctets < argon2Sizes.tag
      );
    },
  };
}

function assertCost(cost: Argon2Cost, weakAllowed: boolean): void {
  const fault = argon2CostFault(cost);
  if (fault !== undefined) throw new DirectoryError("misconfigured", `argon2 cannot hash so: ${fault}.`);
  // The five equal choices of OWASP, from 47104 KiB x 1 to 7168 KiB x 5, all reach this product.
  if (!weakAllowed && (cost.memoryKiB < 7168 || cost.memoryKiB * cost.passes < 35_840)) {
    throw new DirectoryError(
      "misconfigured",
      "argon2 would cost an attacker too little: raise memoryKiB or passes.",
    );
  }
}
