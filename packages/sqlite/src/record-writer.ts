import { DirectoryError, type IndexedRecord, type RecordKind } from "@directorykit/core";
import type { Dictionary } from "./dictionary.ts";
import type { SqlValue } from "./driver.ts";
import { deferPostings, deferredFrom } from "./posting-index.ts";
import { encodeId } from "./record-id.ts";
import { isConstraintError } from "./sqlite-errors.ts";
import type { StatementCache } from "./statement-cache.ts";

type KeyRow = readonly [attribute: number, value: string];
type HeldKeyRow = readonly [attribute: number, value: string, seq: number];
type EntryRow = readonly [attribute: number, value: string | number];

const entryTable = "entry (seq, attribute, value)";
const postingTable = "posting (attribute, value, seq)";

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

  /** Adds all of the records, or none when it throws. */
  insert(organization: number, kind: RecordKind, records: readonly IndexedRecord[]): void {
    const scope = this.#dictionary.addScope(organization, kind);
    const first = ((this.#statements.get("SELECT max(seq) FROM record", [])?.[0] as number | null) ?? 0) + 1;
    this.#insertRecords(scope, first, records);
    const deferred = records.length >= deferredFrom;
    const entries: SqlValue[] = [];
    const postings: SqlValue[] = [];
    records.forEach(({ index }, i) => {
      for (const [name, value] of index) {
        const attribute = this.#dictionary.addAttribute(scope, name);
        entries.push(first + i, attribute, value);
        if (!deferred) postings.push(attribute, value, first + i);
      }
    });
    this.#insertRows(entryTable, entries);
    this.#insertRows(postingTable, postings);
    if (deferred) deferPostings(this.#statements, first, first + records.length - 1);
    this.#changeCount(scope, records.length);
  }

  /** Replaces a record, or throws and changes nothing. */
  update(
    organization: number,
    kind: RecordKind,
    { record, keys, index }: IndexedRecord,
    expected: number,
  ): void {
    const { scope, seq, keys: before } = this.#expect(organization, kind, record.id, expected);
    const keyRows = this.#keyRows(scope, keys);
    const held = new Set(before.map(String));
    this.#insertKeys(keyRows.filter((row) => !held.has(String(row))).map((row) => [...row, seq]));
    const kept = new Set(keyRows.map(String));
    this.#deleteKeys(before.filter((row) => !kept.has(String(row))));
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

  /** Removes a record, or throws and changes nothing. */
  remove(organization: number, kind: RecordKind, id: string, expected: number): void {
    const { scope, seq, keys } = this.#expect(organization, kind, id, expected);
    this.#deleteKeys(keys);
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

  /**
   * Records and their keys, first of all: nothing else of an insert can be refused. What was written is taken back by
   * hand, since a savepoint costs a copy of every page that a large insert touches.
   */
  #insertRecords(scope: number, first: number, records: readonly IndexedRecord[]): void {
    const keys: HeldKeyRow[] = [];
    const rows = records.map(({ record, keys: pairs }, i): readonly SqlValue[] => {
      const keyRows = this.#keyRows(scope, pairs);
      for (const [attribute, value] of keyRows) keys.push([attribute, value, first + i]);
      const doc = JSON.stringify(record);
      return [first + i, scope, encodeId(record.id), record.version, JSON.stringify(keyRows), doc];
    });
    try {
      for (const row of rows) this.#insertRecord(row);
      this.#insertKeys(keys.sort(compareKeys));
    } catch (error) {
      this.#statements.run("DELETE FROM record WHERE seq >= ?", [first]);
      throw error;
    }
  }

  #insertRecord(row: readonly SqlValue[]): void {
    try {
      this.#statements.run(
        "INSERT INTO record (seq, scope, id, version, keys, doc) VALUES (?, ?, ?, ?, ?, ?)",
        row,
      );
    } catch (error) {
      if (!isConstraintError(error)) throw error;
      throw new DirectoryError("conflict", "a record with this id exists", {
        details: { key: "id" },
        cause: error,
      });
    }
  }

  /** All of the keys, or none when one is taken. */
  #insertKeys(rows: readonly HeldKeyRow[]): void {
    rows.forEach((row, i) => {
      try {
        this.#statements.run("INSERT INTO unique_key (attribute, value, seq) VALUES (?, ?, ?)", row);
      } catch (error) {
        if (!isConstraintError(error)) throw error;
        this.#deleteKeys(rows.slice(0, i));
        const [key] = this.#statements.get("SELECT name FROM attribute WHERE code = ?", [row[0]]) as [string];
        throw new DirectoryError("conflict", `another record has this ${key}`, {
          details: { key },
          cause: error,
        });
      }
    });
  }

  #deleteKeys(rows: readonly (KeyRow | HeldKeyRow)[]): void {
    for (const [attribute, value] of rows)
      this.#statements.run("DELETE FROM unique_key WHERE attribute = ? AND value = ?", [attribute, value]);
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
      entryTable,
      added.flatMap((row) => [seq, ...row]),
    );
    this.#insertRows(
      postingTable,
      added.flatMap((row) => [...row, seq]),
    );
  }

  /** Inserts rows of three columns that lie one behind another. */
  #insertRows(table: string, flat: readonly SqlValue[]): void {
    const step = rowsPerStatement * 3;
    let at = 0;
    for (; at + step <= flat.length; at += step)
      this.#statements.run(insertInto(table, rowsPerStatement), flat.slice(at, at + step));
    for (; at < flat.length; at += 3) this.#statements.run(insertInto(table, 1), flat.slice(at, at + 3));
  }

  #changeCount(scope: number, by: number): void {
    this.#statements.run("UPDATE scope SET records = records + ? WHERE code = ?", [by, scope]);
  }
}

function entryName([attribute, value]: EntryRow): string {
  return `${attribute} ${typeof value} ${value}`;
}

/** Near enough to the order of the index that neighbours share pages. */
function compareKeys(a: HeldKeyRow, b: HeldKeyRow): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);
}

const insertTexts = new Map<string, string>();

/**
 * Repeated entries are no error: the index is a set. OR IGNORE also spares SQLite its means to undo half a statement,
 * which are a copy of each page before its first change in every statement of many rows.
 */
function insertInto(table: string, rows: number): string {
  const key = `${table} ${rows}`;
  let text = insertTexts.get(key);
  if (text === undefined) {
    text = `INSERT OR IGNORE INTO ${table} VALUES ${Array(rows).fill("(?, ?, ?)").join(", ")}`;
    insertTexts.set(key, text);
  }
  return text;
}
