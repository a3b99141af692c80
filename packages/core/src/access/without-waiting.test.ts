import { expect, test } from "vitest";
import { fallibleStore } from "../testing/other-stores.ts";
import { openDirectory, otherPassword, password } from "../testing/test-directory.ts";

test("someone's groups are what they are when waited for, whatever has changed just now", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const inner = await directory.groups.create({ name: "inner", members: [ada.id] });
  const outer = await directory.groups.create({ name: "outer" });
  const check = async (expected: readonly string[]): Promise<void> => {
    expect([...(directory.effectiveGroupsNow(ada.id) ?? ["?"])].sort()).toEqual([...expected].sort());
    expect([...(await directory.effectiveGroups(ada.id))].sort()).toEqual([...expected].sort());
    // Now they are kept.
    expect([...(directory.effectiveGroupsNow(ada.id) ?? ["?"])].sort()).toEqual([...expected].sort());
  };
  await check([inner.id]);
  await directory.groups.addMembers(outer.id, [inner.id]);
  await check([inner.id, outer.id]);
  await directory.groups.removeMembers(inner.id, [ada.id]);
  await check([]);
});

test("so is the age of a password", async () => {
  const { directory, clock } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const { credentials } = directory;
  expect(credentials.passwordSetAtNow(ada.id)).toBeNull();
  for (const secret of [password, otherPassword]) {
    clock.advance(1000);
    await credentials.setPassword(ada.id, secret);
    expect(credentials.passwordSetAtNow(ada.id)).toBe(clock());
    expect(await credentials.passwordSetAt(ada.id)).toBe(clock());
  }
});

test("of many groups nothing is said at once, for nobody else gets a turn meanwhile", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  for (let i = 0; i <= 64; i++) await directory.groups.create({ name: `group ${i}`, members: [ada.id] });
  expect(directory.effectiveGroupsNow(ada.id)).toBeUndefined();
  expect((await directory.effectiveGroups(ada.id)).size).toBe(65);
  expect(directory.effectiveGroupsNow(ada.id)?.size).toBe(65);
});

test("nothing is said at once by a store that fails, or by a node that has not looked for too long", async () => {
  const store = fallibleStore();
  const { directory } = await openDirectory({ store });
  const ada = await directory.users.create({ username: "ada", password });
  store.faults.groupsOf = new Error("disk");
  store.faults.getByKey = new Error("disk");
  expect(directory.effectiveGroupsNow(ada.id)).toBeUndefined();
  expect(directory.credentials.passwordSetAtNow(ada.id)).toBeUndefined();
  const { directory: stale } = await openDirectory({ store, pollMs: 1_000_000, maxStalenessMs: 0 });
  expect(stale.effectiveGroupsNow(ada.id)).toBeUndefined();
  expect(stale.credentials.passwordSetAtNow(ada.id)).toBeUndefined();
});
