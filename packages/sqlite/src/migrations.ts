/** Changes that one row of the feed holds at most. */
export const changesPerRow = 100;

/** One step of the schema. */
export interface SqliteMigration {
  /** The file's `user_version` after this step: 1, 2, 3 … */
  readonly version: number;
  /** What it is for, in a few words. */
  readonly name: string;
  /** The statements, run in this order in one transaction. */
  readonly sql: readonly string[];
}

/** Marks a file as ours in SQLite's header (`PRAGMA application_id`): "DKit". */
export const applicationId = 0x444b6974;

/**
 * The schema as ordered steps, each only adding to the one before. `open()` runs those that a file lacks; print them
 * to see what it would do.
 *
 * Names are kept once and stand elsewhere as small numbers: an organization, a scope (one kind of record in one
 * organization) and an attribute (one index attribute or unique key of one scope). Every other table starts its key
 * with one of these, which is what keeps organizations apart.
 */
export const sqliteMigrations: readonly SqliteMigration[] = [
  {
    version: 1,
    name: "records, keys, index, memberships, feed, audit, expiring records",
    sql: [
      `PRAGMA application_id = ${applicationId}`,
      `CREATE TABLE organization (
  code INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL DEFAULT 0
) STRICT`,
      `CREATE TABLE scope (
  code INTEGER PRIMARY KEY,
  organization INTEGER NOT NULL,
  kind TEXT NOT NULL,
  records INTEGER NOT NULL DEFAULT 0,
  UNIQUE (organization, kind)
) STRICT`,
      `CREATE TABLE attribute (
  code INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (scope, name)
) STRICT`,
      `CREATE TABLE record (
  seq INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  id BLOB NOT NULL,
  version INTEGER NOT NULL,
  keys TEXT NOT NULL,
  doc TEXT NOT NULL
) STRICT`,
      "CREATE UNIQUE INDEX record_id ON record (scope, id)",
      `CREATE TABLE unique_key (
  attribute INTEGER NOT NULL,
  value TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (attribute, value)
) STRICT, WITHOUT ROWID`,
      // The same index entries twice: from a record to its values, and from a value to its records. As one table
      // with an index they cost more to load, because the second order could not be sorted per batch.
      `CREATE TABLE entry (
  seq INTEGER NOT NULL,
  attribute INTEGER NOT NULL,
  value ANY NOT NULL,
  PRIMARY KEY (seq, attribute, value)
) STRICT, WITHOUT ROWID`,
      `CREATE TABLE posting (
  attribute INTEGER NOT NULL,
  value ANY NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (attribute, value, seq)
) STRICT, WITHOUT ROWID`,
      `CREATE TABLE edge (
  organization INTEGER NOT NULL,
  member BLOB NOT NULL,
  container BLOB NOT NULL,
  kind INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  PRIMARY KEY (organization, member, container)
) STRICT, WITHOUT ROWID`,
      "CREATE INDEX edge_container ON edge (organization, container, kind, member, origin)",
      // One row for the changes made in one call, a hundred at most, numbered by the last of them: a load of people
      // writes many at once.
      `CREATE TABLE change (
  organization INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (organization, revision)
) STRICT, WITHOUT ROWID`,
      `CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  organization INTEGER NOT NULL,
  id BLOB NOT NULL,
  action TEXT NOT NULL,
  actor TEXT,
  target TEXT,
  doc TEXT NOT NULL
) STRICT`,
      "CREATE UNIQUE INDEX audit_id ON audit (organization, id)",
      "CREATE INDEX audit_action ON audit (organization, action, id)",
      "CREATE INDEX audit_actor ON audit (organization, actor, id) WHERE actor IS NOT NULL",
      "CREATE INDEX audit_target ON audit (organization, target, id) WHERE target IS NOT NULL",
      `CREATE TABLE expiring (
  organization INTEGER NOT NULL,
  key TEXT NOT NULL,
  expires_at REAL NOT NULL,
  value TEXT,
  counter REAL,
  updated_at REAL,
  PRIMARY KEY (organization, key)
) STRICT, WITHOUT ROWID`,
      "CREATE INDEX expiring_time ON expiring (expires_at)",
    ],
  },
  {
    version: 2,
    name: "index entries that wait to be sorted in",
    // Holds one row while records from `first` on may be missing in `posting`.
    sql: ["CREATE TABLE deferred (first INTEGER PRIMARY KEY) STRICT"],
  },
];
