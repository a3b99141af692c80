import { expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import type { Group } from "../model/group.ts";
import type { UserId } from "../model/ids.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";

/** Three ways to the VPN: through two branches of nested groups, and directly. */
async function scene() {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const group = (name: string, ...members: (UserId | Group["id"])[]) =>
    directory.groups.create({ name, members });
  const team = await group("team", ada.id);
  const guild = await group("guild", ada.id);
  const staff = await group("staff", team.id, guild.id);
  const unrelated = await group("unrelated", ada.id);
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const byStaff = await directory.grants.add({ group: staff, resource: vpn });
  const byTeam = await directory.grants.add({ group: team, resource: vpn, conditions: { mfa: true } });
  const direct = await directory.grants.add({ user: ada, resource: vpn });
  return { directory, ada, team, guild, staff, unrelated, vpn, byStaff, byTeam, direct };
}

test("every path is shown, from the direct group to the grant, with whether it counts", async () => {
  const { directory, ada, team, guild, staff, vpn, byStaff, byTeam, direct } = await scene();
  const named = (...groups: Group[]) => groups.map(({ id, name }) => ({ id, name }));
  const { allowed, because, paths } = await directory.explain(ada.id, vpn.id);
  expect(allowed).toBe(true);
  expect(because.map((one) => one.grant)).toEqual([byStaff.id, direct.id]);
  expect(paths).toHaveLength(4);
  expect(paths).toEqual(
    expect.arrayContaining([
      { grant: byStaff.id, groups: named(team, staff), inForce: true },
      { grant: byStaff.id, groups: named(guild, staff), inForce: true },
      { grant: byTeam.id, groups: named(team), inForce: false, reason: "mfa-required" },
      { grant: direct.id, groups: [], inForce: true },
    ]),
  );
});

test("a grant to the user alone is told apart from those through groups", async () => {
  const { directory, ada, vpn, direct } = await scene();
  const { because } = await directory.authorize(ada.id, vpn.id);
  expect(because.filter((one) => one.group === undefined)).toEqual([{ grant: direct.id }]);
});

test("cutting every path takes the access away, and no fewer cuts do", async () => {
  const { directory, ada, vpn, direct } = await scene();
  const context = { factors: ["password", "totp"] } as const;
  await directory.grants.remove(direct.id);
  for (let left = (await directory.explain(ada.id, vpn.id, context)).paths; left.length > 0; ) {
    expect(await directory.authorize(ada.id, vpn.id, context)).toMatchObject({ allowed: true });
    const [group] = left[0]?.groups ?? [];
    if (group === undefined) throw new Error("leads through a group");
    await directory.groups.removeMembers(group.id, [ada.id]);
    left = (await directory.explain(ada.id, vpn.id, context)).paths;
  }
  expect(await directory.authorize(ada.id, vpn.id, context)).toMatchObject({ allowed: false });
});

test("what does not lead to the resource is not shown", async () => {
  const { directory, ada, unrelated, vpn } = await scene();
  const { paths } = await directory.explain(ada.id, vpn.id);
  expect(paths.flatMap((path) => path.groups.map((group) => group.id))).not.toContain(unrelated.id);
});

test("unknown users and resources have no paths", async () => {
  const { directory, ada, vpn } = await scene();
  const nobody = "0190a8c4-7b5e-7000-8000-000000000001";
  expect(await directory.explain(nobody as UserId, vpn.id)).toMatchObject({
    reason: "unknown-user",
    paths: [],
  });
  expect(await directory.explain(ada.id, nobody as never)).toMatchObject({
    reason: "unknown-resource",
    paths: [],
  });
});

test("more paths than anyone reads are refused by name instead of listed", async () => {
  const { directory } = await openDirectory();
  const layers: Group[][] = [];
  for (let layer = 0; layer < 7; layer++) {
    const below = layers.at(-1)?.map((group) => group.id) ?? [];
    const groups: Group[] = [];
    for (let i = 0; i < 4; i++)
      groups.push(await directory.groups.create({ name: `${layer}/${i}`, members: below }));
    layers.push(groups);
  }
  const ada = await directory.users.create({ username: "ada" });
  for (const group of layers[0] ?? []) await directory.groups.addMembers(group.id, [ada.id]);
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  await grantTop(directory, layers, vpn.id);
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
  await expect(directory.explain(ada.id, vpn.id)).rejects.toMatchObject(
    failure("limit-exceeded", { limit: "maxRoutes", value: 1000 }),
  );
});

async function grantTop(
  directory: Directory,
  layers: readonly Group[][],
  resource: never | string,
): Promise<void> {
  for (const group of layers.at(-1) ?? []) await directory.grants.add({ group, resource: resource as never });
}
