import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Directory } from "../directory.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { fallibleStore } from "../testing/other-stores.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";

// Staleness is measured by the monotonic clock and polling by timers; here both pass when the test says so.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function twoNodes(store: Store, reading: Parameters<typeof openDirectory>[0] = {}) {
  const { directory: writer } = await openDirectory({ store });
  const { directory: reader } = await openDirectory({ store, ...reading });
  const ada = await writer.users.create({ username: "ada" });
  const vpn = await writer.resources.create({ kind: "radius", name: "vpn" });
  await writer.grants.add({ user: ada, resource: vpn });
  const allowed = async (directory: Directory) => (await directory.authorize(ada.id, vpn.id)).allowed;
  expect(await allowed(writer)).toBe(true);
  return { writer, reader, ada, vpn, allowed };
}

test("a node answers from memory up to the bound, and looks at the store after it", async () => {
  const { writer, reader, ada, allowed } = await twoNodes(memoryStore(), {
    pollMs: 1_000_000,
    maxStalenessMs: 1000,
  });
  await vi.advanceTimersByTimeAsync(1001);
  expect(await allowed(reader)).toBe(true);
  await writer.users.suspend(ada.id);
  expect(await allowed(writer)).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(reader.fresh).toBe(true);
  expect(await allowed(reader)).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(reader.fresh).toBe(false);
  expect(await allowed(reader)).toBe(false);
});

test("polling closes doors within its interval, without being asked", async () => {
  const { writer, reader, ada, allowed } = await twoNodes(memoryStore(), {
    pollMs: 250,
    maxStalenessMs: 1000,
  });
  await vi.advanceTimersByTimeAsync(250);
  expect(await allowed(reader)).toBe(true);
  const heard: string[] = [];
  reader.onChanges((changes) => heard.push(...changes.map((one) => `${one.kind} ${one.operation}`)));
  await writer.users.suspend(ada.id);
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(250);
  expect(heard).toEqual(["user updated"]);
  expect(await allowed(reader)).toBe(false);
});

test("a node that cannot look denies once the bound has passed, and recovers by itself", async () => {
  const store = fallibleStore();
  const { reader, allowed } = await twoNodes(store, { pollMs: 250, maxStalenessMs: 1000 });
  await vi.advanceTimersByTimeAsync(250);
  expect(await allowed(reader)).toBe(true);
  store.faults.changes = new Error("partitioned");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await allowed(reader)).toBe(true);
  await vi.advanceTimersByTimeAsync(250);
  await expect(allowed(reader)).rejects.toMatchObject(failure("store-unavailable"));
  delete store.faults.changes;
  await vi.advanceTimersByTimeAsync(250);
  expect(await allowed(reader)).toBe(true);
});

test("a closed directory decides nothing more", async () => {
  const { reader, ada, vpn, allowed } = await twoNodes(memoryStore());
  expect(await allowed(reader)).toBe(true);
  await reader.close();
  expect(reader.fresh).toBe(false);
  expect(reader.authorizeCached(ada.id, vpn.id)).toBeUndefined();
  await expect(allowed(reader)).rejects.toMatchObject(failure("store-unavailable"));
});
