import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganizationId } from "@directorykit/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqliteMigrations } from "./migrations.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import { sqliteStore } from "./sqlite-store.ts";

const acme = "acme" as OrganizationId;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  path = join(folder, "data", "directory.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function written(): Promise<void> {
  const store = sqliteStore({ path });
  await store.open();
  await store.transaction(acme, (tx) => tx.putOnce("key", 1, 10));
  await store.close();
}

describe("the file", () => {
  test("is made when the store is opened, not before, for its owner only", async () => {
    const store = sqliteStore({ path });
    expect(existsSync(path)).toBe(false);
    await store.open();
    await store.transaction(acme, (tx) => tx.putOnce("key", 1, 10));
    for (const name of readdirSync(join(folder, "data"))) {
      expect([name, statSync(join(folder, "data", name)).mode & 0o077]).toEqual([name, 0]);
    }
    expect(statSync(join(folder, "data")).mode & 0o077).toBe(0);
    await store.close();
  });

  test("is all there is once the store is closed", async () => {
    await written();
    expect(readdirSync(join(folder, "data"))).toEqual(["directory.db"]);
  });

  test("is read as mapped memory when that is asked for, grows, and reads the same", async () => {
    await written();
    const isMapped = async (mmapBytes: number): Promise<boolean> => {
      const store = sqliteStore({ path, mmapBytes });
      await store.open();
      try {
        for (let i = 0; i < 20; i++)
          await store.transaction(acme, (tx) => tx.putOnce(`more ${i}`, "x".repeat(20_000), 10));
        expect(await store.reader(acme).peekOnce("key", 1)).toBe(1);
        expect(await store.reader(acme).peekOnce("more 19", 1)).toHaveLength(20_000);
        return readFileSync("/proc/self/maps", "utf8").includes("directory.db\n");
      } finally {
        await store.close();
      }
    };
    expect(await isMapped(0)).toBe(false);
    expect(await isMapped(64 * 1024 * 1024)).toBe(true);
  });

  test("survives power loss: every commit is synced, in a write-ahead log", async () => {
    const settings: Record<string, unknown> = {};
    const store = sqliteStore({
      path,
      driver: {
        open: (file) => {
          const connection = nodeSqliteDriver.open(file);
          return {
            ...connection,
            get inTransaction() {
              return connection.inTransaction;
            },
            prepare: (sql) => {
              if (sql.startsWith("INSERT")) {
                for (const name of ["journal_mode", "synchronous", "trusted_schema", "foreign_keys"])
                  settings[name] = connection.prepare(`PRAGMA ${name}`).get([])?.[0];
              }
              return connection.prepare(sql);
            },
          };
        },
      },
    });
    await store.open();
    await store.transaction(acme, (tx) => tx.putOnce("key", 1, 10));
    await store.close();
    // synchronous: 2 is FULL.
    expect(settings).toEqual({ journal_mode: "wal", synchronous: 2, trusted_schema: 0, foreign_keys: 1 });
  });

  test("of a newer version is refused in one sentence, without a byte changed", async () => {
    await written();
    const connection = nodeSqliteDriver.open(path);
    connection.exec("PRAGMA user_version = 7");
    connection.close();
    const before = readFileSync(path);
    const store = sqliteStore({ path });
    await expect(store.open()).rejects.toMatchObject({
      code: "misconfigured",
      message: expect.stringMatching(/newer version .*schema 7.*; nothing was changed$/),
      details: { found: 7, newest: 2 },
    });
    await store.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(folder, "data"))).toEqual(["directory.db"]);
  });

  test("that another process is just making is waited for, without holding up this one", async () => {
    mkdirSync(join(folder, "data"));
    const other = nodeSqliteDriver.open(path);
    other.exec("BEGIN EXCLUSIVE");
    const store = sqliteStore({ path });
    const opening = store.open();
    // Were this process held up, nobody would get to do this.
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.exec("COMMIT");
    other.close();
    await opening;
    await store.close();
    const held = join(folder, "data", "held.db");
    const hopeless = nodeSqliteDriver.open(held);
    hopeless.exec("BEGIN EXCLUSIVE");
    await expect(sqliteStore({ path: held, busyTimeoutMs: 50 }).open()).rejects.toMatchObject({
      code: "store-unavailable",
    });
    hopeless.close();
  });

  test("of something else is refused, whatever it is", async () => {
    await written();
    const other = join(folder, "data", "other.db");
    writeFileSync(other, "this is a letter to my grandmother ".repeat(10));
    await expect(sqliteStore({ path: other }).open()).rejects.toMatchObject({ code: "misconfigured" });
    rmSync(other);
    const connection = nodeSqliteDriver.open(other);
    connection.exec("CREATE TABLE letters (text TEXT)");
    connection.close();
    await expect(sqliteStore({ path: other }).open()).rejects.toMatchObject({ code: "misconfigured" });
    expect(readFileSync(other).includes("letters")).toBe(true);
  });

  test("that cannot be made is store-unavailable, and so is every call before the store is open", async () => {
    const store = sqliteStore({ path: join("/dev/null", "directory.db") });
    await expect(store.open()).rejects.toMatchObject({ code: "store-unavailable" });
    await expect(store.reader(acme).revision()).rejects.toMatchObject({ code: "store-unavailable" });
    await expect(store.transaction(acme, async () => {})).rejects.toMatchObject({
      code: "store-unavailable",
    });
  });

  test("has the schema that the printed migrations make", async () => {
    await written();
    const mine = nodeSqliteDriver.open(":memory:");
    for (const { sql } of sqliteMigrations) for (const statement of sql) mine.exec(statement);
    const theirs = nodeSqliteDriver.open(path);
    const schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
    expect(theirs.prepare(schema).all([])).toEqual(mine.prepare(schema).all([]));
    expect(sqliteMigrations.map(({ version }) => version)).toEqual([1, 2]);
    mine.close();
    theirs.close();
  });

  test("keeps tables strict, each with organization, scope or attribute first in its key", () => {
    for (const { sql } of sqliteMigrations) {
      for (const statement of sql.filter((text) => text.startsWith("CREATE TABLE")))
        expect(statement).toMatch(/STRICT/);
    }
  });
});

test.each([
  [{ path: "" }, "path"],
  [{ path: ":memory:" }, "path"],
  [{ path: "x.db", cacheBytes: 0 }, "cacheBytes"],
  [{ path: "x.db", mmapBytes: -1 }, "mmapBytes"],
  [{ path: "x.db", mmapBytes: 2 ** 31 }, "mmapBytes"],
  [{ path: "x.db", mmapBytes: "1; DROP TABLE record" as never }, "mmapBytes"],
  [{ path: "x.db", transactionTimeoutMs: 1.5 }, "transactionTimeoutMs"],
  [{ path: "x.db", timeout: 5 }, "timeout"],
])("the options %j are refused, and the option is named", (options, option) => {
  expect(() => sqliteStore(options)).toThrow(
    expect.objectContaining({ code: "misconfigured", details: { option } }),
  );
});
