export type { SqliteConnection, SqliteDriver, SqliteStatement, SqlRow, SqlValue } from "./driver.ts";
export { type SqliteMigration, sqliteMigrations } from "./migrations.ts";
export { nodeSqliteDriver } from "./node-sqlite-driver.ts";
export type { SqliteStoreOptions } from "./options.ts";
export { sqliteStore } from "./sqlite-store.ts";
