import assert from "node:assert/strict";
import { type DirectoryErrorCode, isDirectoryError } from "@directorykit/core";

/** Asserts that a call rejects with a directory error of this code. @returns its details */
export async function rejectsWith(
  code: DirectoryErrorCode | readonly DirectoryErrorCode[],
  call: Promise<unknown>,
): Promise<Readonly<Record<string, string | number | boolean>>> {
  let result: unknown;
  try {
    result = await call;
  } catch (error) {
    assert.ok(isDirectoryError(error), `expected a DirectoryError, got ${String(error)}`);
    const codes: readonly DirectoryErrorCode[] = typeof code === "string" ? [code] : code;
    assert.ok(
      codes.includes(error.code),
      `expected ${codes.join(" or ")}, got ${error.code}: ${error.message}`,
    );
    return error.details;
  }
  assert.fail(`expected a rejection with ${String(code)}, got ${JSON.stringify(result)}`);
}

/** Calls `work` with 0, 1, 2 … at once and waits for all of them. */
export function inParallel<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => work(n)));
}
