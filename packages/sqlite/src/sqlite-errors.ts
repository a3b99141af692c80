import { DirectoryError, isDirectoryError } from "@directorykit/core";

const constraint = 19;
const tooBig = 18;

/** SQLite's primary result code of a thrown value, whichever library threw it; `undefined` when SQLite did not. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  if (typeof code !== "string" || !code.startsWith("SQLITE_")) return undefined;
  if (code.startsWith("SQLITE_CONSTRAINT")) return constraint;
  return code === "SQLITE_TOOBIG" ? tooBig : 0;
}

/** Whether SQLite refused a row because a key or a column's rule forbids it. */
export function isConstraintError(error: unknown): boolean {
  return resultCode(error) === constraint;
}

/** Whether another connection held the lock that was needed. */
export function isBusyError(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return resultCode(error) === 5 || code === "SQLITE_BUSY" || code === "SQLITE_BUSY_SNAPSHOT";
}

/** What callers get to see of a thrown value: our errors as they are, everything of SQLite's as one of ours. */
export function toDirectoryError(error: unknown): unknown {
  if (isDirectoryError(error)) return error;
  switch (resultCode(error)) {
    case undefined:
      return error;
    case constraint:
      return new DirectoryError("invalid-input", "the store cannot keep this value", { cause: error });
    case tooBig:
      return new DirectoryError("limit-exceeded", "a value is larger than SQLite can keep", {
        cause: error,
        details: { limit: "sqlite-value-bytes" },
      });
    default:
      return new DirectoryError("store-unavailable", "the database file could not be read or written", {
        cause: error,
      });
  }
}
