/**
 * Every way in which the directory says no. Each protocol adapter keeps a total table from these codes to its
 * own answers, so a new code does not compile until every protocol has decided what it means there.
 *
 * - `invalid-input`: a value is malformed or breaks an invariant; nothing was changed.
 * - `invalid-credentials`: who is asking could not be established. Says nothing about why.
 * - `account-locked`: too many failures; try again later.
 * - `mfa-required`: a second factor is needed and was not given.
 * - `denied`: known, and not allowed.
 * - `not-found`: no such record.
 * - `conflict`: a unique name is taken, or the change contradicts another record.
 * - `stale-write`: the record changed since it was read (compare-and-set failed).
 * - `limit-exceeded`: a named limit was hit; `details.limit` names it.
 * - `overloaded`: a bounded queue is full; the same request may succeed in a moment.
 * - `timeout`: the time allowed ran out, or the caller aborted.
 * - `store-unavailable`: the store failed. Callers deny.
 * - `protocol-violation`: a peer broke the rules of its protocol.
 * - `misconfigured`: the host's configuration cannot work; start-up fails.
 */
export type DirectoryErrorCode =
  | "invalid-input"
  | "invalid-credentials"
  | "account-locked"
  | "mfa-required"
  | "denied"
  | "not-found"
  | "conflict"
  | "stale-write"
  | "limit-exceeded"
  | "overloaded"
  | "timeout"
  | "store-unavailable"
  | "protocol-violation"
  | "misconfigured";

/** What an error may carry beside its message. Never a secret, never a value a stranger sent in full. */
export interface DirectoryErrorOptions {
  /** The error underneath, for logs of the host. */
  readonly cause?: unknown;
  /** Machine-readable facts: a path, a limit's name, a conflicting key's name. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

const brand: unique symbol = Symbol.for("directorykit.error") as never;

/**
 * The one error class of the project. Tell errors apart by {@link DirectoryError.code}, and recognise them with
 * {@link isDirectoryError} rather than `instanceof`, which lies when two copies of this package are loaded.
 */
export class DirectoryError extends Error {
  /** The kind of failure. */
  readonly code: DirectoryErrorCode;
  /** Machine-readable facts about it, free of secrets. */
  readonly details: Readonly<Record<string, string | number | boolean>>;

  /**
   * @param code - the kind of failure
   * @param message - one sentence for the person who reads the log
   */
  constructor(code: DirectoryErrorCode, message: string, options: DirectoryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DirectoryError";
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `error` is a {@link DirectoryError}, from this copy of the package or another. */
export function isDirectoryError(error: unknown): error is DirectoryError {
  return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[brand] === true;
}

/** The {@link DirectoryErrorCode} of any thrown value; what is not ours counts as `store-unavailable`, which denies. */
export function errorCodeOf(error: unknown): DirectoryErrorCode {
  return isDirectoryError(error) ? error.code : "store-unavailable";
}
