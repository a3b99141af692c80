import { describe, expect, test } from "vitest";
import type { NewGrant } from "../services/grants.ts";
import { epoch, failure, openDirectory } from "../testing/test-directory.ts";
import type { AccessContext } from "./authorizer.ts";

async function scene() {
  const opened = await openDirectory();
  const { directory } = opened;
  const ada = await directory.users.create({ username: "ada" });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const vpn = await directory.resources.create({ kind: "radius", name: "VPN" });
  const grant = (terms: Partial<NewGrant> = {}) =>
    directory.grants.add({ group: staff.id, resource: vpn.id, ...terms } as NewGrant);
  const ask = (context?: AccessContext) => directory.authorize(ada.id, vpn.id, context);
  return { ...opened, ada, staff, vpn, grant, ask };
}

test("nobody may use anything until a grant says so", async () => {
  const { directory, ada, vpn, staff, grant, ask } = await scene();
  expect(await ask()).toEqual({
    allowed: false,
    reason: "no-group-grants-it",
    resource: vpn.id,
    because: [],
    attributes: {},
  });
  const given = await grant();
  expect(await ask()).toEqual({
    allowed: true,
    reason: "granted",
    resource: vpn.id,
    because: [{ grant: given.id, group: staff.id }],
    attributes: {},
  });
  const other = await directory.resources.create({ kind: "radius", name: "other" });
  expect(await directory.authorize(ada.id, other.id)).toMatchObject({ allowed: false });
});

test("a resource is found by its kind and name, regardless of case, and by its new name once it has one", async () => {
  const { directory, ada, vpn, grant } = await scene();
  await grant();
  const named = (name: string) => directory.authorize(ada.id, { kind: "radius", name });
  expect(await named("vpn")).toMatchObject({ allowed: true, resource: vpn.id });
  expect(await directory.authorize(ada.id, { kind: "ldap", name: "vpn" })).toMatchObject({
    reason: "unknown-resource",
  });
  await directory.resources.update(vpn.id, { name: "Wi-Fi" });
  expect(await named("vpn")).toMatchObject({ allowed: false, reason: "unknown-resource" });
  expect(await named("wi-fi")).toMatchObject({ allowed: true });
});

test("staged and suspended users are denied whatever grants say", async () => {
  const { directory, ada, vpn, grant, ask } = await scene();
  await grant();
  for (const state of ["staged", "suspended"] as const) {
    await directory.users.update(ada.id, { state });
    expect(await ask()).toMatchObject({ allowed: false, reason: "user-not-active", resource: vpn.id });
  }
  await directory.users.activate(ada.id);
  expect(await ask()).toMatchObject({ allowed: true });
});

describe("a grant with conditions", () => {
  test("counts from its beginning, and until before its end", async () => {
    const { clock, grant, ask } = await scene();
    await grant({ notBefore: epoch + 1000, notAfter: epoch + 2000 });
    const answers = [];
    for (const step of [0, 999, 1, 999, 1, 10_000]) {
      clock.advance(step);
      answers.push([clock() - epoch, (await ask()).allowed]);
    }
    expect(answers).toEqual([
      [0, false],
      [999, false],
      [1000, true],
      [1999, true],
      [2000, false],
      [12_000, false],
    ]);
    expect(await ask()).toMatchObject({ reason: "outside-validity" });
  });

  test("on networks counts for addresses within them", async () => {
    const { grant, ask } = await scene();
    await grant({ conditions: { networks: ["192.0.2.0/25", "2001:db8::/48", "198.51.100.7"] } });
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:0:1::5", "198.51.100.7"])
      expect(await ask({ address })).toMatchObject({ allowed: true });
    for (const address of ["192.0.2.129", "2001:db8:1::5", "198.51.100.8", "fe80::1%eth0", "nonsense", ""])
      expect(await ask({ address })).toMatchObject({ allowed: false, reason: "network-not-allowed" });
    expect(await ask()).toMatchObject({ allowed: false, reason: "network-not-allowed" });
  });

  test("on a second factor counts for those who have shown one", async () => {
    const { grant, ask } = await scene();
    await grant({ conditions: { mfa: true } });
    for (const factors of [undefined, [], ["password"], ["password", "ssh-key"]] as const)
      expect(await ask(factors === undefined ? {} : { factors })).toMatchObject({ reason: "mfa-required" });
    for (const factor of ["totp", "recovery-code", "certificate"] as const)
      expect(await ask({ factors: ["password", factor] })).toMatchObject({ allowed: true });
  });

  test("denies with the reason a person can do something about", async () => {
    const { grant, ask } = await scene();
    await grant({ notAfter: epoch });
    await grant({ conditions: { mfa: true } });
    await grant({ conditions: { networks: ["192.0.2.1"] } });
    expect(await ask()).toMatchObject({ reason: "mfa-required" });
  });

  test("can have its bounds moved and taken away, and never crossed", async () => {
    const { directory, grant, ask } = await scene();
    await expect(grant({ notBefore: 5, notAfter: 5 })).rejects.toMatchObject(
      failure("invalid-input", { path: "notAfter" }),
    );
    const { id } = await grant({ notBefore: epoch + 1000 });
    await expect(directory.grants.update(id, { notAfter: epoch + 1000 })).rejects.toMatchObject(
      failure("invalid-input"),
    );
    expect(await ask()).toMatchObject({ reason: "outside-validity" });
    const after = await directory.grants.update(id, { notBefore: null });
    expect(after).not.toHaveProperty("notBefore");
    expect(await ask()).toMatchObject({ allowed: true });
  });
});

test("attributes of several grants merge: the higher priority wins each, the older grant on a tie", async () => {
  const { grant, ask } = await scene();
  await grant({ attributes: { vlan: 1, role: "old" } });
  await grant({ attributes: { vlan: 2, role: "new", extra: true } });
  await grant({ attributes: { vlan: 3 }, priority: 5 });
  await grant({ attributes: { vlan: 4, never: 1 }, priority: 9, notAfter: 1 });
  const decision = await ask();
  expect(decision.attributes).toEqual({ vlan: 3, role: "old", extra: true });
  expect(decision.because).toHaveLength(3);
});

test("what a decision hands out cannot be used to change the next one", async () => {
  const { grant, ask } = await scene();
  await grant({ attributes: { roles: ["reader"] } });
  const { attributes } = await ask();
  expect(() => (attributes["roles"] as string[]).push("admin")).toThrow(TypeError);
  (attributes as Record<string, unknown>)["roles"] = ["admin"];
  expect((await ask()).attributes).toEqual({ roles: ["reader"] });
});

test("who is entitled to a resource is who authorize lets in, leaving aside what only a request can show", async () => {
  const { directory, clock, ada, staff, vpn, grant } = await scene();
  const bob = await directory.users.create({ username: "bob" });
  const outer = await directory.groups.create({ name: "outer", members: [staff.id] });
  const entitled = async () =>
    (await directory.query("user", { filter: { op: "entitledTo", resources: [vpn.id] } })).records.map(
      (user) => user.id,
    );
  expect(await entitled()).toEqual([]);
  const given = await grant({ group: outer.id, notBefore: epoch + 1000, notAfter: epoch + 2000 });
  expect(await entitled()).toEqual([]);
  clock.advance(1000);
  expect(await entitled()).toEqual([ada.id]);
  await directory.groups.addMembers(staff.id, [bob.id]);
  expect(await entitled()).toEqual([ada.id, bob.id]);
  await directory.groups.removeMembers(outer.id, [staff.id]);
  expect(await entitled()).toEqual([]);
  await directory.groups.addMembers(outer.id, [staff.id]);
  clock.advance(1000);
  expect(await entitled()).toEqual([]);
  await directory.grants.update(given.id, { notAfter: null });
  expect(await entitled()).toEqual([ada.id, bob.id]);
  const groups = await directory.query("group", { filter: { op: "entitledTo", resources: [vpn.id] } });
  expect(groups.records.map((group) => group.name)).toEqual(["staff", "outer"]);
  await directory.resources.delete(vpn.id);
  expect(await entitled()).toEqual([]);
});

test("answers about several resources are not mixed up with those about others", async () => {
  const { directory, ada, vpn, grant } = await scene();
  await grant();
  const other = await directory.resources.create({ kind: "radius", name: "other" });
  const asked = async (...resources: string[]) =>
    (await directory.query("user", { filter: { op: "entitledTo", resources: resources as never } })).records
      .length;
  expect(await asked(`${vpn.id} ${other.id}`)).toBe(0);
  expect(await asked(vpn.id, other.id)).toBe(1);
  expect(await asked(other.id)).toBe(0);
  expect(ada.state).toBe("active");
});
