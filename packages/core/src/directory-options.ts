import { type AccountLockOptions, defaultAccountLock } from "./authenticate/account-lock.ts";
import type { AuthenticationOptions } from "./authenticate/authenticator.ts";
import { defaultSourceThrottle, type SourceThrottleOptions } from "./authenticate/source-throttle.ts";
import { DirectoryError } from "./errors.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import type { OrganizationId } from "./model/ids.ts";
import type { PasswordHasher } from "./password/password-hasher.ts";
import {
  assertPasswordPolicy,
  defaultPasswordPolicy,
  type PasswordPolicy,
} from "./password/password-policy.ts";
import type { Clock } from "./ports/clock.ts";
import type { Logger } from "./ports/logger.ts";
import type { Metrics } from "./ports/metrics.ts";
import type { Store } from "./store/store.ts";

/**
 * Keeps an NT hash of every password that is set from now on, sealed with the directory's keys, for MS-CHAPv2 and Samba.
 * It has no salt and costs nothing to try: who has the keys and the store finds most passwords. Each one that is stored is
 * noted in the audit trail. Once it is taken away, hashes go with the next change of each password, or at once by
 * `credentials.forgetNtHashes`.
 */
export const allowNtHashes: unique symbol = Symbol.for("directorykit.allowNtHashes") as never;

/** Options of {@link createDirectory}. Unknown keys are refused. */
export interface DirectoryOptions {
  /** Where it is kept. The directory opens and closes it. */
  readonly store: Store;
  /** Keys that seal what must be readable again, such as TOTP secrets. Required with a durable store. */
  readonly keys?: KeyRing;
  /** The organization within the store. Letters, digits, `-`, `_`, `.`; at most 64. Default `default`. */
  readonly organization?: string;
  /** Hashes passwords. Default: argon2id, see `argon2Hasher`. */
  readonly hasher?: PasswordHasher;
  /** What new passwords must meet. Default: 15 characters, not on the blocklist (NIST SP 800-63B-4 §3.1.1.2). */
  readonly passwordPolicy?: Partial<PasswordPolicy>;
  /** Locks and limits of authentication. */
  readonly authentication?: {
    readonly [K in keyof AuthenticationOptions]?: AuthenticationOptions[K] extends object
      ? Partial<AuthenticationOptions[K]>
      : AuthenticationOptions[K];
  };
  /**
   * Milliseconds between looks for what other nodes changed; 0 where nobody else writes to the store. Default 250 with a
   * durable store, 0 with one in memory.
   */
  readonly pollMs?: number;
  /** How old what this node knows may be when it decides, in milliseconds. Default 1000. */
  readonly maxStalenessMs?: number;
  /** Where "now" comes from. Default: the system clock. */
  readonly clock?: Clock;
  /** Where the log goes. Default: nowhere. */
  readonly logger?: Logger;
  /** Where measurements go. Default: nowhere. */
  readonly metrics?: Metrics;
  /** Whether to keep NT hashes. Default false. */
  readonly [allowNtHashes]?: boolean;
}

/** What is left of {@link DirectoryOptions} once they are checked and completed. */
export interface CheckedOptions {
  readonly organization: OrganizationId;
  readonly passwordPolicy: PasswordPolicy;
  readonly authentication: AuthenticationOptions;
  readonly pollMs: number;
  readonly maxStalenessMs: number;
  readonly keepsNtHashes: boolean;
}

const optionNames: readonly string[] = [
  "store",
  "keys",
  "organization",
  "hasher",
  "passwordPolicy",
  "authentication",
  "pollMs",
  "maxStalenessMs",
  "clock",
  "logger",
  "metrics",
] satisfies (keyof DirectoryOptions)[];

const maxTimeMs = 2_147_483_647;

/** Checks options as a host may give them, TypeScript or not. @throws DirectoryError `misconfigured` */
export function checkOptions(options: DirectoryOptions): CheckedOptions {
  known("createDirectory", options, optionNames);
  const { store, keys, organization = "default", authentication = {} } = options;
  if (typeof store?.transaction !== "function") throw misconfigured("createDirectory needs a store");
  if (store.capabilities.durable && keys === undefined)
    throw misconfigured(
      "a durable store needs keys: secrets sealed with keys that are gone cannot be read again",
    );
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(organization))
    throw misconfigured("organization must be 1 to 64 letters, digits, -, _ or .");
  const passwordPolicy = { ...defaultPasswordPolicy, ...options.passwordPolicy };
  known("passwordPolicy", passwordPolicy, ["minLength", "maxLength", "blocklist"]);
  assertPasswordPolicy(passwordPolicy);
  known("authentication", authentication, ["accountLock", "sourceThrottle", "loginByEmail"]);
  const pollMs = options.pollMs ?? (store.capabilities.durable ? 250 : 0);
  const maxStalenessMs = options.maxStalenessMs ?? 1000;
  whole("pollMs", pollMs, 0, maxTimeMs);
  whole("maxStalenessMs", maxStalenessMs, 0, maxTimeMs);
  return {
    organization: organization as OrganizationId,
    passwordPolicy,
    keepsNtHashes: options[allowNtHashes] === true,
    pollMs,
    maxStalenessMs,
    authentication: {
      accountLock: checkAccountLock({ ...defaultAccountLock, ...authentication.accountLock }),
      sourceThrottle: checkSourceThrottle({ ...defaultSourceThrottle, ...authentication.sourceThrottle }),
      loginByEmail: authentication.loginByEmail ?? true,
    },
  };
}

function checkAccountLock(lock: AccountLockOptions): AccountLockOptions {
  known("accountLock", lock, Object.keys(defaultAccountLock));
  whole("accountLock.maxFailures", lock.maxFailures, 1, 100);
  whole("accountLock.freeFailures", lock.freeFailures, 1, lock.maxFailures);
  whole("accountLock.firstDelayMs", lock.firstDelayMs, 1, maxTimeMs);
  whole("accountLock.maxDelayMs", lock.maxDelayMs, lock.firstDelayMs, maxTimeMs);
  whole("accountLock.windowMs", lock.windowMs, lock.maxDelayMs, Number.MAX_SAFE_INTEGER);
  whole("accountLock.knownSourceMs", lock.knownSourceMs, 0, Number.MAX_SAFE_INTEGER);
  return lock;
}

function checkSourceThrottle(throttle: SourceThrottleOptions): SourceThrottleOptions {
  known("sourceThrottle", throttle, Object.keys(defaultSourceThrottle));
  whole("sourceThrottle.failureBurst", throttle.failureBurst, 1, 1_000_000);
  whole("sourceThrottle.failuresPerMinute", throttle.failuresPerMinute, 1, 1_000_000);
  whole("sourceThrottle.maxSources", throttle.maxSources, 1, 10_000_000);
  return throttle;
}

function known(what: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!names.includes(name)) throw misconfigured(`${what} has no option ${name}`);
}

function whole(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw misconfigured(`${name} must be a whole number from ${least} to ${most}`);
}

function misconfigured(message: string): DirectoryError {
  return new DirectoryError("misconfigured", message);
}
