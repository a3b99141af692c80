import type { SqliteConnection, SqliteStatement, SqlRow, SqlValue } from "./driver.ts";

/** A connection with its compiled statements, kept by their text; the least recently used one goes first. */
export class StatementCache {
  readonly connection: SqliteConnection;
  readonly #limit: number;
  readonly #statements = new Map<string, SqliteStatement>();
  #executed = 0;

  constructor(connection: SqliteConnection, limit: number) {
    this.connection = connection;
    this.#limit = limit;
  }

  /** Statements run so far. */
  get executed(): number {
    return this.#executed;
  }

  run(sql: string, parameters: readonly SqlValue[]): number {
    return this.#statement(sql).run(parameters);
  }

  get(sql: string, parameters: readonly SqlValue[]): SqlRow | undefined {
    return this.#statement(sql).get(parameters);
  }

  all(sql: string, parameters: readonly SqlValue[]): readonly SqlRow[] {
    return this.#statement(sql).all(parameters);
  }

  #statement(sql: string): SqliteStatement {
    this.#executed += 1;
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      if (this.#statements.size >= this.#limit) {
        const oldest = this.#statements.keys().next();
        if (oldest.done !== true) this.#statements.delete(oldest.value);
      }
    } else if (this.#statements.size > this.#limit / 2) {
      this.#statements.delete(sql);
    } else {
      return statement;
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}
