import type { EntryPart, FoundEntry } from "./entry-stream.ts";

/** Entries that are remembered of a consumer, so that it need not come anew when a change reaches far. */
const maxRemembered = 10_000;

/** An entry that a consumer has. */
export interface CopiedEntry {
  readonly part: EntryPart;
  /** The name by which it was told: that of a person or group; empty for others. */
  readonly name: string;
}

/** What a consumer has, for as long as it is not too much to remember. */
export class SyncCopy {
  #entries: Map<string, CopiedEntry> | undefined = new Map();

  /** The entries by id; `undefined` when they are too many, from then on. */
  get entries(): ReadonlyMap<string, CopiedEntry> | undefined {
    return this.#entries;
  }

  /** Whether the consumer has an entry, as far as is known. */
  has(id: string): boolean | undefined {
    return this.#entries?.has(id);
  }

  /** Notes that it has an entry. */
  add(found: FoundEntry): void {
    const { id, part } = found;
    this.#entries?.set(id, { part, name: nameOf(found) });
    if (this.#entries !== undefined && this.#entries.size > maxRemembered) this.#entries = undefined;
  }

  /** Notes that it no longer has one. @returns what it was, if it is known that it had it */
  delete(id: string): CopiedEntry | undefined {
    const entry = this.#entries?.get(id);
    this.#entries?.delete(id);
    return entry;
  }
}

function nameOf(found: FoundEntry): string {
  if (found.part === "fixed") return "";
  return found.part === "user" ? found.record.username : found.record.name;
}
