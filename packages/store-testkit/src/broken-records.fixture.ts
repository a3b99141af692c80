import { memoryStore } from "@directorykit/core";
import { type BrokenStore, withFault } from "./faulty-store.fixture.ts";

/** Faults in records and transactions. */
export const brokenRecords: readonly BrokenStore[] = [
  {
    fault: "updates ignore the expected version",
    suite: "crud",
    make: () =>
      withFault((tx) => ({
        update: async (kind, entry, expected) => {
          const now = await tx.get(kind, entry.record.id);
          await tx.update(kind, entry, now?.version ?? expected);
        },
      })),
  },
  {
    fault: "updates ignore the expected version, which loses one of two at the same time",
    suite: "concurrency",
    make: () =>
      withFault((tx) => ({
        update: async (kind, entry, expected) => {
          const now = await tx.get(kind, entry.record.id);
          await tx.update(kind, entry, now?.version ?? expected);
        },
      })),
  },
  {
    fault: "getMany answers in the order of the store",
    suite: "crud",
    make: () =>
      withFault((tx) => ({
        getMany: (kind, ids, options) => tx.getMany(kind, [...ids].sort(), options),
      })),
  },
  {
    fault: "unique keys are not checked",
    suite: "crud",
    make: () =>
      withFault((tx) => ({
        insert: (kind, records) =>
          tx.insert(
            kind,
            records.map((entry) => ({ ...entry, keys: [] })),
          ),
      })),
  },
  {
    fault: "records handed out can be changed from outside",
    suite: "crud",
    make: () => {
      const shared = new Map<string, unknown>();
      return withFault((tx, organization) => ({
        get: async (kind, id, options) => {
          const found = await tx.get(kind, id, options);
          const key = `${organization} ${kind} ${id} ${found?.version}`;
          if (found !== undefined && !shared.has(key)) shared.set(key, structuredClone(found));
          return shared.get(key) as typeof found;
        },
      }));
    },
  },
  {
    fault: "names like __proto__ are lost on the way",
    suite: "crud",
    make: () =>
      withFault((tx) => ({
        insert: (kind, records) =>
          tx.insert(
            kind,
            records.map((entry) => ({ ...entry, record: assigned(entry.record) as typeof entry.record })),
          ),
      })),
  },
  {
    fault: "work that throws keeps what it wrote",
    suite: "transactions",
    make: () => {
      const store = memoryStore();
      return {
        ...store,
        transaction: async (organization, work, options) => {
          const outcome = await store.transaction(
            organization,
            (tx) =>
              work(tx).then(
                (value) => ({ value, error: undefined }),
                (error: unknown) => ({ value: undefined as never, error }),
              ),
            options,
          );
          if (outcome.error !== undefined) throw outcome.error;
          return outcome.value;
        },
      };
    },
  },
  {
    fault: "a transaction can be used after it ended",
    suite: "transactions",
    make: () => {
      const store = memoryStore();
      return {
        ...store,
        transaction: (organization, work, options) =>
          store.transaction(
            organization,
            (tx) =>
              work({
                ...tx,
                insert: (kind, records) =>
                  tx
                    .insert(kind, records)
                    .catch((error: unknown) =>
                      (error as Error).message === "the transaction has ended"
                        ? store.transaction(organization, (next) => next.insert(kind, records))
                        : Promise.reject(error),
                    ),
              }),
            options,
          ),
      };
    },
  },
  {
    fault: "members are added by reading and writing outside of the transaction",
    suite: "concurrency",
    make: () => {
      const claimed = new Map<string, Promise<unknown>>();
      return withFault((tx) => ({
        addMembers: async (edges) => {
          // The first of those that ask together writes for all; the others are told that theirs were new, too.
          const key = `${edges[0]?.group}`;
          if (claimed.has(key)) return edges;
          const writing = tx.addMembers(edges);
          claimed.set(key, writing);
          return writing;
        },
      }));
    },
  },
];

/** A copy by assignment, which gives `__proto__` its old meaning. */
function assigned(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = assigned(part);
  return copy;
}
