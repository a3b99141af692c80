import type * as core from "@directorykit/core";
import { compareIndexValues } from "@directorykit/core";
import type { Tables } from "./tables.ts";

/** Something that ends: a one-time record, a reservation or a counter. */
export type Expiring = { expiresAt: number; value?: core.JsonValue; counter?: core.Counter };

/** Joins the parts of a key so that no other parts give the same text. */
export const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** A row of `expiring` that has not ended. */
export function live(tables: Tables, key: string, now: number): Expiring | undefined {
  const row = tables.get<Expiring>("expiring", key);
  return row === undefined || row.expiresAt <= now ? undefined : row;
}

/** Reads of one organization, over the tables that `open` gives at the time of each call. */
export function tablesReader(open: () => Tables): core.Reader {
  const get = <K extends core.RecordKind>(kind: K, id: string): core.RecordTypes[K] | undefined =>
    open().get<core.IndexedRecord<K>>(kind, id)?.record;
  const edges = (): readonly core.Membership[] => open().values("member");
  return {
    revision: async () => open().keys("change").length,
    get: async (kind, id) => get(kind, id),
    getMany: async (kind, ids) => ids.flatMap((id) => get(kind, id) ?? []),
    getByKey: async (kind, name, value) => {
      const id = open().get<string>("key", keyOf(kind, name, value));
      return id === undefined ? undefined : get(kind, id);
    },
    query: async <K extends core.RecordKind>(kind: K, { filter, order, after, limit }: core.StoreQuery) => {
      const found = open()
        .values<core.IndexedRecord<K>>(kind)
        .map((row) => ({ id: row.record.id, record: row.record, value: placeOf(row, order) }))
        .filter((row) => after === undefined || compare(row, after, order) > 0)
        .sort((a, b) => compare(a, b, order));
      const page = found.slice(0, limit);
      const records = page.map((row) => row.record);
      const values = order === undefined ? {} : { values: page.map((row) => row.value) };
      // The whole filter is left to core: right for every filter there is, and slow in a large directory.
      return { records, ...values, more: found.length > limit, residual: filter };
    },
    count: async () => undefined,
    groupsOf: async (members) => edges().filter((edge) => members.includes(edge.member)),
    membersOf: async (group, { after = "", limit, kind }) =>
      edges()
        .filter((edge) => edge.group === group && edge.member > after)
        .filter((edge) => kind === undefined || edge.memberKind === kind)
        .slice(0, limit),
    changes: async (after, limit) => {
      const changes = open().values<core.Change>("change");
      return { changes: changes.slice(after, after + limit), revision: changes.length, oldest: 1 };
    },
    audit: async ({ action, target, actor, after, descending, limit }) => {
      const events = [...open().values<core.AuditEvent>("audit")];
      if (descending === true) events.reverse();
      return events
        .filter(({ id }) => after === undefined || (descending === true ? id < after : id > after))
        .filter(({ target: to, actor: by }) => (target ?? to?.id) === to?.id && (actor ?? by.id) === by.id)
        .filter((event) =>
          action?.endsWith(".") ? event.action.startsWith(action) : event.action === (action ?? event.action),
        )
        .slice(0, limit);
    },
    counter: async (key, now) => live(open(), keyOf("counter", key), now)?.counter,
    peekOnce: async (key, now) => live(open(), keyOf("once", key), now)?.value,
  };
}

/** The value that decides a record's place: its smallest, or its largest when the order falls. */
function placeOf(row: core.IndexedRecord, order: core.StoreQuery["order"]): core.IndexValue | undefined {
  const values = row.index.flatMap(([attribute, value]) => (attribute === order?.attribute ? [value] : []));
  values.sort(compareIndexValues);
  return order?.descending === true ? values.at(-1) : values[0];
}

type Place = { readonly id: string; readonly value?: core.IndexValue | undefined };

function compare(a: Place, b: Place, order: core.StoreQuery["order"]): number {
  if (order === undefined || a.value === b.value) return compareIndexValues(a.id, b.id);
  if (a.value === undefined) return 1;
  if (b.value === undefined) return -1;
  return compareIndexValues(a.value, b.value) * (order.descending ? -1 : 1);
}
