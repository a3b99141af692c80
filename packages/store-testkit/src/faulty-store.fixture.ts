import {
  memoryStore,
  type OrganizationId,
  type Reader,
  type Store,
  type Transaction,
} from "@directorykit/core";

/** A store with one deliberate fault, and the suite that has to find it. */
export interface BrokenStore {
  readonly fault: string;
  readonly suite: string;
  make(): Store;
}

/** The methods that a fault replaces. */
export type Wrap = (inner: Transaction, organization: OrganizationId) => Partial<Transaction>;

/** The memory store with some methods of its transactions replaced, and of its readers where they read. */
export function withFault(wrap: Wrap, alsoReaders: boolean = true): Store {
  const store = memoryStore();
  return {
    ...store,
    reader: (organization): Reader => {
      const inner = store.reader(organization);
      return alsoReaders ? { ...inner, ...readsOf(wrap(inner as Transaction, organization)) } : inner;
    },
    transaction: (organization, work, options) =>
      store.transaction(organization, (tx) => work({ ...tx, ...wrap(tx, organization) }), options),
  };
}

function readsOf(methods: Partial<Transaction>): Partial<Reader> {
  const reads = [
    "revision",
    "get",
    "getMany",
    "getByKey",
    "query",
    "count",
    "groupsOf",
    "membersOf",
    "changes",
    "audit",
    "counter",
    "peekOnce",
  ];
  return Object.fromEntries(Object.entries(methods).filter(([name]) => reads.includes(name)));
}
