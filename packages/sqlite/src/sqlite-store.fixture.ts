import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@directorykit/core";
import type { StoreUnderTest } from "@directorykit/store-testkit";
import type { SqliteConnection, SqliteDriver } from "./driver.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import type { SqliteStoreOptions } from "./options.ts";
import { sqliteStore } from "./sqlite-store.ts";

/** A store in a folder of its own, which goes when the store is closed. */
export async function makeSqliteStore(
  options: Omit<SqliteStoreOptions, "path"> = {},
): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  const path = join(folder, "directory.db");
  let statements = 0;
  const driver = countingDriver(() => {
    statements += 1;
  });
  const make = (): Store =>
    sqliteStore({ path, ...(options.mainThreadRows === undefined ? { driver } : {}), ...options });
  let current = make();
  await current.open();
  return {
    store: current,
    statements: () => statements,
    close: async () => {
      await current.close();
      rmSync(folder, { recursive: true });
    },
    reopen: async () => {
      await current.close();
      current = make();
      await current.open();
      return current;
    },
    pretendNewer: async () => {
      await current.close();
      const connection = nodeSqliteDriver.open(path);
      connection.exec("PRAGMA user_version = 99");
      connection.close();
      current = make();
      return current;
    },
  };
}

/** Node's SQLite, telling of each statement that runs. */
export function countingDriver(onStatement: (sql: string) => void): SqliteDriver {
  return {
    open: (path): SqliteConnection => {
      const connection = nodeSqliteDriver.open(path);
      return {
        get inTransaction(): boolean {
          return connection.inTransaction;
        },
        exec: (sql) => connection.exec(sql),
        close: () => connection.close(),
        prepare: (sql) => {
          const statement = connection.prepare(sql);
          return {
            run: (parameters) => {
              onStatement(sql);
              return statement.run(parameters);
            },
            get: (parameters) => {
              onStatement(sql);
              return statement.get(parameters);
            },
            all: (parameters) => {
              onStatement(sql);
              return statement.all(parameters);
            },
          };
        },
      };
    },
  };
}
