import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { IndexedRecord, OrganizationId, Store, StoreFilter } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import type { SqliteStoreOptions } from "./options.ts";
import { countingDriver } from "./sqlite-store.fixture.ts";
import { sqliteStore } from "./sqlite-store.ts";

const acme = "acme" as OrganizationId;
const size = 20_000;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  path = join(folder, "directory.db");
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, async (tx) => {
    await tx.insert(
      "user",
      Array.from({ length: size }, (_, n) => user(n)),
    );
    await tx.addMembers(
      [1, 2, 3].map((n) => ({ group: "g" as never, member: idOf(n), memberKind: "user", origin: "static" })),
    );
  });
  // The first question puts what was loaded into the index.
  await store.reader(acme).count("user", equals("state", "active"));
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function idOf(n: number): string {
  return `0192f0c4-7a00-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

function user(n: number): IndexedRecord<"user"> {
  const record = {
    id: idOf(n),
    version: 1,
    note: "x".repeat(200),
  } as unknown as IndexedRecord<"user">["record"];
  return {
    record,
    keys: [["name", `user${n}`]],
    index: [
      ["name", `user${n}`],
      ["team", `team${n % 200}`],
      ["state", "active"],
    ],
  };
}

const equals = (attribute: string, value: string): StoreFilter => ({
  op: "equals",
  attribute,
  indexed: true,
  value,
});
const contains = (part: string): StoreFilter => ({
  op: "substrings",
  attribute: "name",
  indexed: true,
  any: [part],
});
const nobody: StoreFilter = { op: "and", of: [equals("state", "active"), contains("nobody")] };

async function withStore(
  options: Partial<SqliteStoreOptions>,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const store = sqliteStore({ path, ...options });
  await store.open();
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

describe("a read that looks at many records", () => {
  test("does not hold up the event loop", async () => {
    await withStore({}, async (store) => {
      const reader = store.reader(acme);
      const ask = (): Promise<unknown> =>
        Promise.all([
          reader.query("user", { filter: { op: "not", of: equals("state", "active") }, limit: 10 }),
        ]);
      await ask();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const start = performance.now();
      for (let i = 0; i < 10; i++) await ask();
      const took = performance.now() - start;
      delay.disable();
      expect(took).toBeGreaterThan(20);
      // Each of the ten would hold it for a tenth of the time; leave room for a busy machine.
      expect(delay.percentile(50) / 1e6).toBeLessThan(took / 10);
    });
  });

  test("sees what was committed just before", async () => {
    await withStore({ mainThreadRows: 1 }, async (store) => {
      for (let n = 0; n < 20; n++) {
        await store.transaction(acme, (tx) => tx.insert("group", [user(n) as never]));
        expect(
          (await store.reader(acme).query("group", { filter: { op: "true" }, limit: 100 })).records,
        ).toHaveLength(n + 1);
      }
      await store.transaction(acme, async (tx) => {
        for (let n = 0; n < 20; n++) await tx.remove("group", idOf(n), 1);
      });
    });
  });

  test("is refused as overload when too many wait, and ends with its signal", async () => {
    await withStore({ maxWaitingScans: 2 }, async (store) => {
      const reader = store.reader(acme);
      const abort = new AbortController();
      const first = reader.query("user", { filter: nobody, limit: 10 });
      const second = reader.query("user", { filter: nobody, limit: 10 }, { signal: abort.signal });
      const third = reader.count("user", nobody);
      abort.abort();
      await expect(third).rejects.toMatchObject({
        code: "overloaded",
        details: { limit: "maxWaitingScans" },
      });
      await expect(second).rejects.toMatchObject({ code: "timeout" });
      expect((await first).records).toEqual([]);
      expect(await reader.count("user", nobody)).toBe(0);
    });
  });

  test("is answered as unavailable when the store closes", async () => {
    await withStore({}, async (store) => {
      const asked = store.reader(acme).query("user", { filter: nobody, limit: 10 });
      await Promise.all([store.close(), expect(asked).rejects.toMatchObject({ code: "store-unavailable" })]);
    });
  });

  test("runs where it is asked when there can be no thread", async () => {
    const driver = { ...nodeSqliteDriver, module: "file:///no/such/driver.ts" };
    await withStore({ driver }, async (store) => {
      expect(await store.reader(acme).count("user", nobody)).toBe(0);
      expect(await store.reader(acme).count("user", contains("user1999"))).toBe(11);
    });
  });

  test("may use a driver of one's own, loaded from its module", async () => {
    const driver = { ...nodeSqliteDriver, module: new URL("./own-driver.fixture.ts", import.meta.url).href };
    await withStore({ driver }, async (store) => {
      expect(await store.reader(acme).count("user", contains("user1999"))).toBe(11);
    });
  });
});

describe("a short page of records that most meet the filter of", () => {
  test("is read where it is asked, also while long reads fill the thread", async () => {
    await withStore({ maxWaitingScans: 1 }, async (store) => {
      const reader = store.reader(acme);
      const long = reader.count("user", nobody);
      const page = await reader.query("user", { filter: equals("state", "active"), limit: 100 });
      expect(page).toMatchObject({ more: true });
      expect(page.records.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, n) => idOf(n)));
      await expect(
        reader.query("user", { filter: equals("state", "active"), limit: 1000 }),
      ).rejects.toMatchObject({ code: "overloaded" });
      await long;
    });
  });

  test("is not looked for where it is asked by a filter of many conditions", async () => {
    const asked: string[] = [];
    const glances = (): number => asked.filter((sql) => sql.includes("AS near")).length;
    await withStore({ driver: countingDriver((sql) => asked.push(sql)) }, async (store) => {
      const reader = store.reader(acme);
      await reader.query("user", { filter: equals("state", "active"), limit: 100 });
      expect(glances()).toBe(1);
      const parts = Array.from({ length: 100 }, (_, n) => contains(`nobody${n}`));
      for (const filter of [
        { op: "or", of: parts },
        { op: "not", of: { op: "and", of: parts } },
      ] as const)
        await reader.query("user", { filter, limit: 100 });
      expect(glances()).toBe(1);
    });
  });

  const active = equals("state", "active");
  test.each([
    ["all", active, () => true],
    ["a half", { op: "and", of: [active, contains("1")] }, (n) => `user${n}`.includes("1")],
    [
      "those far back",
      { op: "and", of: [active, contains("user199")] },
      (n) => `user${n}`.includes("user199"),
    ],
    ["none", nobody, () => false],
  ] as [string, StoreFilter, (n: number) => boolean][])(
    "has the records that a long one has, page by page: %s",
    async (_, filter, isMeant) => {
      const expected = Array.from({ length: size }, (_, n) => n)
        .filter(isMeant)
        .map(idOf);
      await withStore({}, async (store) => {
        for (const limit of [37, 499]) {
          const found: string[] = [];
          for (let after: { id: string } | undefined; ; after = { id: found.at(-1) as string }) {
            const query = { filter, limit, ...(after === undefined ? {} : { after }) };
            const { records, more } = await store.reader(acme).query("user", query);
            found.push(...records.map(({ id }) => id));
            if (!more) break;
          }
          expect(found).toEqual(expected);
        }
      });
    },
  );
});

describe("the plan of", () => {
  const queries: Readonly<Record<string, StoreFilter>> = {
    "an equality": equals("name", "user77"),
    "an or of equalities": { op: "or", of: [equals("name", "user77"), equals("team", "team7")] },
    "a conjunction, from its most selective part": {
      op: "and",
      of: [
        equals("state", "active"),
        { op: "present", attribute: "team", indexed: true },
        equals("name", "user77"),
      ],
    },
    "a conjunction with a negation": {
      op: "and",
      of: [{ op: "not", of: equals("state", "gone") }, equals("team", "team7")],
    },
    "a prefix": { op: "substrings", attribute: "name", indexed: true, initial: "user77", any: [] },
    "a list of values": { op: "in", attribute: "name", indexed: true, values: ["user1", "user2"] },
    ids: { op: "ids", ids: [idOf(1), idOf(2)] },
    "members of a group": { op: "memberOf", groups: ["g"] },
  };
  for (const [name, filter] of Object.entries(queries)) {
    for (const order of [undefined, { attribute: "team", descending: true }]) {
      test(`${name}${order === undefined ? "" : " in an order"} scans nothing`, async () => {
        const asked: string[] = [];
        await withStore({ driver: countingDriver((sql) => asked.push(sql)) }, async (store) => {
          asked.length = 0;
          const query = { filter, limit: 10, ...(order === undefined ? {} : { order }) };
          const page = await store.reader(acme).query("user", query);
          expect(page.residual).toBeUndefined();
          expect(page.records.length).toBeGreaterThan(0);
        });
        const connection = nodeSqliteDriver.open(path);
        for (const sql of asked) {
          const parameters = [...sql.matchAll(/\?/g)].map(() => null);
          const plan = connection
            .prepare(`EXPLAIN QUERY PLAN ${sql}`)
            .all(parameters)
            .map((row) => `${row[3]}`);
          const scans = plan.filter(
            (line) => line.startsWith("SCAN") && !/json_each|deferred|\(subquery|SCAN CONSTANT/.test(line),
          );
          expect([sql, scans]).toEqual([sql, []]);
        }
        connection.close();
      });
    }
  }
});
