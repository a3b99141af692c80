import { DirectoryError } from "../errors.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { EvaluationSubject } from "../query/evaluate-store-filter.ts";
import { evaluateStoreFilter, isIndexedLeaf, splitFilter } from "../query/evaluate-store-filter.ts";
import type { IndexValue, StoreFilter } from "../query/filter.ts";
import { deepFreeze } from "../store/deep-freeze.ts";
import type { IndexedRecord, StorePage, StoreQuery } from "../store/store.ts";
import { compareIndexValues } from "../text/normalize.ts";

interface Row {
  readonly record: RecordTypes[RecordKind];
  readonly keys: readonly (readonly [string, string])[];
  readonly values: ReadonlyMap<string, readonly IndexValue[]>;
}

/** Tells of a record which groups it is directly in. */
export type DirectGroups = (id: string) => ReturnType<EvaluationSubject["groups"]>;

/** All records of one kind in one organization, with their unique keys and an inverted index. */
export class RecordTable {
  readonly #rows = new Map<string, Row>();
  readonly #keys = new Map<string, string>();
  readonly #inverted = new Map<string, Map<IndexValue, Set<string>>>();
  #ordered: string[] = [];
  #inOrder = true;

  get(id: string): RecordTypes[RecordKind] | undefined {
    return this.#rows.get(id)?.record;
  }

  getByKey(name: string, value: string): RecordTypes[RecordKind] | undefined {
    const id = this.#keys.get(`${name}\0${value}`);
    return id === undefined ? undefined : this.#rows.get(id)?.record;
  }

  /** The records with an index entry, or `undefined` when there are more than `limit`. */
  getByEntry(
    attribute: string,
    value: IndexValue,
    limit: number,
  ): readonly RecordTypes[RecordKind][] | undefined {
    const ids = this.#inverted.get(attribute)?.get(value);
    if (ids === undefined) return [];
    return ids.size > limit ? undefined : [...ids].flatMap((id) => this.#rows.get(id)?.record ?? []);
  }

  /** Adds a record. @returns the call that takes it out again */
  insert(entry: IndexedRecord): () => void {
    const id = entry.record.id;
    if (this.#rows.has(id))
      throw new DirectoryError("conflict", "a record with this id exists", { details: { key: "id" } });
    this.#checkKeys(entry, id);
    this.#add(toRow(entry));
    const last = this.#ordered.at(-1);
    if (last !== undefined && id <= last) this.#inOrder = false;
    this.#ordered.push(id);
    return () => this.#delete(id);
  }

  /** Replaces a record. @returns the call that puts the old one back */
  update(entry: IndexedRecord, expectedVersion: number): () => void {
    const before = this.#expect(entry.record.id, expectedVersion);
    this.#checkKeys(entry, entry.record.id);
    this.#unindex(before);
    this.#add(toRow(entry));
    return () => {
      const now = this.#rows.get(before.record.id);
      if (now !== undefined) this.#unindex(now);
      this.#add(before);
    };
  }

  /** Removes a record. @returns the call that puts it back */
  remove(id: string, expectedVersion: number): () => void {
    const before = this.#expect(id, expectedVersion);
    this.#delete(id);
    return () => {
      this.#add(before);
      this.#ordered.push(id);
      this.#inOrder = false;
    };
  }

  query(query: StoreQuery, groupsOf: DirectGroups): StorePage {
    const { pushed, residual } = splitFilter(query.filter, isIndexedLeaf);
    const ids = this.#candidates(pushed, query.order);
    const start = query.after === undefined ? 0 : this.#placeAfter(ids, query);
    const records: RecordTypes[RecordKind][] = [];
    const values: (IndexValue | undefined)[] = [];
    let more = false;
    for (let i = start; i < ids.length; i++) {
      const row = this.#rows.get(ids[i] as string);
      if (row === undefined || !evaluateStoreFilter(pushed, subjectOf(row, groupsOf))) continue;
      if (records.length === query.limit) {
        more = true;
        break;
      }
      records.push(row.record);
      if (query.order !== undefined) values.push(orderValue(row, query.order));
    }
    return {
      records,
      more,
      ...(query.order === undefined ? {} : { values }),
      ...(residual === undefined ? {} : { residual }),
    };
  }

  count(filter: StoreFilter, groupsOf: DirectGroups): number | undefined {
    const { pushed, residual } = splitFilter(filter, isIndexedLeaf);
    if (residual !== undefined) return undefined;
    let total = 0;
    for (const id of this.#candidates(pushed, undefined)) {
      const row = this.#rows.get(id);
      if (row !== undefined && evaluateStoreFilter(pushed, subjectOf(row, groupsOf))) total += 1;
    }
    return total;
  }

  #expect(id: string, version: number): Row {
    const row = this.#rows.get(id);
    if (row === undefined) throw new DirectoryError("not-found", "no such record");
    if (row.record.version !== version) {
      throw new DirectoryError("stale-write", "the record changed since it was read", {
        details: { expected: version, actual: row.record.version },
      });
    }
    return row;
  }

  #checkKeys(entry: IndexedRecord, id: string): void {
    for (const [name, value] of entry.keys) {
      const holder = this.#keys.get(`${name}\0${value}`);
      if (holder !== undefined && holder !== id) {
        throw new DirectoryError("conflict", `another record has this ${name}`, { details: { key: name } });
      }
    }
  }

  #add(row: Row): void {
    const id = row.record.id;
    this.#rows.set(id, row);
    for (const [name, value] of row.keys) this.#keys.set(`${name}\0${value}`, id);
    for (const [attribute, values] of row.values) {
      let postings = this.#inverted.get(attribute);
      if (postings === undefined) {
        postings = new Map();
        this.#inverted.set(attribute, postings);
      }
      for (const value of values) {
        const ids = postings.get(value);
        if (ids === undefined) postings.set(value, new Set([id]));
        else ids.add(id);
      }
    }
  }

  #unindex(row: Row): void {
    for (const [name, value] of row.keys) this.#keys.delete(`${name}\0${value}`);
    for (const [attribute, values] of row.values) {
      const postings = this.#inverted.get(attribute);
      for (const value of values) {
        const ids = postings?.get(value);
        ids?.delete(row.record.id);
        if (ids?.size === 0) postings?.delete(value);
      }
    }
  }

  #delete(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#unindex(row);
    this.#rows.delete(id);
    // The id stays in the order until it is next rebuilt; rows that are gone are skipped.
    if (this.#ordered.length > 64 && this.#ordered.length > this.#rows.size * 2) this.#inOrder = false;
  }

  /** Ids that may match, in the order asked for: the smallest posting list among the conjuncts, or all. */
  #candidates(filter: StoreFilter, order: StoreQuery["order"]): readonly string[] {
    let best: StoreFilter | undefined;
    // A list of most records, put in order for every page, takes longer than looking at all of them once.
    let fewest = this.#rows.size / 4;
    for (const part of filter.op === "and" ? filter.of : [filter]) {
      const size = this.#postingCount(part);
      if (size < fewest) {
        best = part;
        fewest = size;
      }
    }
    const ids = best === undefined ? this.#idsInOrder() : this.#postings(best).sort();
    if (order === undefined) return ids;
    const rows = ids.flatMap((id) => this.#rows.get(id) ?? []);
    rows.sort((a, b) =>
      compareInOrder(orderValue(a, order), a.record.id, orderValue(b, order), b.record.id, order.descending),
    );
    return rows.map((row) => row.record.id);
  }

  /** How many ids {@link #postings} would give; infinite for a test no posting list answers. */
  #postingCount(part: StoreFilter): number {
    if (part.op === "ids") return part.ids.length;
    if (part.op === "equals" && part.exact !== true) {
      return this.#inverted.get(part.attribute)?.get(part.value)?.size ?? 0;
    }
    if (part.op !== "in") return Number.POSITIVE_INFINITY;
    const postings = this.#inverted.get(part.attribute);
    return part.values.reduce<number>((sum, value) => sum + (postings?.get(value)?.size ?? 0), 0);
  }

  #postings(part: StoreFilter): string[] {
    if (part.op === "ids") return [...new Set(part.ids)];
    if (part.op === "equals") return [...(this.#inverted.get(part.attribute)?.get(part.value) ?? [])];
    if (part.op !== "in") return [];
    const postings = this.#inverted.get(part.attribute);
    return [...new Set(part.values.flatMap((value) => [...(postings?.get(value) ?? [])]))];
  }

  #idsInOrder(): readonly string[] {
    if (!this.#inOrder) {
      this.#ordered = [...this.#rows.keys()].sort();
      this.#inOrder = true;
    }
    return this.#ordered;
  }

  #placeAfter(ids: readonly string[], query: StoreQuery): number {
    const after = query.after;
    if (after === undefined) return 0;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const id = ids[middle] as string;
      const row = this.#rows.get(id);
      const value = query.order === undefined || row === undefined ? undefined : orderValue(row, query.order);
      if (compareInOrder(value, id, after.value, after.id, query.order?.descending ?? false) <= 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function toRow(entry: IndexedRecord): Row {
  const values = new Map<string, IndexValue[]>();
  for (const [attribute, value] of entry.index) {
    const list = values.get(attribute);
    if (list === undefined) values.set(attribute, [value]);
    else list.push(value);
  }
  return { record: frozenCopy(entry.record), keys: entry.keys, values };
}

function subjectOf(row: Row, groupsOf: DirectGroups): EvaluationSubject {
  return {
    id: row.record.id,
    values: (attribute) => row.values.get(attribute) ?? [],
    exactValues: () => [],
    groups: () => groupsOf(row.record.id),
  };
}

function orderValue(
  row: Row,
  order: { readonly attribute: string; readonly descending: boolean },
): IndexValue | undefined {
  const values = row.values.get(order.attribute);
  if (values === undefined) return undefined;
  return values.reduce((best, value) => {
    const smaller = compareIndexValues(value, best) < 0;
    return smaller !== order.descending ? value : best;
  });
}

function compareInOrder(
  a: IndexValue | undefined,
  aId: string,
  b: IndexValue | undefined,
  bId: string,
  descending: boolean,
): number {
  if (a !== undefined || b !== undefined) {
    if (a === undefined) return 1;
    if (b === undefined) return -1;
    const byValue = compareIndexValues(a, b);
    if (byValue !== 0) return descending ? -byValue : byValue;
  }
  return aId < bId ? -1 : aId > bId ? 1 : 0;
}

/** A copy that shares nothing with the caller and that nobody can change. JSON, as any durable store would keep it. */
export function frozenCopy<T>(value: T): T {
  return deepFreeze(JSON.parse(JSON.stringify(value)) as T);
}
