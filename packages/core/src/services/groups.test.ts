import { describe, expect, test } from "vitest";
import { failure, openDirectory } from "../testing/test-directory.ts";

const nobody = "0190a8c4-7b5e-7000-8000-000000000001" as never;

describe("a group", () => {
  test("is changed, listed and deleted with its grants and memberships both ways", async () => {
    const { directory } = await openDirectory();
    const inner = await directory.groups.create({ name: "Inner", description: "x", posixGid: 10 });
    const outer = await directory.groups.create({ name: "Outer", members: [inner.id] });
    const ada = await directory.users.create({ username: "ada" });
    expect(await directory.groups.addMembers(inner.id, [ada.id, ada.id])).toBe(1);
    expect(await directory.groups.addMembers(inner.id, [ada.id])).toBe(0);
    expect(await directory.groups.byName("INNER")).toEqual(inner);
    const after = await directory.groups.update(inner.id, { posixGid: null, name: "Core" });
    expect(after).toMatchObject({ name: "Core", version: 2 });
    expect(after).not.toHaveProperty("posixGid");
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
    await directory.grants.add({ group: inner, resource: vpn });
    expect(await directory.grants.ofGroup(inner.id)).toHaveLength(1);
    await directory.groups.delete(inner.id);
    expect(await directory.grants.ofGroup(inner.id)).toEqual([]);
    expect(await Array.fromAsync(directory.groups.members(outer.id))).toEqual([]);
    expect(await directory.groups.of(ada.id)).toEqual([]);
    expect(await directory.groups.removeMembers(outer.id, [ada.id])).toBe(0);
  });

  test.each<[string, unknown, object]>([
    ["no name", {}, failure("invalid-input", { path: "name" })],
    ["an unknown kind", { name: "x", kind: "robots" }, failure("invalid-input", { path: "kind" })],
    ["a negative gid", { name: "x", posixGid: -1 }, failure("invalid-input", { path: "posixGid" })],
    [
      "a member that is no id",
      { name: "x", members: ["ada"] },
      failure("invalid-input", { path: "members" }),
    ],
    ["a member that is not there", { name: "x", members: [nobody] }, failure("not-found")],
    ["an unknown field", { name: "x", owner: "me" }, failure("invalid-input", { path: "owner" })],
  ])("with %s is refused", async (_, input, refused) => {
    const { directory } = await openDirectory();
    await expect(directory.groups.create(input as never)).rejects.toMatchObject(refused);
    expect(await directory.count("group", {})).toBe(0);
  });

  test("keeps its kind and version", async () => {
    const { directory } = await openDirectory();
    const group = await directory.groups.create({ name: "x" });
    await expect(directory.groups.update(group.id, { kind: "system" })).rejects.toMatchObject(
      failure("invalid-input"),
    );
    await expect(
      directory.groups.update(group.id, { name: "y" }, { expectedVersion: 7 }),
    ).rejects.toMatchObject(failure("stale-write"));
    await expect(directory.groups.delete(group.id, { expectedVersion: 7 })).rejects.toMatchObject(
      failure("stale-write"),
    );
  });

  test("may have more members than one page holds", async () => {
    const { directory } = await openDirectory();
    const users = await directory.users.createMany(
      Array.from({ length: 2500 }, (_, i) => ({ username: `u${i}` })),
    );
    const group = await directory.groups.create({ name: "all", members: users.map((user) => user.id) });
    expect(await Array.fromAsync(directory.groups.members(group.id))).toHaveLength(2500);
    await directory.groups.delete(group.id);
    expect(await directory.groups.of(users[0]?.id ?? nobody)).toEqual([]);
  });
});
