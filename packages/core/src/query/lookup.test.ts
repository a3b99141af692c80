import { expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { fallibleStore } from "../testing/other-stores.ts";
import { epoch, failure, openDirectory } from "../testing/test-directory.ts";
import type { Filter } from "./filter.ts";

// That look-ups find what queries find is what the contract tests of stores check, with random filters.

async function scene(directory: Directory) {
  const ada = await directory.users.create({ username: "ada" });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  const filter: Filter = { op: "entitledTo", resources: [wiki.id] };
  const lookup = directory.lookup("user", "username", filter);
  /** Has the directory learn what the filter says of grants. */
  const learn = (): Promise<unknown> => directory.query("user", { filter });
  return { ada, staff, wiki, lookup, learn };
}

test("who is entitled is said once it is known, and not before", async () => {
  const { directory } = await openDirectory();
  const { ada, staff, wiki, lookup, learn } = await scene(directory);
  expect(lookup.now("ada")).toBeUndefined();
  await learn();
  expect(lookup.now("ada")).toEqual([]);
  await directory.grants.add({ group: staff, resource: wiki });
  expect(lookup.now("ada")).toBeUndefined();
  await learn();
  expect(lookup.now("ADA")).toEqual([ada]);
  await directory.groups.removeMembers(staff.id, [ada.id]);
  expect(lookup.now("ada")).toEqual([]);
});

test("a grant that begins and ends by the clock does so for look-ups", async () => {
  const { directory, clock } = await openDirectory();
  const { ada, wiki, lookup, learn } = await scene(directory);
  await directory.grants.add({ user: ada, resource: wiki, notBefore: epoch + 1000, notAfter: epoch + 2000 });
  const found: (number | undefined)[] = [];
  for (let second = 0; second < 3; second++) {
    found.push(lookup.now("ada")?.length);
    await learn();
    found.push(lookup.now("ada")?.length);
    clock.advance(1000);
  }
  expect(found).toEqual([undefined, 0, undefined, 1, undefined, 0]);
});

test("an attribute that is defined later is one from then on", async () => {
  const { directory } = await openDirectory();
  const lookup = directory.lookup("user", "badge");
  expect(lookup.now("b1")).toEqual([]);
  await directory.attributes.define({ owner: "user", name: "badge", unique: true });
  const ada = await directory.users.create({ username: "ada", attributes: { badge: ["B1"] } });
  expect(lookup.now("b1")).toEqual([ada]);
});

test("nothing is said at once by what a node has not looked at for too long", async () => {
  const { directory } = await openDirectory({ pollMs: 1_000_000, maxStalenessMs: 0 });
  await directory.users.create({ username: "ada" });
  expect(directory.lookup("user", "username").now("ada")).toBeUndefined();
});

test("nothing is said at once by a directory that is closed", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "ada" });
  const lookup = directory.lookup("user", "username");
  expect(lookup.now("ada")).toHaveLength(1);
  await directory.close();
  expect(lookup.now("ada")).toBeUndefined();
});

test("nothing is said at once by a store that fails; the query says why", async () => {
  const store = fallibleStore();
  const { directory } = await openDirectory({ store });
  await directory.users.create({ username: "ada" });
  const lookup = directory.lookup("user", "username");
  expect(lookup.now("ada")).toHaveLength(1);
  store.faults.getByKey = new Error("disk");
  expect(lookup.now("ada")).toBeUndefined();
  const filter: Filter = { op: "equals", attribute: "username", value: "ada" };
  await expect(directory.query("user", { filter })).rejects.toMatchObject(failure("store-unavailable"));
});

test("nothing is said at once by a store that reads asynchronously", async () => {
  const inner = memoryStore();
  const store: Store = {
    ...inner,
    reader: (organization) => {
      const { immediate: _, ...reader } = inner.reader(organization);
      return reader;
    },
  };
  const { directory } = await openDirectory({ store });
  await directory.users.create({ username: "ada" });
  expect(directory.lookup("user", "username").now("ada")).toBeUndefined();
});

test("what a look-up cannot be is refused when it is made", async () => {
  const { directory } = await openDirectory();
  const deep = (levels: number): Filter =>
    levels === 0 ? { op: "true" } : { op: "not", of: deep(levels - 1) };
  expect(() => directory.lookup("user", "username", deep(64))).toThrow(
    expect.objectContaining(failure("limit-exceeded", { limit: "maxFilterDepth", value: 64 })),
  );
  expect(() => directory.lookup("credential" as never, "id")).toThrow(
    expect.objectContaining(failure("invalid-input")),
  );
});

test("more people with one value than a look-up gives are left to the query", async () => {
  const { directory } = await openDirectory();
  const lookup = directory.lookup("user", "familyName");
  const smith = (i: number) => ({ username: `smith${i}`, name: { family: "Smith" } });
  await directory.users.createMany(Array.from({ length: 16 }, (_, i) => smith(i)));
  expect(lookup.now("smith")).toHaveLength(16);
  await directory.users.create(smith(16));
  expect(lookup.now("smith")).toBeUndefined();
});
