import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganizationId, Store } from "@directorykit/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import type { SqliteStoreOptions } from "./options.ts";
import { countingDriver } from "./sqlite-store.fixture.ts";
import { sqliteStore } from "./sqlite-store.ts";

const acme = "acme" as OrganizationId;
const never = new Promise<never>(() => {});
let folder: string;
let stores: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = sqliteStore({ path: join(folder, "directory.db"), ...options });
  stores.push(store);
  await store.open();
  return store;
}

const put = (store: Store, key: string): Promise<void> =>
  store.transaction(acme, (tx) => tx.putOnce(key, key, 10));

test("transactions that wait together share one commit", async () => {
  let commits = 0;
  const store = await open({
    driver: countingDriver((sql) => {
      if (sql === "COMMIT") commits += 1;
    }),
  });
  await Promise.all(Array.from({ length: 100 }, (_, n) => put(store, `key${n}`)));
  expect(commits).toBeLessThan(10);
  expect(await store.reader(acme).peekOnce("key99", 0)).toBe("key99");
});

test("one that fails is rolled back alone, wherever it stands in the group", async () => {
  const store = await open();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 9 }, (_, n) =>
      store.transaction(acme, async (tx) => {
        await tx.putOnce(`key${n}`, n, 10);
        if (n % 4 === 0) throw new Error("on purpose");
      }),
    ),
  );
  for (const [n, { status }] of outcomes.entries()) {
    expect(status).toBe(n % 4 === 0 ? "rejected" : "fulfilled");
    expect(await store.reader(acme).peekOnce(`key${n}`, 0)).toBe(n % 4 === 0 ? undefined : n);
  }
});

test("an organization that only a failed transaction had named is made anew by the next", async () => {
  const store = await open();
  const failing = (): Promise<void> =>
    store.transaction(acme, async (tx) => {
      await tx.putOnce("key", 1, 10);
      throw new Error("on purpose");
    });
  await Promise.allSettled([failing(), put(store, "a"), failing(), put(store, "b")]);
  const other = "other" as OrganizationId;
  await expect(
    store.transaction(other, async (tx) => {
      await tx.insert("user", [
        { record: { id: "x", version: 1 } as never, keys: [["k", "v"]], index: [["a", 1]] },
      ]);
      throw new Error("on purpose");
    }),
  ).rejects.toThrow("on purpose");
  await store.transaction(other, async (tx) => {
    await tx.insert("user", [
      { record: { id: "x", version: 1 } as never, keys: [["k", "v"]], index: [["a", 1]] },
    ]);
  });
  expect(await store.reader(other).count("user", { op: "true" })).toBe(1);
  expect((await store.reader(other).getByKey("user", "k", "v"))?.id).toBe("x");
});

test("work that hangs is cut off after the limit; those before and after it are committed", async () => {
  const store = await open({ transactionTimeoutMs: 30 });
  const before = put(store, "before");
  const hanging = store.transaction(acme, async (tx) => {
    await tx.putOnce("hanging", 1, 10);
    await never;
  });
  const after = put(store, "after");
  await expect(hanging).rejects.toMatchObject({
    code: "timeout",
    details: { limit: "transactionTimeoutMs" },
  });
  await Promise.all([before, after]);
  const reader = store.reader(acme);
  expect(await reader.peekOnce("before", 0)).toBe("before");
  expect(await reader.peekOnce("hanging", 0)).toBeUndefined();
  expect(await reader.peekOnce("after", 0)).toBe("after");
});

test("work that was cut off cannot write any more", async () => {
  const store = await open({ transactionTimeoutMs: 20 });
  let goOn = (): void => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let late: Promise<void> | undefined;
  const hanging = store.transaction(acme, async (tx) => {
    await gate;
    late = tx.putOnce("late", 1, 10);
    await late;
  });
  await expect(hanging).rejects.toMatchObject({ code: "timeout" });
  goOn();
  await new Promise((resolve) => setImmediate(resolve));
  await expect(late).rejects.toMatchObject({ code: "store-unavailable" });
  await put(store, "next");
  expect(await store.reader(acme).peekOnce("late", 0)).toBeUndefined();
});

test("a signal ends a transaction that runs, and takes one that waits out of the line", async () => {
  const store = await open();
  const running = new AbortController();
  const waiting = new AbortController();
  const first = store.transaction(
    acme,
    async (tx) => {
      await tx.putOnce("first", 1, 10);
      waiting.abort();
      running.abort();
      await never;
    },
    { signal: running.signal },
  );
  const second = store.transaction(acme, (tx) => tx.putOnce("second", 1, 10), { signal: waiting.signal });
  await expect(first).rejects.toMatchObject({ code: "timeout" });
  await expect(second).rejects.toMatchObject({ code: "timeout" });
  expect(await store.reader(acme).peekOnce("first", 0)).toBeUndefined();
  expect(await store.reader(acme).peekOnce("second", 0)).toBeUndefined();
});

test("more transactions than may wait are refused as overload", async () => {
  const store = await open({ maxWaitingTransactions: 5 });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => put(store, `key${n}`)));
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused).toHaveLength(3);
  expect(refused[0]?.reason).toMatchObject({
    code: "overloaded",
    details: { limit: "maxWaitingTransactions" },
  });
});

test("a write lock held by another process is waited for, without holding up this one, up to a limit", async () => {
  const store = await open({ busyTimeoutMs: 200 });
  await put(store, "before");
  const other = nodeSqliteDriver.open(join(folder, "directory.db"));
  other.exec("BEGIN IMMEDIATE");
  await expect(put(store, "refused")).rejects.toMatchObject({ code: "store-unavailable" });
  expect(await store.reader(acme).peekOnce("before", 0)).toBe("before");
  const waiting = put(store, "waiting");
  await new Promise((resolve) => setImmediate(resolve));
  other.exec("COMMIT");
  other.close();
  await waiting;
  expect(await store.reader(acme).peekOnce("waiting", 0)).toBe("waiting");
});

test("when the disk is full the whole group is refused, nothing of it stays, and the store goes on", async () => {
  let full = false;
  const store = await open({
    driver: {
      open: (path) => {
        const connection = nodeSqliteDriver.open(path);
        return {
          ...connection,
          get inTransaction() {
            return connection.inTransaction;
          },
          prepare: (sql) => {
            const statement = connection.prepare(sql);
            return {
              ...statement,
              run: (parameters) => {
                // As SQLite does it: the transaction is over when the error is thrown.
                if (full && sql.includes("expiring") && parameters.includes("once:b")) {
                  connection.exec("ROLLBACK");
                  throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
                }
                return statement.run(parameters);
              },
            };
          },
        };
      },
    },
  });
  full = true;
  const outcomes = await Promise.allSettled([put(store, "a"), put(store, "b")]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store-unavailable" } });
  }
  full = false;
  expect(await store.reader(acme).peekOnce("a", 0)).toBeUndefined();
  await put(store, "b");
  expect(await store.reader(acme).peekOnce("b", 0)).toBe("b");
});
