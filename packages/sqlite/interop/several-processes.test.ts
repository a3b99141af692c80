import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Change, OrganizationId, Reader } from "@directorykit/core";
import { nodeSqliteDriver, sqliteStore } from "@directorykit/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";

const organization = "acme" as OrganizationId;
const writers = ["a", "b", "c"];
const count = 100;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "directorykit-sqlite-"));
  path = join(folder, "directory.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function startWriter(name: string): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const script = fileURLToPath(new URL("./feed-writer.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@directorykit/source", script, path, name, String(count)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return child;
}

/** Follows the feed until it has come so far. */
async function follow(reader: Reader, end: number): Promise<readonly Change[]> {
  const seen: Change[] = [];
  while (seen.length < end) {
    const page = await reader.changes(seen.length, 7);
    seen.push(...page.changes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return seen;
}

test("processes that open a file at the same time and write to it lose nothing, and the feed has no gaps", async () => {
  const children = await Promise.all(writers.map(startWriter));
  const store = sqliteStore({ path });
  for (const child of children) child.stdin.write("go\n");
  await store.open();
  const reader = store.reader(organization);
  const total = writers.length * count;
  const exits = Promise.all(children.map((child) => once(child, "exit")));
  const changes = await follow(reader, total);
  expect((await exits).map(([code]) => code)).toEqual(writers.map(() => 0));
  expect(changes.map((change) => change.revision)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  for (const name of writers) {
    const own = changes.flatMap((change) => ("name" in change ? (change.name ?? []) : []));
    expect(own.filter((one) => one.startsWith(name))).toEqual(
      Array.from({ length: count }, (_, i) => `${name}${i}`),
    );
  }
  expect(await reader.revision()).toBe(total);
  expect((await reader.counter("count", 0))?.value).toBe(total);
  expect(await reader.count("user", { op: "true" })).toBe(total);
  for (const name of writers)
    expect((await reader.getByKey("user", "username", `${name}${count - 1}`))?.username).toBe(
      `${name}${count - 1}`,
    );
  await store.close();
  const connection = nodeSqliteDriver.open(path);
  expect(connection.prepare("PRAGMA integrity_check").all([])).toEqual([["ok"]]);
  connection.close();
}, 60_000);
