import { expect, test } from "vitest";
import { openCompany } from "./test-company.ts";

const hour = 3_600_000;
const withSecondFactor = { factors: ["password", "totp"] } as const;

test("a stranger gets nothing", async () => {
  const { directory, wiki, vpn, production } = await openCompany();
  const mallory = await directory.users.create({ username: "mallory" });
  for (const { id } of [wiki, vpn, production])
    expect(await directory.authorize(mallory.id, id, withSecondFactor)).toMatchObject({
      allowed: false,
      reason: "no-group-grants-it",
    });
});

test("engineers edit the wiki and get their own VLAN, after a second factor", async () => {
  const { directory, engineering, wiki, vpn } = await openCompany();
  const ada = await directory.users.create({ username: "ada" });
  await directory.groups.addMembers(engineering.id, [ada.id]);
  expect(await directory.authorize(ada.id, wiki.id)).toMatchObject({ attributes: { role: "editor" } });
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: false, reason: "mfa-required" });
  expect(await directory.authorize(ada.id, vpn.id, withSecondFactor)).toMatchObject({
    allowed: true,
    attributes: { vlan: 30 },
  });
});

test.each([
  ["192.0.2.17", true],
  ["2001:db8:42::9", true],
  ["198.51.100.1", false],
  [undefined, false],
])("a contractor at %s reads the wiki: %j", async (address, allowed) => {
  const { directory, wiki } = await openCompany();
  const bob = await directory.users.create({ username: "bob", employee: { type: "contractor" } });
  const decision = await directory.authorize(bob.id, wiki.id, address === undefined ? {} : { address });
  expect(decision.allowed).toBe(allowed);
});

test("a contractor who is hired loses what contractors have by that change alone", async () => {
  const { directory, contractors } = await openCompany();
  const bob = await directory.users.create({ username: "bob", employee: { type: "contractor" } });
  expect(await directory.effectiveGroups(bob.id)).toEqual(new Set([contractors.id]));
  await directory.users.update(bob.id, { employee: { type: "full-time" } });
  expect(await directory.effectiveGroups(bob.id)).toEqual(new Set());
});

test("a shift ends when it ends", async () => {
  const { directory, production, now, wait } = await openCompany();
  const ada = await directory.users.create({ username: "ada" });
  await directory.grants.add({ user: ada, resource: production, notAfter: now() + 8 * hour });
  const allowed = async () => (await directory.authorize(ada.id, production.id)).allowed;
  expect(await allowed()).toBe(true);
  wait(8 * hour - 1);
  expect(await allowed()).toBe(true);
  wait(1);
  expect(await allowed()).toBe(false);
});

test("whoever leaves is out at once, by whichever way they had come in", async () => {
  const { directory, onCall, engineering, wiki, vpn, production } = await openCompany();
  const ada = await directory.users.create({ username: "ada" });
  for (const group of [onCall, engineering]) await directory.groups.addMembers(group.id, [ada.id]);
  await directory.users.suspend(ada.id);
  for (const { id } of [wiki, vpn, production])
    expect(await directory.authorize(ada.id, id, withSecondFactor)).toMatchObject({
      reason: "user-not-active",
    });
});

test("nobody but those on call has a way to production", async () => {
  const { directory, onCall, engineering, production } = await openCompany();
  const [ada, bob] = await directory.users.createMany([{ username: "ada" }, { username: "bob" }]);
  if (ada === undefined || bob === undefined) throw new Error("two were created");
  await directory.groups.addMembers(engineering.id, [ada.id, bob.id]);
  await directory.groups.addMembers(onCall.id, [ada.id]);
  const { paths } = await directory.explain(ada.id, production.id);
  expect(paths.map((path) => path.groups.map((group) => group.name))).toEqual([["on-call"]]);
  expect((await directory.explain(bob.id, production.id)).paths).toEqual([]);
  const { records } = await directory.query("user", {
    filter: { op: "entitledTo", resources: [production.id] },
  });
  expect(records.map((user) => user.username)).toEqual(["ada"]);
});
