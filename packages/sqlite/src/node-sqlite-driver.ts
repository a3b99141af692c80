import { DatabaseSync } from "node:sqlite";
import type { SqliteConnection, SqliteDriver, SqliteStatement, SqlRow, SqlValue } from "./driver.ts";

/** The driver over Node's own SQLite. Nothing to install. */
export const nodeSqliteDriver: SqliteDriver = { open };

function open(path: string): SqliteConnection {
  const database = new DatabaseSync(path);
  return {
    get inTransaction(): boolean {
      return database.isTransaction;
    },
    exec: (sql) => database.exec(sql),
    prepare: (sql): SqliteStatement => {
      const statement = database.prepare(sql);
      // Arrays are built faster than objects, and no column name can clash.
      statement.setReturnArrays(true);
      return {
        run: (parameters) => Number(statement.run(...(parameters as SqlValue[])).changes),
        get: (parameters) => statement.get(...(parameters as SqlValue[])) as unknown as SqlRow | undefined,
        all: (parameters) => statement.all(...(parameters as SqlValue[])) as unknown as SqlRow[],
      };
    },
    close: () => database.close(),
  };
}
