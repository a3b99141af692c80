import { DirectoryError, type IndexedRecord, type RecordKind } from "@directorykit/core";
import type { Dictionary } from "./dictionary.ts";
import type { SqlValue } from "./driver.ts";
import { encodeId } from "./record-id.ts";
import { isConstraintError } from "./sqlite-errors.ts";
import type { StatementCache } from "./statement-cache.ts";

type KeyRow = readonly [attribute: number, value: string];
type EntryRow = readonly [attribute: number, value: string | number];

/** Rows that one statement inserts. More save little and make the statement slow to compile. */
const rowsPerStatement = 20;

/** Writes records with their unique keys and index entries, on the connection of the running transaction. */
export class RecordWriter {
  readonly #statements: StatementCache;
  readonly #dictionary: Dictionary;

  constructor(statements: StatementCache, dictionary: Dictionary) {
    this.#statements = statements;
    this.#dictionary = dictionary;
  }

  /** Adds records. When it throws, the caller rolls back what it did. */
  insert(organization: number, kind: RecordKind, records: readonly IndexedRecord[]): void {
    const scope = this.#dictionary.addScope(organization, kind);
    const last = this.#statements.get("SELECT max(seq) FROM record", [])?.[0] as number | null;
    let seq = last ?? 0;
    const entries: SqlValue[] = [];
    const postings: (readonly [number, string | number, number])[] = [];
    for (const { record, keys, index } of records) {
      seq += 1;
      const keyRows = this.#keyRows(scope, keys);
      this.#insertRecord(scope, seq, encodeId(record.id), record.version, keyRows, JSON.stringify(record));
      this.#insertKeys(seq, keyRows, keys);
      for (const [name, value] of index) {
        const attribute = this.#dictionary.addAttribute(scope, name);
        entries.push(seq, attribute, value);
        postings.push([attribute, value, seq]);
      }
    }
    this.#insertRows("entry (seq, attribute, value)", entries);
    // In the order of the index, neighbours share pages: several times faster than as they come.
    postings.sort(comparePostings);
    this.#insertRows("posting (attribute, value, seq)", postings.flat());
    this.#changeCount(scope, records.length);
  }

  update(
    organization: number,
    kind: RecordKind,
    { record, keys, index }: IndexedRecord,
    expected: number,
  ): void {
    const { scope, seq, keys: before } = this.#expect(organization, kind, record.id, expected);
    const keyRows = this.#keyRows(scope, keys);
    const kept = new Set(keyRows.map(String));
    for (const row of before) {
      if (!kept.has(String(row)))
        this.#statements.run("DELETE FROM unique_key WHERE attribute = ? AND value = ?", row);
    }
    const held = new Set(before.map(String));
    const added = keyRows.flatMap((row, i) => (held.has(String(row)) ? [] : [i]));
    this.#insertKeys(
      seq,
      added.map((i) => keyRows[i] as KeyRow),
      added.map((i) => keys[i] as readonly [string, string]),
    );
    this.#replaceEntries(
      seq,
      index.map(([name, value]) => [this.#dictionary.addAttribute(scope, name), value]),
    );
    this.#statements.run("UPDATE record SET version = ?, keys = ?, doc = ? WHERE seq = ?", [
      record.version,
      JSON.stringify(keyRows),
      JSON.stringify(record),
      seq,
    ]);
  }

  remove(organization: number, kind: RecordKind, id: string, expected: number): void {
    const { scope, seq, keys } = this.#expect(organization, kind, id, expected);
    for (const row of keys)
      this.#statements.run("DELETE FROM unique_key WHERE attribute = ? AND value = ?", row);
    this.#replaceEntries(seq, []);
    this.#statements.run("DELETE FROM record WHERE seq = ?", [seq]);
    this.#changeCount(scope, -1);
  }

  #expect(
    organization: number,
    kind: RecordKind,
    id: string,
    expected: number,
  ): { readonly scope: number; readonly seq: number; readonly keys: readonly KeyRow[] } {
    const scope = this.#dictionary.scope(organization, kind);
    const row =
      scope === undefined
        ? undefined
        : this.#statements.get("SELECT seq, version, keys FROM record WHERE scope = ? AND id = ?", [
            scope,
            encodeId(id),
          ]);
    if (scope === undefined || row === undefined) throw new DirectoryError("not-found", "no such record");
    if (row[1] !== expected) {
      throw new DirectoryError("stale-write", "the record changed since it was read", {
        details: { expected, actual: row[1] as number },
      });
    }
    return { scope, seq: row[0] as number, keys: JSON.parse(row[2] as string) as readonly KeyRow[] };
  }

  #keyRows(scope: number, keys: readonly (readonly [string, string])[]): readonly KeyRow[] {
    return keys.map(([name, value]) => [this.#dictionary.addAttribute(scope, name), value]);
  }

  #insertRecord(
    scope: number,
    seq: number,
    id: Uint8Array,
    version: number,
    keys: readonly KeyRow[],
    doc: string,
  ): void {
    try {
      this.#statements.run(
        "INSERT INTO record (seq, scope, id, version, keys, doc) VALUES (?, ?, ?, ?, ?, ?)",
        [seq, scope, id, version, JSON.stringify(keys), doc],
      );
    } catch (error) {
      if (!isConstraintError(error)) throw error;
      throw conflict("id", error);
    }
  }

  #insertKeys(seq: number, rows: readonly KeyRow[], names: readonly (readonly [string, string])[]): void {
    rows.forEach(([attribute, value], i) => {
      try {
        this.#statements.run("INSERT INTO unique_key (attribute, value, seq) VALUES (?, ?, ?)", [
          attribute,
          value,
          seq,
        ]);
      } catch (error) {
        if (!isConstraintError(error)) throw error;
        throw conflict((names[i] as readonly [string, string])[0], error);
      }
    });
  }

  #replaceEntries(seq: number, wanted: readonly EntryRow[]): void {
    const before = this.#statements.all("SELECT attribute, value FROM entry WHERE seq = ?", [
      seq,
    ]) as unknown as readonly EntryRow[];
    const keep = new Set(wanted.map(entryName));
    for (const row of before) {
      if (keep.has(entryName(row))) continue;
      this.#statements.run("DELETE FROM entry WHERE seq = ? AND attribute = ? AND value = ?", [seq, ...row]);
      this.#statements.run("DELETE FROM posting WHERE attribute = ? AND value = ? AND seq = ?", [
        ...row,
        seq,
      ]);
    }
    const held = new Set(before.map(entryName));
    const added = wanted.filter((row) => !held.has(entryName(row)));
    this.#insertRows(
      "entry (seq, attribute, value)",
      added.flatMap((row) => [seq, ...row]),
    );
    this.#insertRows(
      "posting (attribute, value, seq)",
      added.flatMap((row) => [...row, seq]),
    );
  }

  /** Inserts rows of three columns that lie one behind another in `flat`. */
  #insertRows(table: string, flat: readonly SqlValue[]): void {
    const step = rowsPerStatement * 3;
    let at = 0;
    for (; at + step <= flat.length; at += step) {
      this.#statements.run(manyRows(table), flat.slice(at, at + step));
    }
    for (; at < flat.length; at += 3)
      this.#statements.run(`INSERT INTO ${table} VALUES (?, ?, ?)`, flat.slice(at, at + 3));
  }

  #changeCount(scope: number, by: number): void {
    this.#statements.run("UPDATE scope SET records = records + ? WHERE code = ?", [by, scope]);
  }
}

function entryName([attribute, value]: EntryRow): string {
  return `${attribute} ${typeof value} ${value}`;
}

function comparePostings(
  a: readonly [number, string | number, number],
  b: readonly [number, string | number, number],
): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  // UTF-16 order is not quite the index's order, but near enough to keep neighbours together.
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2];
}

const manyRowsTexts = new Map<string, string>();

function manyRows(table: string): string {
  let text = manyRowsTexts.get(table);
  if (text === undefined) {
    text = `INSERT INTO ${table} VALUES ${Array(rowsPerStatement).fill("(?, ?, ?)").join(", ")}`;
    manyRowsTexts.set(table, text);
  }
  return text;
}

function conflict(key: string, cause: unknown): DirectoryError {
  return new DirectoryError(
    "conflict",
    key === "id" ? "a record with this id exists" : `another record has this ${key}`,
    { details: { key }, cause },
  );
}
