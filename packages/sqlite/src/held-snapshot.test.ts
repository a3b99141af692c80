import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImmediateReader, newId, type OrganizationId, type Store, type User } from "@directorykit/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countingDriver } from "./sqlite-store.fixture.ts";
import { sqliteStore } from "./sqlite-store.ts";

const acme = "acme" as OrganizationId;
const id = newId(0) as User["id"];
const user = (version: number): User => ({
  id,
  version,
  revision: version,
  createdAt: 0,
  updatedAt: 0,
  username: "ada",
  emails: [],
  name: {},
  employee: {},
  phones: [],
  sshKeys: [],
  attributes: {},
  state: "active",
  externalIds: [],
});

let folder: string;
let here: Store;
/** The same file as another process would have it. */
let there: Store;
const statements: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  const path = join(folder, "directory.db");
  const driver = countingDriver((sql) => {
    if (sql === "BEGIN" || sql === "COMMIT") statements.push(sql);
  });
  here = sqliteStore({ path, driver });
  there = sqliteStore({ path });
  await here.open();
  await there.open();
  await write(there, 1);
});

afterEach(async () => {
  vi.useRealTimers();
  await here.close();
  await there.close();
  rmSync(folder, { recursive: true });
});

async function write(store: Store, version: number): Promise<void> {
  const record = { record: user(version), keys: [["username", "ada"]], index: [] } as const;
  await store.transaction(acme, (tx) =>
    version === 1 ? tx.insert("user", [record]) : tx.update("user", record, version - 1),
  );
}

function reads(store: Store): ImmediateReader {
  return store.reader(acme).immediate?.() as ImmediateReader;
}

const now = (): number | undefined => reads(here).get("user", id)?.version;

test("reads that follow one another share one read transaction", () => {
  statements.length = 0;
  for (let i = 0; i < 10; i++) {
    now();
    reads(here).getByKey("user", "username", "ada");
    reads(here).isMember(newId(0), id);
  }
  expect(statements).toEqual(["BEGIN"]);
});

test("another process's commit is seen by whatever is waited for at once, and by the rest from then on", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  expect(now()).toBe(1);
  await write(there, 2);
  expect(now()).toBe(1);
  expect((await here.reader(acme).get("user", id))?.version).toBe(2);
  expect(now()).toBe(2);
});

test("another process's commit is seen a moment later by itself", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  expect(now()).toBe(1);
  await write(there, 2);
  vi.advanceTimersByTime(1);
  expect(now()).toBe(2);
});

test("an organization that another process has just made is found", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const other = "other" as OrganizationId;
  expect(now()).toBe(1);
  await there.transaction(other, (tx) => tx.appendChanges([]));
  await there.transaction(other, (tx) => tx.insert("user", [{ record: user(1), keys: [], index: [] }]));
  expect((await here.reader(other).get("user", id))?.version).toBe(1);
});

test("the read transaction ends before a commit of one's own, which can then reuse the write-ahead log", async () => {
  expect(now()).toBe(1);
  statements.length = 0;
  await write(here, 2);
  expect(statements).toEqual(["COMMIT", "COMMIT"]);
  expect(now()).toBe(2);
});

test("a store that is closed answers nothing at once", async () => {
  expect(now()).toBe(1);
  await here.close();
  expect(here.reader(acme).immediate?.()).toBeUndefined();
});
