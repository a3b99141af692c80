import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Change } from "../model/change.ts";
import type { Store } from "../store/store.ts";
import { fallibleStore, holdingStore } from "../testing/other-stores.ts";
import { failure, keptLog, openDirectory } from "../testing/test-directory.ts";

const revisions = (changes: readonly Change[]): number[] => changes.map((one) => one.revision);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("an iteration", () => {
  test("gives every change once, in order, from where it is told to begin", async () => {
    const { directory } = await openDirectory();
    for (let i = 0; i < 10; i++) await directory.users.create({ username: `u${i}` });
    for (const after of [0, 4, 9]) {
      const seen: number[] = [];
      for await (const change of directory.changes(after)) {
        seen.push(change.revision);
        if (change.revision === 10) break;
      }
      expect(seen).toEqual(upTo(10).slice(after));
    }
  });

  test("waits for what comes, and can be taken up again where it was left", async () => {
    const { directory } = await openDirectory();
    const first = directory.changes(0);
    const waiting = first.next();
    await directory.users.create({ username: "ada" });
    expect((await waiting).value).toMatchObject({
      revision: 1,
      kind: "user",
      operation: "created",
      name: "ada",
    });
    await first.return();
    await directory.users.create({ username: "bob" });
    const second = directory.changes(1);
    expect((await second.next()).value).toMatchObject({ revision: 2, name: "bob" });
    await second.return();
  });

  test("ends when the directory closes or the signal aborts, whether it waits or reads", async () => {
    const { directory } = await openDirectory();
    for (let i = 0; i < 5; i++) await directory.users.create({ username: `u${i}` });
    const abort = new AbortController();
    const waiting = directory.changes(5, { signal: abort.signal }).next();
    const reading = directory.changes(0, { signal: abort.signal });
    await reading.next();
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await reading.next()).toEqual({ done: true, value: undefined });
    const others = [directory.changes(5).next(), directory.changes(5).next()];
    await directory.close();
    for (const one of others) expect(await one).toEqual({ done: true, value: undefined });
    expect(await directory.changes(0).next()).toEqual({ done: true, value: undefined });
  });

  test.each([-1, 1.5, Number.NaN, 1])("refuses to begin at %d, which no change has had", async (after) => {
    const { directory } = await openDirectory();
    await expect(directory.changes(after).next()).rejects.toMatchObject(failure("invalid-input"));
  });

  test("says so when the store no longer has what it asks for", async () => {
    const { directory } = await openDirectory({ store: forgetful(memoryStore(), () => 3) });
    for (let i = 0; i < 5; i++) await directory.users.create({ username: `u${i}` });
    await expect(directory.changes(0).next()).rejects.toMatchObject(
      failure("limit-exceeded", { limit: "changeRetention", oldest: 3 }),
    );
    const kept = directory.changes(2);
    expect((await kept.next()).value).toMatchObject({ revision: 3 });
    await kept.return();
  });
});

describe("a listener", () => {
  test("hears of a commit before the call that made it returns", async () => {
    const { directory } = await openDirectory();
    const heard: Change[] = [];
    directory.onChanges((changes) => heard.push(...changes));
    const ada = await directory.users.create({ username: "ada" });
    expect(heard).toEqual([
      { revision: 1, at: ada.createdAt, kind: "user", id: ada.id, operation: "created", name: "ada" },
    ]);
  });

  test("hears of commits made at the same time in their order, each once", async () => {
    const { directory } = await openDirectory();
    const heard: number[] = [];
    directory.onChanges((changes) => heard.push(...revisions(changes)));
    await Promise.all(Array.from({ length: 100 }, (_, i) => directory.users.create({ username: `u${i}` })));
    expect(heard).toEqual(upTo(100));
    expect(directory.revision).toBe(100);
  });

  test("of two nodes that write at the same time each hears of all commits in their order, each once", async () => {
    const store = memoryStore();
    const nodes: Directory[] = [];
    const heard: number[][] = [[], []];
    for (const list of heard) {
      const { directory } = await openDirectory({ store, pollMs: 1_000_000, maxStalenessMs: 0 });
      directory.onChanges((changes) => list.push(...revisions(changes)));
      nodes.push(directory);
    }
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await nodes[i % 2]?.users.create({ username: `u${i}` });
        if (i % 7 === 0) await nodes[(i + 1) % 2]?.ensureFresh();
      }),
    );
    for (const node of nodes) await node.ensureFresh();
    expect(heard).toEqual([upTo(100), upTo(100)]);
    for (const node of nodes) await node.close();
  });

  test("hears once of a commit that a look at the store finds as well", async () => {
    const store = holdingStore();
    const { directory } = await openDirectory({ store, pollMs: 1_000_000, maxStalenessMs: 0 });
    const heard: number[] = [];
    directory.onChanges((changes) => heard.push(...revisions(changes)));
    const held = store.hold("changes", "before");
    const looking = directory.ensureFresh();
    await held.reached;
    await directory.users.create({ username: "ada" });
    await directory.users.create({ username: "bob" });
    held.release();
    await looking;
    await directory.users.create({ username: "carol" });
    expect(heard).toEqual([1, 2, 3]);
    expect(directory.revision).toBe(3);
    await directory.close();
  });

  test("hears of a commit that came after the look at the store it waits for", async () => {
    const store = holdingStore();
    const { directory: other } = await openDirectory({ store });
    const { directory } = await openDirectory({ store, pollMs: 1_000_000, maxStalenessMs: 0 });
    const heard: number[] = [];
    directory.onChanges((changes) => heard.push(...revisions(changes)));
    const held = store.hold("changes", "after");
    const looking = directory.ensureFresh();
    await held.reached;
    await other.users.create({ username: "ada" });
    const written = directory.users.create({ username: "bob" });
    held.release();
    await Promise.all([looking, written]);
    expect(heard).toEqual([1, 2]);
    await directory.close();
  });

  test("that throws, at once or later, keeps nobody else from hearing and no write from returning", async () => {
    const log = keptLog();
    const { directory } = await openDirectory({ logger: log });
    const heard: number[] = [];
    directory.onChanges(() => {
      throw new Error("at once");
    });
    directory.onChanges(async () => {
      throw new Error("later");
    });
    directory.onChanges((changes) => heard.push(...revisions(changes)));
    await directory.users.create({ username: "ada" });
    expect(heard).toEqual([1]);
    expect(log.lines.map((line) => line.fields["error"])).toEqual(["at once", "later"]);
  });

  test("hears nothing more once it is taken out", async () => {
    const { directory } = await openDirectory();
    const heard: number[] = [];
    const stop = directory.onChanges((changes) => heard.push(...revisions(changes)));
    await directory.users.create({ username: "ada" });
    stop();
    await directory.users.create({ username: "bob" });
    expect(heard).toEqual([1]);
  });

  test("is told when the store dropped changes it has not heard of, and caches start afresh", async () => {
    const store = memoryStore();
    let oldest = 1;
    const { directory: writer } = await openDirectory({ store });
    const log = keptLog();
    const { directory: sleeper } = await openDirectory({
      store: forgetful(store, () => oldest),
      pollMs: 1_000_000,
      maxStalenessMs: 0,
      logger: log,
    });
    const ada = await writer.users.create({ username: "ada" });
    const vpn = await writer.resources.create({ kind: "radius", name: "vpn" });
    const grant = await writer.grants.add({ user: ada, resource: vpn });
    expect(await sleeper.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
    const heard: (number | string)[] = [];
    sleeper.onChanges(
      (changes) => heard.push(...revisions(changes)),
      () => heard.push("lost"),
    );
    await writer.grants.remove(grant.id);
    await writer.users.create({ username: "bob" });
    oldest = 5;
    expect(await sleeper.authorize(ada.id, vpn.id)).toMatchObject({ allowed: false });
    expect(heard).toEqual(["lost", 5]);
    expect(log.lines.map((line) => line.level)).toEqual(["warn"]);
    await sleeper.close();
  });
});

test("a commit returns although its changes cannot be read back, and nothing is decided until they can", async () => {
  const store = fallibleStore();
  const other = await openDirectory({ store });
  const { directory } = await openDirectory({ store });
  const ada = await directory.users.create({ username: "ada" });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ user: ada, resource: vpn });
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
  // Somebody else's commit comes between, so that this node has to read before it can tell of its own.
  await other.directory.ensureFresh();
  await other.directory.users.create({ username: "bob" });
  store.faults.changes = new Error("partitioned");
  await directory.grants.remove(grant.id);
  expect(directory.authorizeCached(ada.id, vpn.id)).toBeUndefined();
  await expect(directory.authorize(ada.id, vpn.id)).rejects.toMatchObject(failure("store-unavailable"));
  delete store.faults.changes;
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: false });
});

test("changes name fields, never values", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password: "plum velvet harbour tin" });
  await directory.users.update(ada.id, { phones: ["+1 555 0100"], employee: { title: "Countess" } });
  await directory.groups.create({ name: "staff", members: [ada.id] });
  const feed = directory.changes(0);
  const seen: unknown[] = [];
  while (seen.length < 5) seen.push((await feed.next()).value);
  expect(seen).toMatchObject([
    { kind: "user", operation: "created" },
    { kind: "credential", operation: "created", name: "password", user: ada.id },
    { kind: "user", operation: "updated", fields: ["employee", "phones"] },
    { kind: "group", operation: "created", name: "staff" },
    { kind: "membership", operation: "created", member: ada.id, memberKind: "user" },
  ]);
  expect(JSON.stringify(seen)).not.toMatch(/555|Countess|argon2/);
  await feed.return();
});

/** A store that keeps no changes older than `oldest()`. */
function forgetful(store: Store, oldest: () => number): Store {
  return {
    ...store,
    reader: (organization) => {
      const reader = store.reader(organization);
      return {
        ...reader,
        changes: async (after, limit, options) => {
          const page = await reader.changes(Math.max(after, oldest() - 1), limit, options);
          return { ...page, oldest: oldest() };
        },
      };
    },
  };
}

test("catching up takes in what another node has committed, however young what this one knows is", async () => {
  const store = memoryStore();
  const never = { store, pollMs: 3_600_000, maxStalenessMs: 3_600_000 };
  const here = (await openDirectory(never)).directory;
  const there = (await openDirectory(never)).directory;
  const ada = await there.users.create({ username: "ada" });
  const staff = await there.groups.create({ name: "staff", members: [ada.id] });
  expect([here.revision, here.fresh]).toEqual([0, true]);
  expect(await here.catchUp()).toBe(3);
  expect(await here.catchUp()).toBe(3);
  expect(await here.effectiveGroups(ada.id)).toEqual(new Set([staff.id]));
  await here.close();
  await expect(here.catchUp()).rejects.toMatchObject(failure("store-unavailable"));
});
