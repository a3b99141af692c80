import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganizationId } from "@directorykit/core";
import { type StoreUnderTest, storeConformance } from "@directorykit/store-testkit";
import { describe, expect, test } from "vitest";
import { fileStore } from "./file-store.ts";

async function makeStore(): Promise<StoreUnderTest & { readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), "custom-datastore-"));
  const path = join(folder, "directory.jsonl");
  let store = fileStore(path);
  await store.open();
  return {
    path,
    store,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
    reopen: async () => {
      await store.close();
      store = fileStore(path);
      await store.open();
      return store;
    },
    pretendNewer: async () => {
      await store.close();
      writeFileSync(path, readFileSync(path, "utf8").replace('"version":1', '"version":2'));
      store = fileStore(path);
      return store;
    },
  };
}

describe("the file store keeps the contract", () => {
  for (const { suite, name, run } of storeConformance({ durable: true, versioned: true, filters: 60 })) {
    test(`${suite}: ${name}`, () => run(makeStore), 30_000);
  }
});

test("a line that a crash left unfinished is cut off, and the store goes on behind the last whole one", async () => {
  const under = await makeStore();
  const organization = "acme" as OrganizationId;
  await under.store.transaction(organization, (tx) => tx.putOnce("first", 1, 10));
  await under.store.close();
  appendFileSync(under.path, '{"organization":"acme","rows":[["expiring"');
  const again = (await under.reopen?.()) ?? under.store;
  await again.transaction(organization, (tx) => tx.putOnce("second", 2, 10));
  const third = (await under.reopen?.()) ?? under.store;
  expect(await third.reader(organization).peekOnce("first", 0)).toBe(1);
  expect(await third.reader(organization).peekOnce("second", 0)).toBe(2);
  await under.close();
});
