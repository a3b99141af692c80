import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IndexedRecord, OrganizationId, StoreFilter } from "@directorykit/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SqliteConnection } from "./driver.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import { deferredFrom, deferredStep } from "./posting-index.ts";
import { sqliteStore } from "./sqlite-store.ts";

const acme = "acme" as OrganizationId;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  path = join(folder, "directory.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function users(from: number, count: number, color: string, version: number = 1): IndexedRecord<"user">[] {
  return Array.from({ length: count }, (_, i) => ({
    record: {
      id: `u${String(from + i).padStart(9, "0")}`,
      version,
    } as unknown as IndexedRecord<"user">["record"],
    keys: [],
    index: [["color", color]],
  }));
}

const is = (value: string): StoreFilter => ({ op: "equals", attribute: "color", indexed: true, value });

function inFile<T>(look: (connection: SqliteConnection) => T): T {
  const connection = nodeSqliteDriver.open(path);
  try {
    return look(connection);
  } finally {
    connection.close();
  }
}

const rows = (table: string): unknown =>
  inFile((file) => file.prepare(`SELECT count(*) FROM ${table}`).get([])?.[0]);

test("many records at once are found at once, though their index entries are put off", async () => {
  const store = sqliteStore({ path });
  await store.open();
  const count = 2 * deferredStep + 10;
  await store.transaction(acme, async (tx) => {
    await tx.insert("user", users(0, count, "red"));
  });
  expect([rows("posting"), rows("deferred")]).toEqual([0, 1]);
  expect((await store.reader(acme).query("user", { filter: is("red"), limit: 3 })).records).toHaveLength(3);
  expect(await store.reader(acme).count("user", is("red"))).toBe(count);
  expect([rows("posting"), rows("deferred")]).toEqual([count, 0]);
  await store.close();
});

test("a transaction finds what it has just inserted, and rolls it back with its index entries", async () => {
  const store = sqliteStore({ path });
  await store.open();
  const attempt = store.transaction(acme, async (tx) => {
    await tx.insert("user", users(0, deferredFrom, "red"));
    expect(await tx.count("user", is("red"))).toBe(deferredFrom);
    throw new Error("on purpose");
  });
  await expect(attempt).rejects.toThrow("on purpose");
  expect(await store.reader(acme).count("user", is("red"))).toBe(0);
  expect([rows("posting"), rows("entry"), rows("deferred")]).toEqual([0, 0, 0]);
  await store.close();
});

test("records that change or go before their entries are in the index leave the right ones", async () => {
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, (tx) => tx.insert("user", users(0, deferredFrom, "red")));
  await store.transaction(acme, async (tx) => {
    const [changed] = users(1, 1, "blue", 2);
    await tx.update("user", changed as IndexedRecord<"user">, 1);
    await tx.remove("user", "u000000002", 1);
  });
  const reader = store.reader(acme);
  expect(await reader.count("user", is("red"))).toBe(deferredFrom - 2);
  expect(await reader.count("user", is("blue"))).toBe(1);
  expect(
    inFile((file) => file.prepare("SELECT attribute, value, seq FROM entry ORDER BY 1, 2, 3").all([])),
  ).toEqual(
    inFile((file) => file.prepare("SELECT attribute, value, seq FROM posting ORDER BY 1, 2, 3").all([])),
  );
  await store.close();
});

test("what was put off is not forgotten when the process ends", async () => {
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, (tx) => tx.insert("user", users(0, deferredFrom, "red")));
  await store.close();
  const again = sqliteStore({ path });
  await again.open();
  await again.transaction(acme, (tx) => tx.insert("user", users(500, 1, "red")));
  await again.transaction(acme, (tx) => tx.insert("user", users(1000, deferredFrom, "blue")));
  expect(await again.reader(acme).count("user", is("red"))).toBe(deferredFrom + 1);
  expect(await again.reader(acme).count("user", is("blue"))).toBe(deferredFrom);
  await again.close();
});

test("numbers that are used again after all records are gone do not slip through", async () => {
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, async (tx) => {
    const before = users(0, 10, "red");
    await tx.insert("user", before);
    const some = users(10, deferredFrom, "red");
    await tx.insert("user", some);
    for (const { record } of [...before, ...some]) await tx.remove("user", record.id, 1);
    await tx.insert("user", users(500, deferredFrom, "blue"));
  });
  expect(await store.reader(acme).count("user", is("blue"))).toBe(deferredFrom);
  await store.close();
});

test("removing the last of the records whose entries are put off leaves nothing to do", async () => {
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, async (tx) => {
    const some = users(0, deferredFrom, "red");
    await tx.insert("user", some);
    for (const { record } of some) await tx.remove("user", record.id, 1);
  });
  await store.transaction(acme, (tx) => tx.insert("user", users(0, 1, "red")));
  expect(await store.reader(acme).count("user", is("red"))).toBe(1);
  expect(rows("deferred")).toBe(0);
  await store.close();
});
