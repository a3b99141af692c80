import type { SqlRow, SqlValue } from "./driver.ts";
import { toDirectoryError } from "./sqlite-errors.ts";
import type { StatementCache } from "./statement-cache.ts";

/** Milliseconds a snapshot is held at most, unless the event loop is busy. */
const holdMs = 1;

/**
 * Point reads that share a read transaction for a moment. Beginning and ending one takes SQLite's locks on the file,
 * which costs several times what finding a row does; a busy server reads hundreds of rows a millisecond apart.
 *
 * Whoever must see the latest commit calls {@link HeldSnapshot.release} first: this process before each of its own
 * commits and before every other read.
 */
export class HeldSnapshot {
  readonly #statements: StatementCache;
  #held = false;

  constructor(statements: StatementCache) {
    this.#statements = statements;
  }

  /** The first row of a keyed read. @throws DirectoryError */
  get(sql: string, parameters: readonly SqlValue[]): SqlRow | undefined {
    try {
      if (!this.#held) this.#hold();
      return this.#statements.get(sql, parameters);
    } catch (error) {
      throw toDirectoryError(error);
    }
  }

  /** The rows of a keyed read. @throws DirectoryError */
  all(sql: string, parameters: readonly SqlValue[]): readonly SqlRow[] {
    try {
      if (!this.#held) this.#hold();
      return this.#statements.all(sql, parameters);
    } catch (error) {
      throw toDirectoryError(error);
    }
  }

  /** Ends the transaction: the next read sees what is committed then. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    // SQLite ends a transaction by itself after some failures.
    if (this.#statements.connection.inTransaction) this.#statements.run("COMMIT", []);
  }

  #hold(): void {
    this.#statements.run("BEGIN", []);
    this.#held = true;
    setTimeout(() => this.release(), holdMs).unref();
  }
}
