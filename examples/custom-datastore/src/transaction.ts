import { DirectoryError, type IndexedRecord, type Membership, type Transaction } from "@directorykit/core";
import { type Expiring, keyOf, live, tablesReader } from "./reader.ts";
import type { Tables } from "./tables.ts";

/** Writes into tables that lie over the committed ones. Throwing those away undoes everything. */
export function tablesTransaction(open: () => Tables): Transaction {
  // The id is a unique key like the others.
  const keysOf = (row: IndexedRecord): IndexedRecord["keys"] => [["id", row.record.id], ...row.keys];
  const put = (kind: string, row: IndexedRecord): void => {
    for (const [key, value] of keysOf(row)) {
      if (open().get("key", keyOf(kind, key, value)) !== undefined)
        throw new DirectoryError("conflict", `another record has this ${key}`, { details: { key } });
      open().set("key", keyOf(kind, key, value), row.record.id);
    }
    open().set(kind, row.record.id, row);
  };
  const take = (kind: string, id: string, version: number): void => {
    const row = open().get<IndexedRecord>(kind, id);
    if (row === undefined) throw new DirectoryError("not-found", "no such record");
    if (row.record.version !== version) throw new DirectoryError("stale-write", "the record changed");
    for (const [key, value] of keysOf(row)) open().set("key", keyOf(kind, key, value), undefined);
    open().set(kind, id, undefined);
  };
  const expire = (key: string, row: Expiring | undefined): void => open().set("expiring", key, row);
  return {
    ...tablesReader(open),
    appendChanges: async (drafts) => {
      const first = open().keys("change").length + 1;
      // Padded, so that the order of the keys is that of the numbers.
      for (const [i, draft] of drafts.entries())
        open().set("change", String(first + i).padStart(12, "0"), { ...draft, revision: first + i });
      return first;
    },
    insert: async (kind, records) => {
      for (const row of records as readonly IndexedRecord[]) put(kind, row);
    },
    update: async (kind, row, expectedVersion) => {
      take(kind, row.record.id, expectedVersion);
      put(kind, row as unknown as IndexedRecord);
    },
    remove: async (kind, id, expectedVersion) => take(kind, id, expectedVersion),
    addMembers: async (edges) =>
      edges.filter((edge) => {
        const isNew = open().get("member", keyOf(edge.group, edge.member)) === undefined;
        if (isNew) open().set("member", keyOf(edge.group, edge.member), edge);
        return isNew;
      }),
    removeMembers: async (edges) =>
      edges.flatMap((edge) => {
        const found = open().get<Membership>("member", keyOf(edge.group, edge.member));
        open().set("member", keyOf(edge.group, edge.member), undefined);
        return found ?? [];
      }),
    appendAudit: async (events) => {
      for (const event of events) open().set("audit", event.id, event);
    },
    putOnce: async (key, value, expiresAt) => expire(keyOf("once", key), { value, expiresAt }),
    consumeOnce: async (key, now) => {
      const value = live(open(), keyOf("once", key), now)?.value;
      if (value !== undefined) expire(keyOf("once", key), undefined);
      return value;
    },
    reserve: async (key, expiresAt, now) => {
      const isFree = live(open(), keyOf("reserve", key), now) === undefined;
      if (isFree) expire(keyOf("reserve", key), { expiresAt });
      return isFree;
    },
    increment: async (key, { by, max = Number.POSITIVE_INFINITY, expiresAt, now }) => {
      const row = live(open(), keyOf("counter", key), now);
      const before = row?.counter ?? { value: 0, updatedAt: now };
      const counter = { value: before.value + by, updatedAt: now };
      if (counter.value > max) return { ...before, applied: false };
      expire(keyOf("counter", key), { counter, expiresAt: row?.expiresAt ?? expiresAt });
      return { ...counter, applied: true };
    },
    forget: async (key) => {
      for (const kind of ["counter", "reserve"]) expire(keyOf(kind, key), undefined);
    },
  };
}
