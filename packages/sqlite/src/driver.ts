/** A value that SQLite keeps. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** One row: the values of its columns, in the order of the select list. */
export type SqlRow = readonly SqlValue[];

/** A compiled statement. It may be run again and again with other parameters. */
export interface SqliteStatement {
  /** Runs it to the end. @returns how many rows it changed */
  run(parameters: readonly SqlValue[]): number;
  /** Its first row, or `undefined`. */
  get(parameters: readonly SqlValue[]): SqlRow | undefined;
  /** All its rows. */
  all(parameters: readonly SqlValue[]): readonly SqlRow[];
}

/** One connection to a database file. Errors are thrown as the library underneath makes them. */
export interface SqliteConnection {
  /** Whether a transaction is open. SQLite ends one by itself after some failures, such as a full disk. */
  readonly inTransaction: boolean;
  /** Runs statements that have no parameters and whose rows nobody wants. */
  exec(sql: string): void;
  /** Compiles one statement. */
  prepare(sql: string): SqliteStatement;
  /** Closes the connection and all its statements. */
  close(): void;
}

/**
 * What the store needs of a SQLite library. `node:sqlite` is the default; better-sqlite3 and its kin fit behind the
 * same few methods.
 */
export interface SqliteDriver {
  /** Opens a file, creating it if it is not there. */
  open(path: string): SqliteConnection;
  /**
   * URL of a module that exports this driver under the name `driver`, so that a worker thread can load it. Without
   * one, long scans run on the calling thread.
   */
  readonly module?: string;
}
