import { DirectoryError } from "../errors.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Reader, Store, Transaction } from "../store/store.ts";

/** The methods of a reader that are waited for. */
export type Read = Exclude<keyof Reader, "immediate">;

/** A store in memory whose reads can be made to fail. */
export interface FallibleStore extends Store {
  /** What reads outside transactions reject with, by method; every method when `all` is set. */
  readonly faults: Partial<Record<Read | "all", unknown>>;
}

/** @returns a store in memory that works until told otherwise */
export function fallibleStore(store: Store = memoryStore()): FallibleStore {
  const faults: Partial<Record<Read | "all", unknown>> = {};
  return {
    ...store,
    faults,
    reader: (organization) => {
      const inner = store.reader(organization);
      const fail = (name: Read): void => {
        const fault = faults[name] ?? faults.all;
        if (fault !== undefined) throw fault;
      };
      return {
        ...mapReads(inner, (name, read) => async (...given) => {
          fail(name);
          return read(...given);
        }),
        immediate: () => {
          const reads = inner.immediate?.();
          if (reads === undefined) return undefined;
          return {
            ...reads,
            get: (kind, id) => {
              fail("get");
              return reads.get(kind, id);
            },
            getByKey: (kind, name, value) => {
              fail("getByKey");
              return reads.getByKey(kind, name, value);
            },
            groupIdsOf: (member) => {
              fail("groupsOf");
              return reads.groupIdsOf(member);
            },
          };
        },
      };
    },
  };
}

/** A read that waits for the test. */
export interface HeldRead {
  /** Resolves when the read is there. */
  readonly reached: Promise<void>;
  /** Lets it go on. */
  release(): void;
}

/** A store in memory whose reads can be held. */
export interface HoldingStore extends Store {
  /** Holds the next read outside transactions of this method, before it looks or with what it has seen. */
  hold(read: Read, when: "before" | "after"): HeldRead;
}

/** @returns a store in memory that holds what it is told to */
export function holdingStore(store: Store = memoryStore()): HoldingStore {
  const holds = new Map<string, () => Promise<void>>();
  const pass = async (place: string): Promise<void> => {
    const hold = holds.get(place);
    holds.delete(place);
    await hold?.();
  };
  return {
    ...store,
    hold: (read, when) => {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.set(`${when} ${read}`, () => {
        reached.resolve();
        return released.promise;
      });
      return { reached: reached.promise, release: released.resolve };
    },
    reader: (organization) =>
      mapReads(store.reader(organization), (name, read) => async (...given) => {
        await pass(`before ${name}`);
        const answer = await read(...given);
        await pass(`after ${name}`);
        return answer;
      }),
  };
}

/** A store that keeps no index: it hands every filter back, as the contract allows. */
export function plainStore(store: Store = memoryStore()): Store {
  const plain = <R extends Reader>(reader: R): R => ({
    ...reader,
    query: async (kind: never, query: Parameters<Reader["query"]>[1], options: never) => ({
      ...(await reader.query(kind, { ...query, filter: { op: "true" } }, options)),
      residual: query.filter,
    }),
    count: async () => undefined,
  });
  return {
    ...store,
    reader: (organization) => plain(store.reader(organization)),
    transaction: (organization, work, options) =>
      store.transaction(organization, (tx) => work(plain(tx)), options),
  };
}

/** A store that runs every transaction twice, as one does after a serialization failure. */
export function rerunningStore(store: Store = memoryStore()): Store {
  const again = new DirectoryError("stale-write", "the first run is thrown away");
  return {
    ...store,
    transaction: async (organization, work, options) => {
      await store
        .transaction(organization, async (tx: Transaction) => {
          await work(tx).catch(() => {});
          throw again;
        })
        .catch((error: unknown) => {
          if (error !== again) throw error;
        });
      return store.transaction(organization, work, options);
    },
  };
}

/** A store in front of whose next transaction something else can be made to happen. */
export interface InterruptibleStore extends Store {
  /** What happens first, once. */
  interrupt: (() => Promise<unknown>) | undefined;
}

/** @returns a store in memory that can be interrupted */
export function interruptibleStore(store: Store = memoryStore()): InterruptibleStore {
  const interruptible: InterruptibleStore = {
    ...store,
    interrupt: undefined,
    transaction: async (organization, work, options) => {
      const { interrupt } = interruptible;
      interruptible.interrupt = undefined;
      await interrupt?.();
      return store.transaction(organization, work, options);
    },
  };
  return interruptible;
}

type AnyRead = (...given: never[]) => Promise<never>;

/** The reader with its methods changed, and without those that answer at once. */
function mapReads(
  { immediate: _, ...reader }: Reader,
  change: (name: Read, read: AnyRead) => AnyRead,
): Reader {
  return Object.fromEntries(
    Object.entries(reader).map(([name, read]) => [name, change(name as Read, read as AnyRead)]),
  ) as unknown as Reader;
}
