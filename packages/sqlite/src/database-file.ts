import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DirectoryError } from "@directorykit/core";
import type { SqliteConnection } from "./driver.ts";
import { applicationId, sqliteMigrations } from "./migrations.ts";
import type { ResolvedOptions } from "./options.ts";
import { isBusyError, toDirectoryError } from "./sqlite-errors.ts";

const newest = sqliteMigrations.at(-1)?.version ?? 0;

/** Makes the file if need be, and checks its header before SQLite gets to touch it. */
export function prepareFile(path: string): void {
  let file: number;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    file = openSync(path, "a+", 0o600);
  } catch (error) {
    throw new DirectoryError("store-unavailable", `cannot open the database file ${path}`, { cause: error });
  }
  try {
    // Bytes 60 to 63 of the header are user_version, 68 to 71 application_id (sqlite.org/fileformat2.html §1.3).
    const header = Buffer.alloc(100);
    if (readSync(file, header, 0, 100, 0) < 100) return;
    if (header.toString("latin1", 0, 15) !== "SQLite format 3") throw notOurs(path);
    checkVersion(path, header.readUInt32BE(60), header.readUInt32BE(68));
  } finally {
    closeSync(file);
  }
}

/** Opens a connection with the settings that every connection has. */
export function openConnection(options: ResolvedOptions, cacheBytes: number): SqliteConnection {
  const connection = options.driver.open(options.path);
  try {
    configure(connection, cacheBytes, options.mmapBytes);
  } catch (error) {
    connection.close();
    throw toDirectoryError(error);
  }
  return connection;
}

function configure(connection: SqliteConnection, cacheBytes: number, mmapBytes: number): void {
  connection.exec(
    `PRAGMA busy_timeout = 50; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -${Math.ceil(cacheBytes / 1024)}; PRAGMA mmap_size = ${mmapBytes}; PRAGMA temp_store = MEMORY`,
  );
}

/** Opens the connection that writes, and brings the schema up to date. */
export async function openWriter(options: ResolvedOptions): Promise<SqliteConnection> {
  const connection = options.driver.open(options.path);
  try {
    const until = performance.now() + options.busyTimeoutMs;
    while (!prepareToWrite(connection, options, until)) await setTimeout(10);
    // From now on the write queue waits for other processes, and holds up nobody while it does.
    connection.exec("PRAGMA busy_timeout = 0");
    return connection;
  } catch (error) {
    connection.close();
    throw toDirectoryError(error);
  }
}

/** @returns false when another process held the file: for one that changes to WAL just now SQLite does not wait itself */
function prepareToWrite(connection: SqliteConnection, options: ResolvedOptions, until: number): boolean {
  const { path, cacheBytes, mmapBytes } = options;
  try {
    configure(connection, cacheBytes / 2, mmapBytes);
    const { version, application } = readVersion(connection);
    checkVersion(path, version, application);
    connection.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384",
    );
    migrate(connection, path);
    return true;
  } catch (error) {
    if (!isBusyError(error) || performance.now() >= until) throw error;
    return false;
  }
}

function migrate(connection: SqliteConnection, path: string): void {
  if (readVersion(connection).version === newest) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster.
    const { version, application } = readVersion(connection);
    checkVersion(path, version, application);
    if (version === 0 && connection.prepare("SELECT 1 FROM sqlite_schema").get([]) !== undefined) {
      throw notOurs(path);
    }
    for (const step of sqliteMigrations) {
      if (step.version <= version) continue;
      for (const sql of step.sql) connection.exec(sql);
      connection.exec(`PRAGMA user_version = ${step.version}`);
    }
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function readVersion(connection: SqliteConnection): {
  readonly version: number;
  readonly application: number;
} {
  return {
    version: connection.prepare("PRAGMA user_version").get([])?.[0] as number,
    application: connection.prepare("PRAGMA application_id").get([])?.[0] as number,
  };
}

function checkVersion(path: string, version: number, application: number): void {
  if (application !== applicationId && (application !== 0 || version !== 0)) throw notOurs(path);
  if (version > newest) {
    throw new DirectoryError(
      "misconfigured",
      `the database file ${path} was written by a newer version of @directorykit/sqlite (schema ${version}, this version knows up to ${newest}); nothing was changed`,
      { details: { found: version, newest } },
    );
  }
}

function notOurs(path: string): DirectoryError {
  return new DirectoryError("misconfigured", `${path} is not a DirectoryKit database; nothing was changed`);
}
