import { expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import type { Group } from "../model/group.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";
import { maxGroupNesting } from "./group-graph.ts";

/** Groups of which each is nested in the one before. */
async function chain(directory: Directory, length: number): Promise<readonly Group[]> {
  const groups: Group[] = [];
  for (let i = 0; i < length; i++) groups.push(await directory.groups.create({ name: `level ${i}` }));
  for (const [i, group] of groups.entries()) {
    const below = groups[i + 1];
    if (below !== undefined) await directory.groups.addMembers(group.id, [below.id]);
  }
  return groups;
}

test("a user belongs to the groups above their own, each once", async () => {
  const { directory } = await openDirectory();
  const [top, middle, bottom] = await chain(directory, 3);
  const other = await directory.groups.create({
    name: "other",
    members: bottom === undefined ? [] : [bottom.id],
  });
  if (top === undefined || middle === undefined || bottom === undefined) throw new Error("made three");
  await directory.groups.addMembers(top.id, [other.id]);
  const ada = await directory.users.create({ username: "ada" });
  await directory.groups.addMembers(bottom.id, [ada.id]);
  expect(await directory.effectiveGroups(ada.id)).toEqual(new Set([top.id, middle.id, bottom.id, other.id]));
  expect((await directory.groups.of(ada.id)).map((group) => group.id)).toEqual([bottom.id]);
  const bob = await directory.users.create({ username: "bob" });
  expect(await directory.effectiveGroups(bob.id)).toEqual(new Set());
});

test("a group cannot be in itself, directly or through others", async () => {
  const { directory } = await openDirectory();
  const groups = await chain(directory, 4);
  const last = groups.at(-1);
  if (last === undefined) throw new Error("made four");
  for (const group of groups)
    await expect(directory.groups.addMembers(last.id, [group.id])).rejects.toMatchObject(failure("conflict"));
});

test("of two nestings that would close a circle together, at the same time, one is refused", async () => {
  const { directory } = await openDirectory();
  for (let round = 0; round < 20; round++) {
    const one = await directory.groups.create({ name: `one ${round}` });
    const other = await directory.groups.create({ name: `other ${round}` });
    const results = await Promise.allSettled([
      directory.groups.addMembers(one.id, [other.id]),
      directory.groups.addMembers(other.id, [one.id]),
    ]);
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  }
});

test("one call cannot close a circle with several members either", async () => {
  const { directory } = await openDirectory();
  const [top, middle, bottom] = await chain(directory, 3);
  if (top === undefined || middle === undefined || bottom === undefined) throw new Error("made three");
  const fresh = await directory.groups.create({ name: "fresh" });
  await expect(directory.groups.addMembers(bottom.id, [fresh.id, top.id])).rejects.toMatchObject(
    failure("conflict"),
  );
  expect(await directory.groups.of(fresh.id)).toEqual([]);
});

test("groups nest as deep as the limit and no deeper, from whichever end they grow", async () => {
  const { directory } = await openDirectory();
  const groups = await chain(directory, maxGroupNesting + 1);
  const [top, bottom] = [groups[0], groups.at(-1)];
  if (top === undefined || bottom === undefined) throw new Error("made some");
  const extra = await directory.groups.create({ name: "extra" });
  const limit = failure("limit-exceeded", { limit: "maxGroupNesting", value: maxGroupNesting });
  await expect(directory.groups.addMembers(bottom.id, [extra.id])).rejects.toMatchObject(limit);
  await expect(directory.groups.addMembers(extra.id, [top.id])).rejects.toMatchObject(limit);
  const ada = await directory.users.create({ username: "ada" });
  await directory.groups.addMembers(bottom.id, [ada.id]);
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  await directory.grants.add({ group: top, resource: vpn });
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
  expect((await directory.effectiveGroups(ada.id)).size).toBe(maxGroupNesting + 1);
  const { paths } = await directory.explain(ada.id, vpn.id);
  expect(paths.map((path) => path.groups.length)).toEqual([maxGroupNesting + 1]);
});

test("groups of people and groups of machines do not mix", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const web = await directory.systems.create({ hostname: "web" });
  const people = await directory.groups.create({ name: "people", members: [ada.id] });
  const machines = await directory.groups.create({ name: "machines", kind: "system", members: [web.id] });
  await expect(directory.groups.addMembers(people.id, [machines.id])).rejects.toMatchObject(
    failure("conflict"),
  );
  await expect(directory.groups.addMembers(people.id, [web.id])).rejects.toMatchObject(failure("not-found"));
  await expect(directory.groups.addMembers(machines.id, [ada.id])).rejects.toMatchObject(
    failure("not-found"),
  );
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  await expect(directory.grants.add({ group: machines, resource: vpn })).rejects.toMatchObject(
    failure("conflict"),
  );
});

test("filters follow memberships, directly or through nesting, in both directions", async () => {
  const { directory } = await openDirectory();
  const [top, middle, bottom] = await chain(directory, 3);
  if (top === undefined || middle === undefined || bottom === undefined) throw new Error("made three");
  const [ada, bob] = await directory.users.createMany([{ username: "ada" }, { username: "bob" }]);
  if (ada === undefined || bob === undefined) throw new Error("made two");
  await directory.groups.addMembers(bottom.id, [ada.id]);
  await directory.groups.addMembers(top.id, [bob.id]);
  const users = async (group: Group, transitive: boolean) =>
    (
      await directory.query("user", { filter: { op: "memberOf", groups: [group.id], transitive } })
    ).records.map((user) => user.username);
  const groups = async (member: string, transitive: boolean) =>
    (await directory.query("group", { filter: { op: "hasMember", member, transitive } })).records.map(
      (group) => group.name,
    );
  expect(await users(top, false)).toEqual(["bob"]);
  expect(await users(top, true)).toEqual(["ada", "bob"]);
  expect(await groups(ada.id, false)).toEqual(["level 2"]);
  expect(await groups(ada.id, true)).toEqual(["level 0", "level 1", "level 2"]);
  expect(await groups(bottom.id, true)).toEqual(["level 0", "level 1"]);
});
