import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganizationId } from "@directorykit/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sqliteStore } from "./index.ts";

const organization = "example" as OrganizationId;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sqlite-timeout-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a transaction that goes on working may take longer than the limit, one that stands still may not", async () => {
  const store = sqliteStore({ path: join(folder, "directory.db"), transactionTimeoutMs: 500 });
  await store.open();
  const working = store.transaction(organization, async (tx) => {
    const until = performance.now() + 1500;
    let calls = 0;
    while (performance.now() < until) {
      await tx.putOnce("key", ++calls, Number.MAX_SAFE_INTEGER);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return calls;
  });
  expect(await working).toBeGreaterThan(0);
  const still = store.transaction(organization, () => new Promise(() => {}));
  await expect(still).rejects.toMatchObject({ code: "timeout" });
  expect(await store.reader(organization).peekOnce("key", 0)).toBe(await working);
  await store.close();
});
