import type { SortCriterion, SortValue } from "../view/sort-key.ts";
import { turn } from "../view/turn.ts";
import type { EntryOrder, EntryPlace, EntryStream, FoundEntry } from "./entry-stream.ts";
import { comparePlaces, keyOf } from "./sorted-order.ts";

/** Characters of a value that count where entries are sorted in memory: the values of many entries are held at once. */
const maxKeyLength = 256;
/** Entries that are read again at a time. */
const batchSize = 500;
/** Steps of a merge between looks at the time. */
const stepsPerTurn = 1024;

/** The places of all entries of a search, sorted in memory. */
export class SortedList implements EntryOrder {
  readonly #entries: EntryStream;
  readonly #criteria: readonly SortCriterion[];
  readonly places: readonly EntryPlace[];

  constructor(entries: EntryStream, criteria: readonly SortCriterion[], places: readonly EntryPlace[]) {
    this.#entries = entries;
    this.#criteria = criteria;
    this.places = places;
  }

  /**
   * Sorts the entries of a search. Others have their turn meanwhile.
   * @returns `undefined` when there are more than `most`
   * @throws DirectoryError `timeout` when the search is given up
   */
  static async of(
    entries: EntryStream,
    criteria: readonly SortCriterion[],
    most: number,
  ): Promise<SortedList | undefined> {
    let runs: EntryPlace[][] = [];
    let count = 0;
    for await (const page of entries.read(undefined, most + 1)) {
      count += page.length;
      if (count > most) return undefined;
      runs.push(
        page
          .map((found) => ({
            part: found.part,
            id: found.id,
            keys: criteria.map((criterion) => heldKey(keyOf(found, criterion))),
          }))
          .sort((a, b) => comparePlaces(a, b, criteria)),
      );
      await turn();
    }
    while (runs.length > 1) {
      const merged: EntryPlace[][] = [];
      for (let i = 0; i < runs.length; i += 2) {
        const [a = [], b] = runs.slice(i, i + 2);
        merged.push(b === undefined ? a : await mergeRuns(a, b, criteria));
      }
      runs = merged;
    }
    return new SortedList(entries, criteria, runs[0] ?? []);
  }

  async *read(
    after: EntryPlace | undefined,
    expected: number,
  ): AsyncGenerator<readonly FoundEntry[], void, void> {
    const start = after === undefined ? 0 : this.firstBehind((place) => this.#compare(place, after) <= 0);
    yield* this.readBetween(start, this.places.length, expected);
  }

  /** The entries from one number, counted from 0, up to another; those that are gone are passed over. */
  async *readBetween(
    start: number,
    end: number,
    expected: number,
  ): AsyncGenerator<readonly FoundEntry[], void, void> {
    for (let at = start; at < end; ) {
      const next = Math.min(end, at + Math.min(batchSize, Math.max(1, expected)));
      yield await this.#entries.fetch(this.places.slice(at, next));
      at = next;
    }
  }

  /** The number of the first place that does not come before, for something that is so up to a place and not behind. */
  firstBehind(comesBefore: (place: EntryPlace) => boolean): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesBefore(this.places[middle] as EntryPlace)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: EntryPlace, b: EntryPlace): number {
    return comparePlaces(a, b, this.#criteria);
  }
}

async function mergeRuns(
  a: readonly EntryPlace[],
  b: readonly EntryPlace[],
  criteria: readonly SortCriterion[],
): Promise<EntryPlace[]> {
  const merged: EntryPlace[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] as EntryPlace, b[j] as EntryPlace];
    if (comparePlaces(x, y, criteria) <= 0) {
      merged.push(x);
      i += 1;
    } else {
      merged.push(y);
      j += 1;
    }
    if (merged.length % stepsPerTurn === 0) await turn();
  }
  for (; i < a.length; i++) merged.push(a[i] as EntryPlace);
  for (; j < b.length; j++) merged.push(b[j] as EntryPlace);
  return merged;
}

/** As much of a value as entries are sorted by: a copy, since a part of a string would keep all of it in memory. */
export function heldKey(value: SortValue): SortValue {
  if (typeof value !== "string" || value.length <= maxKeyLength) return value;
  return Buffer.from(value.slice(0, maxKeyLength), "utf16le").toString("utf16le");
}
