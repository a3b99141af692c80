import type {
  Filter as CoreFilter,
  Group,
  Query,
  QueryPosition,
  ScannedPage,
  User,
} from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import type { SortValue } from "../view/sort-key.ts";

/** The parts of a search's answer, in the order they are given. */
export const entryParts = ["fixed", "user", "group"] as const;

/** One of the parts of a search's answer. */
export type EntryPart = (typeof entryParts)[number];

/**
 * Where an entry stands in the answer to a search. A search goes on behind it, on any node and whatever was written
 * meanwhile: entries that stay in the answer are given once.
 */
export interface EntryPlace {
  /** The part it is in. */
  readonly part: EntryPart;
  /** Id of the record; of a fixed entry its number. */
  readonly id: string;
  /** What it is sorted by, where entries are sorted. */
  readonly keys?: readonly SortValue[];
}

/** An entry of an answer before it is put together. */
export type FoundEntry =
  | (EntryPlace & { readonly part: "fixed"; readonly entry: Entry })
  | (EntryPlace & { readonly part: "user"; readonly record: User })
  | (EntryPlace & { readonly part: "group"; readonly record: Group });

/** A fixed entry that a search has found. */
export type FoundFixedEntry = Extract<FoundEntry, { part: "fixed" }>;

/** Entries one after another, from a place on. */
export interface EntryOrder {
  /**
   * Reads on behind a place; from the first entry without one.
   * @param expected - how many entries will be wanted, as far as is known
   */
  read(after: EntryPlace | undefined, expected: number): AsyncGenerator<readonly FoundEntry[], void, void>;
}

/** Which entries a search gives. */
export interface EntrySet {
  /** Fixed entries that match, in order. */
  readonly fixed: readonly FoundFixedEntry[];
  /** What people in the answer match; `undefined` when none are in scope. */
  readonly users: CoreFilter | undefined;
  /** What groups in the answer match; `undefined` when none are in scope. */
  readonly groups: CoreFilter | undefined;
}

/** How {@link EntryStream.users} and {@link EntryStream.groups} are read. */
export interface RecordRange {
  /** Default: in the order they were made. */
  readonly order?: NonNullable<Query["order"]>;
  /** Only behind this place. */
  readonly after?: QueryPosition;
  /** Only those that match this too. */
  readonly matching?: CoreFilter;
  /** How many will be wanted, as far as is known. */
  readonly expected?: number;
}

/** The entries of a search as they come: fixed entries, people, groups. People and groups in the order they were made. */
export class EntryStream implements EntryOrder {
  readonly set: EntrySet;
  readonly #view: DirectoryView;
  readonly #signal: AbortSignal;

  constructor(set: EntrySet, view: DirectoryView, signal: AbortSignal) {
    this.set = set;
    this.#view = view;
    this.#signal = signal;
  }

  async *read(
    after: EntryPlace | undefined,
    expected: number,
  ): AsyncGenerator<readonly FoundEntry[], void, void> {
    const begun = after === undefined ? 0 : entryParts.indexOf(after.part);
    const rangeOf = (part: EntryPart): RecordRange =>
      after?.part === part ? { after: { id: after.id }, expected } : { expected };
    if (begun === 0) {
      const fixed = this.set.fixed.filter((one) => after === undefined || one.id > after.id);
      if (fixed.length > 0) yield fixed;
    }
    if (begun <= 1) {
      for await (const { records } of this.users(rangeOf("user")))
        yield records.map((record) => ({ part: "user", id: record.id, record }));
    }
    for await (const { records } of this.groups(rangeOf("group")))
      yield records.map((record) => ({ part: "group", id: record.id, record }));
  }

  /** The entries at these places, in their order; those that are no longer in the answer are left out. */
  async fetch(places: readonly EntryPlace[]): Promise<readonly FoundEntry[]> {
    const found = new Map<string, FoundEntry>();
    const idsOf = (part: EntryPart): readonly string[] =>
      places.flatMap((place) => (place.part === part ? place.id : []));
    const range = (ids: readonly string[]): RecordRange => ({
      matching: { op: "ids", ids },
      expected: ids.length,
    });
    for (const one of this.set.fixed) found.set(one.id, one);
    const [users, groups] = [idsOf("user"), idsOf("group")];
    if (users.length > 0) {
      for await (const { records } of this.users(range(users)))
        for (const record of records) found.set(record.id, { part: "user", id: record.id, record });
    }
    if (groups.length > 0) {
      for await (const { records } of this.groups(range(groups)))
        for (const record of records) found.set(record.id, { part: "group", id: record.id, record });
    }
    return places.flatMap(({ id, keys }) => {
      const one = found.get(id);
      return one === undefined ? [] : keys === undefined ? one : { ...one, keys };
    });
  }

  /** People in the answer, page by page. */
  users(range: RecordRange = {}): AsyncGenerator<ScannedPage<"user">, void, void> {
    return this.#scan("user", this.set.users, range);
  }

  /** Groups in the answer, page by page. */
  groups(range: RecordRange = {}): AsyncGenerator<ScannedPage<"group">, void, void> {
    return this.#scan("group", this.set.groups, range);
  }

  async *#scan<K extends "user" | "group">(
    kind: K,
    filter: CoreFilter | undefined,
    range: RecordRange,
  ): AsyncGenerator<ScannedPage<K>, void, void> {
    if (filter === undefined) return;
    const { directory, limits } = this.#view.options;
    const { matching, ...rest } = range;
    yield* directory.scan(
      kind,
      {
        ...rest,
        filter: matching === undefined ? filter : { op: "and", of: [matching, filter] },
        maxScan: limits.maxSearchScan,
      },
      { signal: this.#signal },
    );
  }
}
