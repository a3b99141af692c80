import {
  memoryStore,
  type OrganizationId,
  type Reader,
  type Store,
  type StoreFilter,
  type StoreQuery,
  type Transaction,
} from "@directorykit/core";

/** A store with one deliberate fault, and the suite that has to find it. */
export interface BrokenStore {
  readonly fault: string;
  readonly suite: string;
  make(): Store;
}

type Wrap = (inner: Transaction, organization: OrganizationId) => Partial<Transaction>;

/** The memory store with some methods of its transactions replaced, and of its readers where they read. */
function withFault(wrap: Wrap, alsoReaders: boolean = true): Store {
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

/** Each `not` becomes true of everything, as when SQL's NULL is taken for a match. */
function withoutNot(filter: StoreFilter): StoreFilter {
  if (filter.op === "not") return { op: "true" };
  if (filter.op === "and" || filter.op === "or") return { op: filter.op, of: filter.of.map(withoutNot) };
  return filter;
}

/** Each leaf of this kind is replaced. */
function withLeaf(filter: StoreFilter, replace: (leaf: StoreFilter) => StoreFilter): StoreFilter {
  if (filter.op === "and" || filter.op === "or")
    return { op: filter.op, of: filter.of.map((part) => withLeaf(part, replace)) };
  if (filter.op === "not") return { op: "not", of: withLeaf(filter.of, replace) };
  return replace(filter);
}

function asking(change: (query: StoreQuery) => StoreQuery): Wrap {
  return (inner) => ({ query: (kind, query, options) => inner.query(kind, change(query), options) });
}

/** Deliberate faults, one in each store. */
export const brokenStores: readonly BrokenStore[] = [
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
  {
    fault: "a filter under not is left out",
    suite: "query",
    make: () => withFault(asking((query) => ({ ...query, filter: withoutNot(query.filter) }))),
  },
  {
    fault: "substrings are not looked for in order",
    suite: "query",
    make: () =>
      withFault(
        asking((query) => ({
          ...query,
          filter: withLeaf(query.filter, (leaf) =>
            leaf.op !== "substrings" || leaf.any.length < 2
              ? leaf
              : { op: "and", of: leaf.any.map((part) => ({ ...leaf, any: [part] })) },
          ),
        })),
      ),
  },
  {
    fault: "in and equals take numbers for text",
    suite: "query",
    make: () =>
      withFault(
        asking((query) => ({
          ...query,
          filter: withLeaf(query.filter, (leaf) =>
            leaf.op === "equals" ? { ...leaf, op: "in", values: [leaf.value, String(leaf.value)] } : leaf,
          ),
        })),
      ),
  },
  {
    fault: "the residual is forgotten",
    suite: "query",
    make: () =>
      withFault((tx) => ({
        query: async (kind, query, options) => {
          const { residual: _, ...page } = await tx.query(kind, query, options);
          return page;
        },
      })),
  },
  {
    fault: "a page begins with the record the last one ended with",
    suite: "query",
    make: () =>
      withFault((tx) => ({
        query: async (kind, query, options) => {
          const page = await tx.query(kind, query, options);
          if (query.after === undefined || query.limit < 2) return page;
          const [again] = await tx.getMany(kind, [query.after.id], options);
          if (again === undefined) return page;
          const records = [again, ...page.records].slice(0, query.limit);
          return {
            ...page,
            records,
            ...(page.values === undefined
              ? {}
              : { values: [query.after.value, ...page.values].slice(0, query.limit) }),
          };
        },
      })),
  },
  {
    fault: "records without a value come first",
    suite: "query",
    make: () =>
      withFault((tx) => ({
        query: async (kind, query, options) => {
          const page = await tx.query(kind, query, options);
          if (query.order === undefined || page.more || query.after !== undefined) return page;
          const values = page.values ?? [];
          const order = page.records
            .map((_, i) => i)
            .sort((a, b) => Number(values[a] !== undefined) - Number(values[b] !== undefined));
          return {
            ...page,
            records: order.map((i) => page.records[i] as never),
            values: order.map((i) => values[i]),
          };
        },
      })),
  },
  {
    fault: "pages are counted off instead of followed from a place",
    suite: "paging under writes",
    make: () => {
      const seen = new Map<string, number>();
      return withFault((tx, organization) => ({
        query: async (kind, query, options) => {
          const at = query.after === undefined ? 0 : (seen.get(`${organization} ${query.after.id}`) ?? 0);
          const { after: _, ...rest } = query;
          const all = await tx.query(kind, { ...rest, limit: at + query.limit }, options);
          const records = all.records.slice(at);
          records.forEach((record, i) => {
            seen.set(`${organization} ${record.id}`, at + i + 1);
          });
          return { ...all, records, ...(all.values === undefined ? {} : { values: all.values.slice(at) }) };
        },
      }));
    },
  },
  {
    fault: "a count is of all records",
    suite: "query",
    make: () =>
      withFault((tx) => ({ count: (kind, _filter, options) => tx.count(kind, { op: "true" }, options) })),
  },
  {
    fault: "an edge that was there is reported as new",
    suite: "graph",
    make: () =>
      withFault((tx) => ({
        addMembers: async (edges) => {
          await tx.addMembers(edges);
          return edges;
        },
      })),
  },
  {
    fault: "the kind of member is taken after the page is cut",
    suite: "graph",
    make: () =>
      withFault((tx) => ({
        membersOf: async (group, { kind, ...page }, options) => {
          const edges = await tx.membersOf(group, page, options);
          return edges.filter((edge) => kind === undefined || edge.memberKind === kind);
        },
      })),
  },
  {
    fault: "revisions have a gap",
    suite: "change feed",
    make: () =>
      withFault((tx) => ({
        changes: async (after, limit, options) => {
          const page = await tx.changes(after, limit, options);
          return { ...page, changes: page.changes.filter((change) => change.revision !== 3) };
        },
      })),
  },
  {
    fault: "taking a one-time record leaves it there",
    suite: "one-time records",
    make: () => withFault((tx) => ({ consumeOnce: (key, now) => tx.peekOnce(key, now) })),
  },
  {
    fault: "reservations are looked up outside of the transaction",
    suite: "one-time records",
    make: () => {
      const held = new Map<string, number>();
      return withFault((_tx, organization) => ({
        reserve: async (key, expiresAt, now) => {
          const free = (held.get(`${organization} ${key}`) ?? 0) <= now;
          await new Promise((resolve) => setImmediate(resolve));
          if (free) setImmediate(() => held.set(`${organization} ${key}`, expiresAt));
          return free;
        },
      }));
    },
  },
  {
    fault: "an increment passes its maximum",
    suite: "one-time records",
    make: () => withFault((tx) => ({ increment: (key, { max: _, ...step }) => tx.increment(key, step) })),
  },
  {
    fault: "garbage collection drops nothing",
    suite: "one-time records",
    make: () => ({ ...memoryStore(), collectGarbage: async () => 0 }),
  },
  {
    fault: "a family of actions is any action that begins like it",
    suite: "audit",
    make: () =>
      withFault((tx) => ({
        audit: async (query, options) => {
          if (query.action?.endsWith(".") !== true) return tx.audit(query, options);
          const { action, limit, ...rest } = query;
          const family = action.slice(0, -1);
          const all = await tx.audit({ ...rest, limit: 1000 }, options);
          return all.filter((event) => event.action.startsWith(family)).slice(0, limit);
        },
      })),
  },
  {
    fault: "long lists of ids are cut",
    suite: "limits",
    make: () =>
      withFault((tx) => ({ getMany: (kind, ids, options) => tx.getMany(kind, ids.slice(0, 5000), options) })),
  },
  {
    fault: "organizations share their one-time records",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      const shared = "shared" as OrganizationId;
      return {
        ...store,
        reader: (organization): Reader => ({
          ...store.reader(organization),
          peekOnce: (key, now) => store.reader(shared).peekOnce(key, now),
        }),
        transaction: (organization, work, options) =>
          store.transaction(
            organization,
            (tx) =>
              work({
                ...tx,
                putOnce: (key, value, at) =>
                  store.transaction(shared, (other) => other.putOnce(key, value, at)),
                consumeOnce: (key, now) => store.transaction(shared, (other) => other.consumeOnce(key, now)),
                peekOnce: (key, now) => store.reader(shared).peekOnce(key, now),
              }),
            options,
          ),
      };
    },
  },
  {
    fault: "organizations are told apart by the beginning of their name",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      const cut = (organization: OrganizationId): OrganizationId =>
        organization.slice(0, 4) as OrganizationId;
      return {
        ...store,
        reader: (organization) => store.reader(cut(organization)),
        transaction: (organization, work, options) => store.transaction(cut(organization), work, options),
      };
    },
  },
  {
    fault: "a new method of the reader has no test yet",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      return {
        ...store,
        reader: (organization): Reader =>
          ({ ...store.reader(organization), recentlyChanged: async () => [] }) as Reader,
      };
    },
  },
  {
    fault: "it promises durability that nobody tests",
    suite: "capabilities",
    make: () => ({ ...memoryStore(), capabilities: { durable: true } }),
  },
];

/** A copy by assignment, which gives `__proto__` its old meaning. */
function assigned(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = assigned(part);
  return copy;
}
