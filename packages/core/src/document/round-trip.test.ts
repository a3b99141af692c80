import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { plainStore, rerunningStore } from "../testing/other-stores.ts";
import {
  codeAt,
  failure,
  openDirectory,
  otherPassword,
  password,
  type TestDirectory,
} from "../testing/test-directory.ts";
import type { DirectoryDocument } from "./directory-document.ts";
import { includeSecrets } from "./export-document.ts";

/** A directory with something of everything a document can say. */
const full: DirectoryDocument = {
  version: 1,
  organization: { name: "Example", baseDn: "dc=example,dc=com" },
  attributeDefinitions: [
    {
      owner: "user",
      name: "badge",
      description: "on the door",
      syntax: "integer",
      matching: "integer",
      multiValued: false,
      indexed: true,
      unique: true,
      sensitivity: "public",
      names: { ldap: "badgeNumber" },
    },
    {
      owner: "group",
      name: "tags",
      syntax: "string",
      matching: "caseExact",
      multiValued: true,
      indexed: false,
      unique: false,
      sensitivity: "self",
      names: {},
    },
  ],
  users: [
    {
      username: "Ada",
      emails: [
        { value: "ada@example.com", primary: true, type: "work" },
        { value: "c@example.com", primary: false },
      ],
      givenName: "Ada",
      familyName: "Lovelace",
      middleName: "King",
      displayName: "Countess",
      state: "active",
      posix: { uid: 1000, gid: 100, home: "/home/ada", shell: "/bin/sh", gecos: "A" },
      sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlum ada"],
      phones: ["+1"],
      employee: { number: "1", title: "T", department: "Sales", manager: "bob" },
      attributes: { badge: [7] },
      externalIds: [{ source: "google", id: "1" }],
    },
    { username: "bob", state: "suspended" },
    { username: "carol", state: "staged", employee: { department: "Sales" } },
  ],
  groups: [
    {
      name: "Staff",
      description: "all",
      members: ["Ada", "bob"],
      groups: ["Team"],
      posixGid: 100,
      attributes: { tags: ["a", "b"] },
    },
    { name: "Team", members: ["carol"] },
    { name: "Sales", rule: { op: "equals", attribute: "department", value: "sales" } },
  ],
  resources: [
    {
      kind: "radius",
      name: "VPN",
      description: "from outside",
      clients: [{ cidr: "192.0.2.0/24" }],
      methods: ["pap"],
    },
    { kind: "ldap", name: "VPN" },
  ],
  grants: [
    {
      group: "Staff",
      resource: "radius/VPN",
      attributes: { vlan: 7 },
      requireMfa: true,
      networks: ["192.0.2.0/24"],
      priority: 3,
      notBefore: "2027-01-01T00:00:00.000Z",
      notAfter: "2028-01-01T00:00:00.000Z",
    },
    { user: "Ada", resource: "ldap/VPN" },
    { group: "Sales", resource: "ldap/VPN" },
  ],
};

async function restored(document: unknown): Promise<TestDirectory> {
  const opened = await openDirectory();
  await opened.directory.import(JSON.parse(JSON.stringify(document)));
  return opened;
}

test.each([
  ["a store with indexes", memoryStore],
  ["a store that applies nothing", plainStore],
  ["a store that runs transactions twice", rerunningStore],
])("on %s what was imported is what is exported, and again", async (_, makeStore) => {
  const { directory } = await openDirectory({ store: makeStore() });
  expect(await directory.import(full)).toEqual({
    users: 3,
    groups: 3,
    resources: 2,
    grants: 3,
    weakPasswords: [],
  });
  const exported = await directory.export();
  expect(exported).toEqual(full);
  expect(await (await restored(exported)).directory.export()).toEqual(full);
});

test("people, groups and access are the same after it", async () => {
  const { directory } = await restored(full);
  const ada = await directory.users.byUsername("ada");
  const bob = await directory.users.byUsername("bob");
  if (ada === undefined) throw new Error("was imported");
  expect(ada.employee.manager).toBe(bob?.id);
  const sales = await directory.groups.byName("sales");
  const members = sales === undefined ? [] : await Array.fromAsync(directory.groups.members(sales.id));
  expect(members).toHaveLength(2);
  const ask = (factors: readonly "totp"[], address = "192.0.2.1") =>
    directory.authorize(ada.id, { kind: "radius", name: "vpn" }, { factors, address });
  expect(await ask(["totp"])).toMatchObject({ allowed: true, attributes: { vlan: 7 } });
  expect(await ask([])).toMatchObject({ reason: "mfa-required" });
  expect(await ask(["totp"], "198.51.100.1")).toMatchObject({ reason: "network-not-allowed" });
});

test("without secrets nobody can log in from an export, and nothing in it helps to", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  await directory.credentials.importTotp(ada.id, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  await directory.credentials.createRecoveryCodes(ada.id);
  const exported = await directory.export();
  expect(exported.users).toEqual([{ username: "ada", state: "active" }]);
  const copy = await restored(exported);
  expect(await copy.directory.authenticate({ username: "ada", password, protocol: "x" })).toMatchObject({
    reason: "no-password",
  });
});

test("with secrets a backup restores every login: password, flag, second factor and recovery codes", async () => {
  const { directory, clock } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  await directory.credentials.requirePasswordChange(ada.id);
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  const [used = "", unused = ""] = await directory.credentials.createRecoveryCodes(ada.id);
  const login = (where: TestDirectory, code: string) =>
    where.directory.authenticate({ username: "ada", password, code, protocol: "x" });
  await login({ directory, clock }, used);
  const bob = await directory.users.create({ username: "bob" });
  await directory.credentials.beginTotp(bob.id);
  const backup = await directory.export({ [includeSecrets]: true });
  const copy = await restored(backup);
  expect(await copy.directory.export({ [includeSecrets]: true })).toEqual(backup);
  expect(await login(copy, used)).toMatchObject({ outcome: "denied" });
  expect(await login(copy, unused)).toMatchObject({ outcome: "accepted", mustChangePassword: true });
  copy.clock.advance(60_000);
  expect(await login(copy, codeAt(secret, copy.clock()))).toMatchObject({ outcome: "accepted" });
});

test("a document may use attributes the host has defined, and repeat their definitions", async () => {
  const { directory } = await openDirectory();
  const [badge] = full.attributeDefinitions ?? [];
  if (badge === undefined) throw new Error("is there");
  await directory.attributes.define(badge);
  await directory.import({ version: 1, users: [{ username: "dan", attributes: { badge: 8 } }] });
  await directory.import(full);
  expect(await Array.fromAsync(directory.attributes.list())).toHaveLength(2);
  await expect(
    directory.import({ version: 1, attributeDefinitions: [{ ...badge, unique: false }] }),
  ).rejects.toMatchObject(failure("invalid-input", { path: "attributeDefinitions[0].name" }));
});

test("an import adds: what is there already is neither changed nor overwritten", async () => {
  const { directory } = await restored(full);
  const before = await directory.export();
  await expect(
    directory.import({ version: 1, users: [{ username: "new" }, { username: "ADA" }] }),
  ).rejects.toMatchObject(failure("conflict"));
  await expect(
    directory.import({ version: 1, groups: [{ name: "new" }, { name: "STAFF" }] }),
  ).rejects.toMatchObject(failure("conflict"));
  await expect(
    directory.import({ version: 1, resources: [{ kind: "ldap", name: "vpn" }] }),
  ).rejects.toMatchObject(failure("conflict"));
  expect(await directory.export()).toEqual(before);
  await directory.import({ version: 1 });
  expect(await directory.export()).toEqual(before);
});

test("an import that fails changes nothing and tells nobody", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "carol" });
  const revision = directory.revision;
  let heard = 0;
  directory.onChanges(() => {
    heard += 1;
  });
  await expect(directory.import(full)).rejects.toMatchObject(failure("conflict", { key: "username" }));
  expect(directory.revision).toBe(revision);
  expect(heard).toBe(0);
  expect(directory.attributes.registry.get("user", "badge")).toBeUndefined();
  expect(await directory.audit()).toHaveLength(1);
  expect(await directory.organization.get()).toBeUndefined();
});

test("passwords in use elsewhere are taken over, and the weak ones reported", async () => {
  const { directory } = await openDirectory();
  const result = await directory.import({
    version: 1,
    users: [
      { username: "ada", password: otherPassword },
      { username: "bob", password: "letmein" },
      { username: "carol", passwordHash: "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==" },
    ],
  });
  expect(result.weakPasswords).toEqual(["users[1].password"]);
  for (const [username, typed] of [
    ["ada", otherPassword],
    ["bob", "letmein"],
    ["carol", "correct horse battery staple"],
  ] as const)
    expect(await directory.authenticate({ username, password: typed, protocol: "x" })).toMatchObject({
      outcome: "accepted",
    });
});
