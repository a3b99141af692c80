import type { StatementCache } from "./statement-cache.ts";

/**
 * An insert of at least this many records leaves `posting` for later. The rows of many records at once, sorted, go
 * through that index page by page; as they come, each touches a page of its own, and a large file becomes ever slower
 * to load.
 */
export const deferredFrom = 100;

/** So many records wait at most; the insert that fills this up puts them all into the index. */
const mostDeferred = 50_000;

/** So many records at a time are put into the index for a read that waits, so that others get their turn between. */
export const deferredStep = 5_000;

/** The first record whose index entries may be missing in `posting`; `undefined` when none is. */
export function firstDeferred(statements: StatementCache): number | undefined {
  return statements.get("SELECT first FROM deferred", [])?.[0] as number | undefined;
}

/** Notes, in the running transaction, that the records from `first` to `last` lack their rows in `posting`. */
export function deferPostings(statements: StatementCache, first: number, last: number): void {
  const before = firstDeferred(statements);
  if (before === undefined) statements.run("INSERT INTO deferred (first) VALUES (?)", [first]);
  // Numbers of records that are gone are used again.
  else if (first < before) statements.run("UPDATE deferred SET first = ?", [first]);
  if (last - Math.min(before ?? first, first) + 1 >= mostDeferred)
    addDeferred(statements, Number.MAX_SAFE_INTEGER);
}

/**
 * Puts what is missing into `posting`, in the running transaction, of so many records at most. Some of it may be there
 * already, where records were changed meanwhile.
 */
export function addDeferred(statements: StatementCache, most: number): void {
  const first = firstDeferred(statements);
  if (first === undefined) return;
  const last = statements.get("SELECT max(seq) FROM record", [])?.[0] as number | null;
  statements.run(
    "INSERT OR IGNORE INTO posting (attribute, value, seq) SELECT attribute, value, seq FROM entry WHERE seq >= ? AND seq < ? ORDER BY attribute, value, seq",
    [first, first + most],
  );
  if (last !== null && last >= first + most) statements.run("UPDATE deferred SET first = ?", [first + most]);
  else statements.run("DELETE FROM deferred", []);
}
