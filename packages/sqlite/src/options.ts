import { DirectoryError } from "@directorykit/core";
import type { SqliteDriver } from "./driver.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * The database file. It and its folder are made when missing, readable by their owner only (mode 0600 and 0700).
   * Beside it lie `-wal` and `-shm` while the store is open. Not on a network file system, and no `:memory:` (that is
   * what `memoryStore` is for).
   */
  readonly path: string;
  /** The SQLite library. Default: `node:sqlite`. */
  readonly driver?: SqliteDriver;
  /**
   * A transaction that asks the store nothing for this long is rolled back and rejects with `timeout`, in milliseconds.
   * Default 10,000. One that goes on working, as an import does, may take longer.
   */
  readonly transactionTimeoutMs?: number;
  /** Transactions that may wait for their turn; one more is refused with `overloaded`. Default 10,000. */
  readonly maxWaitingTransactions?: number;
  /** How long to wait for another process that is writing, in milliseconds, before `store-unavailable`. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /** Reads that look at more rows than this run on a worker thread, so that they hold up nobody. Default 2,000. */
  readonly mainThreadRows?: number;
  /** Long reads that may wait for the worker; one more is refused with `overloaded`. Default 64. */
  readonly maxWaitingScans?: number;
  /**
   * Memory for pages of the file, in bytes: half of it for writing, a quarter for each of the two connections that
   * read. Taken as it is needed. Default 256 MiB.
   */
  readonly cacheBytes?: number;
  /**
   * So much of the file is read by way of memory that the operating system maps it into, in bytes (SQLite's
   * `mmap_size`, below 2 GiB). Finding a row in a large file takes a third less then. But where the disk fails, or
   * somebody cuts the file short, the process ends with SIGBUS; SQLite cannot turn that into an error
   * (sqlite.org/mmap.html). Default 0: none.
   */
  readonly mmapBytes?: number;
  /** Compiled statements kept per connection. Default 256. */
  readonly maxStatements?: number;
}

/** Options with every default in place. */
export type ResolvedOptions = Required<SqliteStoreOptions>;

const defaults: Omit<ResolvedOptions, "path"> = {
  driver: nodeSqliteDriver,
  transactionTimeoutMs: 10_000,
  maxWaitingTransactions: 10_000,
  busyTimeoutMs: 5_000,
  mainThreadRows: 2_000,
  maxWaitingScans: 64,
  cacheBytes: 256 * 1024 * 1024,
  mmapBytes: 0,
  maxStatements: 256,
};

/** Numbers of other ranges than from 1 up. */
const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  mmapBytes: [0, 2 ** 31 - 1],
};

/** @throws DirectoryError `misconfigured` naming the option */
export function resolveOptions(options: SqliteStoreOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (name !== "path" && !Object.hasOwn(defaults, name)) throw misconfigured(name, "is no option");
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = { ...defaults, ...given } as ResolvedOptions;
  if (typeof resolved.path !== "string" || resolved.path === "" || resolved.path.startsWith(":")) {
    throw misconfigured("path", "must be the path of a file");
  }
  for (const [name, value] of Object.entries(resolved)) {
    if (typeof (defaults as Record<string, unknown>)[name] !== "number") continue;
    const [least, most] = ranges[name] ?? [1, Number.MAX_SAFE_INTEGER];
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      throw misconfigured(name, `must be a whole number from ${least} to ${most}`);
  }
  return resolved;
}

function misconfigured(option: string, what: string): DirectoryError {
  return new DirectoryError("misconfigured", `sqliteStore: ${option} ${what}`, { details: { option } });
}
