import { compareIndexValues } from "@directorykit/core";
import type { SortCriterion, SortValue } from "../view/sort-key.ts";
import { type EntryPlace, entryParts, type FoundEntry } from "./entry-stream.ts";

/** The order of sorted entries; those that are equal by all keys stand as they would without sorting. */
export function comparePlaces(a: EntryPlace, b: EntryPlace, criteria: readonly SortCriterion[]): number {
  for (const [i, { reverse }] of criteria.entries()) {
    const order = compareValues(a.keys?.[i] ?? null, b.keys?.[i] ?? null);
    if (order !== 0) return reverse ? -order : order;
  }
  const byPart = entryParts.indexOf(a.part) - entryParts.indexOf(b.part);
  return byPart !== 0 ? byPart : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** No value is larger than every value (RFC 2891 §2.2). */
export function compareValues(a: SortValue, b: SortValue): number {
  if (a === null) return b === null ? 0 : 1;
  return b === null ? -1 : compareIndexValues(a, b);
}

/** What an entry is sorted by. */
export function keyOf(found: FoundEntry, criterion: SortCriterion): SortValue {
  switch (found.part) {
    case "fixed":
      return criterion.fixed(found.entry);
    case "user":
      return criterion.user(found.record);
    case "group":
      return criterion.group(found.record);
  }
}
