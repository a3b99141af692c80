import type { QueryPosition, ScannedPage } from "@directorykit/core";
import type { SortCriterion, SortValue } from "../view/sort-key.ts";
import {
  type EntryOrder,
  type EntryPlace,
  type EntryStream,
  entryParts,
  type FoundEntry,
  type RecordRange,
} from "./entry-stream.ts";
import { comparePlaces, keyOf } from "./sorted-order.ts";

type RecordPart = "user" | "group";
type Pages = AsyncIterator<readonly FoundEntry[], void>;

const maxBatch = 1000;

/**
 * Entries sorted by one attribute that the directory itself keeps in order: read from where they are wanted, and no
 * further. Fixed entries, people and groups are merged.
 */
export class KeptOrder implements EntryOrder {
  readonly #entries: EntryStream;
  readonly #criterion: SortCriterion;

  constructor(entries: EntryStream, criterion: SortCriterion) {
    this.#entries = entries;
    this.#criterion = criterion;
  }

  /** Whether everything that is in scope is kept in this order. */
  static serves({ set }: EntryStream, { kept }: SortCriterion): boolean {
    return (
      (set.users === undefined || kept.user !== undefined) &&
      (set.groups === undefined || kept.group !== undefined)
    );
  }

  async *read(
    after: EntryPlace | undefined,
    expected: number,
  ): AsyncGenerator<readonly FoundEntry[], void, void> {
    const criteria = [this.#criterion];
    const { set } = this.#entries;
    const fixed = set.fixed
      .map((found) => ({ ...found, keys: [keyOf(found, this.#criterion)] }))
      .filter((found) => after === undefined || comparePlaces(found, after, criteria) > 0)
      .sort((a, b) => comparePlaces(a, b, criteria));
    const sources = [
      ...(fixed.length > 0 ? [new Source(only(fixed))] : []),
      ...(set.users === undefined ? [] : [new Source(this.#records("user", after, expected))]),
      ...(set.groups === undefined ? [] : [new Source(this.#records("group", after, expected))]),
    ];
    try {
      for (const source of sources) await source.fill();
      yield* merge(sources, criteria);
    } finally {
      for (const source of sources) await source.close();
    }
  }

  /** People or groups in order, behind a place of any part. */
  async *#records(
    part: RecordPart,
    after: EntryPlace | undefined,
    expected: number,
  ): AsyncGenerator<readonly FoundEntry[], void, void> {
    const attribute = this.#criterion.kept[part];
    if (attribute === undefined) return;
    const { reverse } = this.#criterion;
    const key = after?.keys?.[0] ?? null;
    const behind = after === undefined ? undefined : beginning(part, after);
    if (attribute === "none") {
      if (behind === undefined || key === null) yield* this.#read(part, { expected, ...from(behind) });
      // In reverse those without a value came before all others.
      else if (!reverse) yield* this.#read(part, { expected });
      return;
    }
    if (!reverse) {
      const order = { attribute };
      const place = behind === undefined || key === null ? behind : { ...behind, value: key };
      yield* this.#read(part, { order, expected, ...from(place) });
      return;
    }
    // The directory puts those without a value last in either direction, RFC 2891 puts them first in reverse.
    const present = { op: "present", attribute } as const;
    if (behind === undefined || key === null)
      yield* this.#read(part, { matching: { op: "not", of: present }, expected, ...from(behind) });
    const order = { attribute, descending: true };
    const place = behind === undefined || key === null ? undefined : { ...behind, value: key };
    yield* this.#read(part, { matching: present, order, expected, ...from(place) });
  }

  async *#read(part: RecordPart, range: RecordRange): AsyncGenerator<readonly FoundEntry[], void, void> {
    if (part === "user") {
      for await (const page of this.#entries.users(range))
        yield page.records.map((record, i) => ({ part, id: record.id, record, keys: [valueAt(page, i)] }));
    } else {
      for await (const page of this.#entries.groups(range))
        yield page.records.map((record, i) => ({ part, id: record.id, record, keys: [valueAt(page, i)] }));
    }
  }
}

/** The place in one part behind a place that may be in another: parts with equal values follow one another. */
function beginning(part: RecordPart, after: EntryPlace): QueryPosition {
  const order = entryParts.indexOf(part) - entryParts.indexOf(after.part);
  // Before every id, and behind every one.
  return { id: order === 0 ? after.id : order > 0 ? "" : "~" };
}

function from(after: QueryPosition | undefined): { readonly after?: QueryPosition } {
  return after === undefined ? {} : { after };
}

function valueAt(page: ScannedPage<RecordPart>, i: number): SortValue {
  return page.positions[i]?.value ?? null;
}

async function* only(found: readonly FoundEntry[]): AsyncGenerator<readonly FoundEntry[], void, void> {
  yield found;
}

/** Sorted entries that are merged with others. */
class Source {
  readonly #pages: Pages;
  #page: readonly FoundEntry[] = [];
  #at = 0;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** The next entry; `undefined` when there is none, or none has been read. */
  get head(): FoundEntry | undefined {
    return this.#page[this.#at];
  }

  /** Whether more must be read before {@link Source.head} says anything. */
  skip(): boolean {
    this.#at += 1;
    return this.#at >= this.#page.length;
  }

  /** What is left of the page that was read. */
  rest(): readonly FoundEntry[] {
    return this.#at === 0 ? this.#page : this.#page.slice(this.#at);
  }

  /** Reads the next page. */
  async fill(): Promise<void> {
    this.#at = 0;
    const next = await this.#pages.next();
    this.#page = next.done === true ? [] : next.value;
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}

async function* merge(
  sources: readonly Source[],
  criteria: readonly SortCriterion[],
): AsyncGenerator<readonly FoundEntry[], void, void> {
  let batch: FoundEntry[] = [];
  for (;;) {
    const filled = sources.filter((source) => source.head !== undefined);
    const [first, ...others] = filled;
    if (first === undefined) break;
    if (others.length === 0) {
      if (batch.length > 0) yield batch;
      batch = [];
      yield first.rest();
      await first.fill();
      continue;
    }
    const least = others.reduce((best, source) => (isBefore(source, best, criteria) ? source : best), first);
    batch.push(least.head as FoundEntry);
    if (batch.length === maxBatch) {
      yield batch;
      batch = [];
    }
    if (least.skip()) await least.fill();
  }
  if (batch.length > 0) yield batch;
}

function isBefore(a: Source, b: Source, criteria: readonly SortCriterion[]): boolean {
  return comparePlaces(a.head as FoundEntry, b.head as FoundEntry, criteria) < 0;
}
