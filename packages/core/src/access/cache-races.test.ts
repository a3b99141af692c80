import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { holdingStore, type Read } from "../testing/other-stores.ts";
import { openDirectory } from "../testing/test-directory.ts";

// A read that has seen the old state and comes back after the change must not leave the old state in a cache.

async function scene() {
  const store = holdingStore();
  const { directory } = await openDirectory({ store });
  const ada = await directory.users.create({ username: "ada" });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const outer = await directory.groups.create({ name: "outer", members: [staff.id] });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ group: outer, resource: vpn });
  const allowed = async () => (await directory.authorize(ada.id, { kind: "radius", name: "vpn" })).allowed;
  const entitled = async () =>
    (await directory.query("user", { filter: { op: "entitledTo", resources: [vpn.id] } })).records.length > 0;
  return { store, directory, ada, staff, outer, vpn, grant, allowed, entitled };
}
type Scene = Awaited<ReturnType<typeof scene>>;

const cuts: readonly [string, Read, (scene: Scene) => Promise<unknown>][] = [
  ["the user is suspended", "get", ({ directory, ada }) => directory.users.suspend(ada.id)],
  ["the user is deleted", "get", ({ directory, ada }) => directory.users.delete(ada.id)],
  [
    "the user leaves the group",
    "groupsOf",
    ({ directory, staff, ada }) => directory.groups.removeMembers(staff.id, [ada.id]),
  ],
  [
    "the nesting ends",
    "groupsOf",
    ({ directory, outer, staff }) => directory.groups.removeMembers(outer.id, [staff.id]),
  ],
  ["the grant is removed", "query", ({ directory, grant }) => directory.grants.remove(grant.id)],
  [
    "the resource gets another name",
    "getByKey",
    ({ directory, vpn }) => directory.resources.update(vpn.id, { name: "x" }),
  ],
  ["the resource is deleted", "getByKey", ({ directory, vpn }) => directory.resources.delete(vpn.id)],
];

describe("while a decision reads", () => {
  test.each(cuts)("%s: the next decision knows", async (_, read, cut) => {
    const all = await scene();
    const held = all.store.hold(read, "after");
    const asked = all.allowed();
    await held.reached;
    await cut(all);
    held.release();
    await asked;
    expect(await all.allowed()).toBe(false);
  });
});

describe("while a search for the entitled reads", () => {
  test.each<[string, Read, (scene: Scene) => Promise<unknown>]>([
    ["the grant is removed", "query", ({ directory, grant }) => directory.grants.remove(grant.id)],
    [
      "the nesting ends",
      "membersOf",
      ({ directory, outer, staff }) => directory.groups.removeMembers(outer.id, [staff.id]),
    ],
  ])("%s: the next search knows", async (_, read, cut) => {
    const all = await scene();
    const held = all.store.hold(read, "after");
    const asked = all.entitled();
    await held.reached;
    await cut(all);
    held.release();
    await asked;
    expect(await all.entitled()).toBe(false);
  });
});

test("an attribute defined while another node reads the definitions stays known there", async () => {
  const store = holdingStore();
  const { directory } = await openDirectory({ store });
  const held = store.hold("query", "after");
  const slow = directory.attributes.reload();
  await held.reached;
  await directory.attributes.define({ owner: "user", name: "badge" });
  held.release();
  await slow;
  expect(known(directory)).toBe(true);
});

function known(directory: Directory): boolean {
  return directory.attributes.registry.get("user", "badge") !== undefined;
}
