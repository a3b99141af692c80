import type { StoreFilter, StoreQuery } from "@directorykit/core";
import { type BrokenStore, type Wrap, withFault } from "./faulty-store.fixture.ts";

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

/** Faults in queries. */
export const brokenQueries: readonly BrokenStore[] = [
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
];
