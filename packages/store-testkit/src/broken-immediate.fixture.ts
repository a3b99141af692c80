import { type ImmediateReader, memoryStore, type Reader, type Store } from "@directorykit/core";
import type { BrokenStore } from "./faulty-store.fixture.ts";

/** Faults in reads that are answered at once. */
export const brokenImmediate: readonly BrokenStore[] = [
  {
    fault: "an immediate read shows what a transaction has not committed",
    suite: "immediate reads",
    make: () => {
      const first = new WeakMap<Reader, ImmediateReader>();
      return withImmediate((reader) => {
        // Kept from a moment at rest, and then used while a transaction runs.
        const reads = reader.immediate?.() ?? first.get(reader);
        if (reads !== undefined) first.set(reader, reads);
        return reads;
      });
    },
  },
  {
    fault: "an immediate read is one commit behind",
    suite: "immediate reads",
    make: () => {
      const last = new Map<string, unknown>();
      return withImmediate((reader) => {
        const reads = reader.immediate?.();
        return reads === undefined
          ? undefined
          : {
              ...reads,
              get: (kind, id) => {
                const before = last.get(id) ?? reads.get(kind, id);
                last.set(id, reads.get(kind, id));
                return before as never;
              },
            };
      });
    },
  },
  {
    fault: "more records than the limit are answered",
    suite: "immediate reads",
    make: () =>
      altered((reads) => ({ getByEntry: (kind, name, value) => reads.getByEntry(kind, name, value, 1000) })),
  },
  {
    fault: "whoever is in one group is in every group",
    suite: "look-ups",
    make: () => altered((reads) => ({ isMember: (_, member) => reads.groupIdsOf(member).length > 0 })),
  },
  {
    fault: "immediate reads never answer",
    suite: "immediate reads",
    make: () => withImmediate(() => undefined),
  },
];

function altered(alter: (reads: ImmediateReader) => Partial<ImmediateReader>): Store {
  return withImmediate((reader) => {
    const reads = reader.immediate?.();
    return reads === undefined ? undefined : { ...reads, ...alter(reads) };
  });
}

function withImmediate(immediate: (reader: Reader) => ImmediateReader | undefined): Store {
  const store = memoryStore();
  return {
    ...store,
    reader: (organization) => {
      const reader = store.reader(organization);
      return { ...reader, immediate: () => immediate(reader) };
    },
  };
}
