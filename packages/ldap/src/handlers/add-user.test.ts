import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, groupDn, password, userDn, usersDn } from "../server/office.fixture.ts";
import type { LdapTestClient, LdapTestValue } from "../testing.ts";
import { type Bureau, boundAs, bureau, hasPassword, read } from "./writes.fixture.ts";

let place: Bureau;
let admin: LdapTestClient;
beforeAll(async () => {
  place = await bureau();
  await place.directory.attributes.define({ owner: "user", name: "badge", names: { ldap: "badgeNumber" } });
  await place.directory.attributes.define({
    owner: "user",
    name: "photo",
    syntax: "binary",
    names: { ldap: "jpegPhoto" },
  });
  admin = await boundAs(place, "admin");
});
afterAll(() => place[Symbol.asyncDispose]());

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kay@host";
const person = {
  objectClass: ["top", "person", "organizationalPerson", "inetOrgPerson"],
  cn: "Kay Jones",
  sn: "Jones",
};
const account = { uidNumber: "10100", gidNumber: "20001", homeDirectory: "/home/kay" };
let people = 0;
/** A name that nobody has. */
const fresh = (): string => `kay${++people}`;

test("a person is added with everything that can be kept, and found at once by whoever added them", async () => {
  const attributes = {
    ...person,
    objectClass: ["inetOrgPerson", "posixAccount", "ldapPublicKey"],
    uid: "kay",
    givenName: "Kay",
    displayName: "Kay Jones",
    mail: ["kay@example.com", "k.jones@example.org"],
    telephoneNumber: ["+44 1", "+44 2"],
    title: "Programmer",
    departmentNumber: "Engines",
    employeeNumber: "1921",
    employeeType: "contractor",
    o: "Example",
    l: "London",
    manager: userDn("grace"),
    ...account,
    loginShell: "/bin/sh",
    gecos: "Kay Jones",
    sshPublicKey: sshKey,
    badgeNumber: "7",
    jpegPhoto: Buffer.from([255, 216, 0, 1]),
    userPassword: password,
  };
  expect(await admin.add(userDn("kay"), attributes)).toMatchObject({ resultCode: 0, diagnosticMessage: "" });
  const user = await place.directory.users.byUsername("kay");
  expect(user).toMatchObject({
    state: "active",
    name: { display: "Kay Jones", given: "Kay", family: "Jones" },
    emails: [
      { value: "kay@example.com", primary: true },
      { value: "k.jones@example.org", primary: false },
    ],
    employee: { number: "1921", title: "Programmer", type: "contractor", manager: place.user.grace.id },
    posix: { uid: 10_100, gid: 20_001, home: "/home/kay", shell: "/bin/sh", gecos: "Kay Jones" },
    attributes: { badge: ["7"], photo: ["/9gAAQ=="] },
  });
  expect(await hasPassword(place.directory, "kay", password)).toBe(true);
  const { entries } = await admin.search({ base: usersDn, filter: "(mail=kay@example.com)" });
  const { userPassword: _, objectClass: __, jpegPhoto, ...texts } = attributes;
  const shown = Object.fromEntries(
    Object.entries(texts).map(([name, values]) => [name, Array.isArray(values) ? values : [values]]),
  );
  expect(entries[0]?.attributes).toMatchObject(shown);
  expect(entries[0]?.octets["jpegPhoto"]).toEqual([Uint8Array.from(jpegPhoto)]);
  const [event] = await place.directory.audit({ action: "user.created", descending: true, limit: 1 });
  expect(event).toMatchObject({
    actor: { kind: "user", id: place.admin.id },
    protocol: "ldap",
    source: "127.0.0.1",
    target: { id: user?.id },
  });
  expect(event?.correlation).toBeDefined();
});

test("the value in the name need not be among the attributes, and is not there twice", async () => {
  const name = fresh();
  expect(await admin.add(userDn(name), person)).toMatchObject({ resultCode: 0 });
  expect(await read(admin, userDn(name), "uid")).toEqual({ uid: [name] });
  const other = fresh();
  expect(await admin.add(userDn(other), { ...person, uid: other.toUpperCase() })).toMatchObject({
    resultCode: 0,
  });
});

test("whom an administrator has added others see once a grant lets them in", async () => {
  const name = fresh();
  await admin.add(userDn(name), person);
  await using grace = await boundAs(place, "grace");
  expect(await read(grace, userDn(name), "cn")).toBeUndefined();
  const staff = { operation: "add", attribute: "member", values: [userDn(name)] } as const;
  expect(await admin.modify(groupDn("staff"), staff)).toMatchObject({ resultCode: 0 });
  expect(await read(grace, userDn(name), "cn")).toEqual({ cn: ["Kay Jones"] });
});

const {
  attributeOrValueExists,
  constraintViolation,
  entryAlreadyExists,
  insufficientAccessRights,
  invalidAttributeSyntax,
  invalidDNSyntax,
  namingViolation,
  noSuchObject,
  objectClassViolation,
  undefinedAttributeType,
  unwillingToPerform,
} = LdapResultCode;

describe("a person is not added", () => {
  test.each<[string, number, Readonly<Record<string, LdapTestValue | readonly LdapTestValue[]>>, string]>([
    ["without an object class", objectClassViolation, { cn: "K", sn: "J" }, "objectClass"],
    [
      "as something else",
      objectClassViolation,
      { ...person, objectClass: ["top", "account"] },
      "inetOrgPerson",
    ],
    [
      "with a class nobody knows",
      objectClassViolation,
      { ...person, objectClass: ["inetOrgPerson", "noSuchClass"] },
      "noSuchClass",
    ],
    [
      "with a class that is not kept",
      objectClassViolation,
      { ...person, objectClass: ["inetOrgPerson", "hostObject"] },
      "hostObject",
    ],
    ["without cn", objectClassViolation, { objectClass: "inetOrgPerson", sn: "J" }, "cn"],
    ["without sn", objectClassViolation, { objectClass: "inetOrgPerson", cn: "J" }, "sn"],
    [
      "with a Unix account without its class",
      objectClassViolation,
      { ...person, ...account },
      "posixAccount",
    ],
    [
      "with the class of Unix accounts alone",
      objectClassViolation,
      { ...person, objectClass: ["inetOrgPerson", "posixAccount"] },
      "uidNumber",
    ],
    [
      "with that of shadow passwords alone",
      objectClassViolation,
      { ...person, objectClass: ["inetOrgPerson", "shadowAccount"] },
      "posixAccount",
    ],
    ["with what is known but not kept", objectClassViolation, { ...person, shadowMax: "90" }, "shadowMax"],
    [
      "with a description, which people do not have here",
      objectClassViolation,
      { ...person, description: "x" },
      "description",
    ],
    [
      "with an attribute nobody knows",
      undefinedAttributeType,
      { ...person, noSuchAttribute: "x" },
      "noSuchAttribute",
    ],
    ["with an option", undefinedAttributeType, { ...person, "cn;lang-en": "x" }, "cn;lang-en"],
    [
      "with what the server keeps",
      constraintViolation,
      { ...person, entryUUID: "0190a8c4-7b5e-7000-8000-000000000001" },
      "entryUUID",
    ],
    [
      "with the groups they are to be in",
      constraintViolation,
      { ...person, memberOf: groupDn("staff") },
      "memberOf",
    ],
    ["with two common names", constraintViolation, { ...person, cn: ["K", "J"] }, "cn"],
    [
      "with a name to show that is another than the common name",
      constraintViolation,
      { ...person, displayName: "Other" },
      "displayName",
    ],
    ["with two usernames", constraintViolation, { ...person, uid: ["someone", "else"] }, "uid"],
    [
      "with one value twice",
      attributeOrValueExists,
      { ...person, mail: ["a@b.example", "A@B.EXAMPLE"] },
      "mail",
    ],
    [
      "with a number that is none",
      invalidAttributeSyntax,
      { ...person, objectClass: ["inetOrgPerson", "posixAccount"], ...account, uidNumber: "1x" },
      "uidNumber",
    ],
    ["with a manager who is no DN", invalidAttributeSyntax, { ...person, manager: "grace" }, "manager"],
    ["with a manager nobody knows", constraintViolation, { ...person, manager: userDn("nobody") }, "manager"],
    [
      "with a manager who is not shown",
      constraintViolation,
      { ...person, manager: userDn("sam") },
      "manager",
    ],
    [
      "with text that is not UTF-8",
      invalidAttributeSyntax,
      { ...person, title: Buffer.from([0xff]) },
      "title",
    ],
    ["with an empty value", invalidAttributeSyntax, { ...person, title: "" }, "title"],
    ["with an address that is none", constraintViolation, { ...person, mail: "nobody" }, "mail"],
    ["with another's address", constraintViolation, { ...person, mail: "ADA@example.com" }, "mail"],
    [
      "with another's employee number",
      constraintViolation,
      { ...person, employeeNumber: "1815" },
      "employeeNumber",
    ],
    [
      "with another's user number",
      constraintViolation,
      { ...person, objectClass: ["inetOrgPerson", "posixAccount"], ...account, uidNumber: "10001" },
      "uidNumber",
    ],
    [
      "with a password that is too short",
      constraintViolation,
      { ...person, userPassword: "short" },
      "userPassword",
    ],
    [
      "with a hash that is not accepted",
      constraintViolation,
      { ...person, userPassword: "{MD5}rL0Y20zC+Fzt72VPzMSk2A==" },
      "userPassword",
    ],
    [
      "with a password that is no text",
      constraintViolation,
      { ...person, userPassword: Buffer.from([0xff, 0xfe]) },
      "userPassword",
    ],
    [
      "with two passwords",
      constraintViolation,
      { ...person, userPassword: [password, "another one of those"] },
      "userPassword",
    ],
    [
      "with a password under an option",
      undefinedAttributeType,
      { ...person, "userPassword;binary": password },
      "userPassword;binary",
    ],
  ])("%s", async (_, resultCode, attributes, named) => {
    const name = fresh();
    const before = place.directory.revision;
    const result = await admin.add(userDn(name), attributes);
    expect(result).toMatchObject({ resultCode, diagnosticMessage: expect.stringContaining(named) });
    expect(place.directory.revision).toBe(before);
  });

  test.each<[string, number, string]>([
    ["where somebody is already", entryAlreadyExists, userDn("ada")],
    ["where somebody is who is not shown", entryAlreadyExists, userDn("sam")],
    ["by another attribute than the naming one", namingViolation, `cn=kay,${usersDn}`],
    ["by several attributes", namingViolation, `uid=kay0+cn=Kay Jones,${usersDn}`],
    ["below a person", unwillingToPerform, `uid=kay0,${userDn("ada")}`],
    ["below nobody", noSuchObject, `uid=kay0,ou=Elsewhere,${baseDn}`],
    ["beside the containers", unwillingToPerform, `uid=kay0,${baseDn}`],
    ["in another tree", noSuchObject, "uid=kay0,ou=Users,dc=example,dc=org"],
    ["in place of a container", entryAlreadyExists, usersDn],
    ["in place of the root", entryAlreadyExists, ""],
    ["under what is no name", invalidDNSyntax, "kay"],
    ["with characters no username has", constraintViolation, `uid=kay jones,${usersDn}`],
    ["without a name", invalidAttributeSyntax, `uid=,${usersDn}`],
  ])("%s", async (_, resultCode, dn) => {
    const before = place.directory.revision;
    expect(await admin.add(dn, person)).toMatchObject({ resultCode });
    expect(place.directory.revision).toBe(before);
  });

  test("by anybody but an administrator", async () => {
    for (const name of ["ada", "reader"]) {
      await using client = await boundAs(place, name);
      for (const dn of [userDn("kay0"), userDn("ada"), userDn("sam"), `uid=x,ou=Elsewhere,${baseDn}`])
        expect(await client.add(dn, person)).toMatchObject({ resultCode: insufficientAccessRights });
    }
  });
});

test.each([
  "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==",
  "{CRYPT}$5$opensslsalt$tbP3C7RMl/gRYjroWsQ4kn50NYQVL8.zoYtSJLngte.",
  "$6$rounds=1000$saltsalt$j9Vf8YShD0koGhimfqidabEQeWmhpJ9YxprOCX.iV89zcJPtewN9pJnLRum4UDiZcBurQvcQNMKwhpHywoJfV/",
  "{PBKDF2-SHA256}1000$Y0ea1poJCyWCd.yPum.ZQQ$lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU",
  "$pbkdf2-sha256$i=1000,l=32$Y0ea1poJCyWCd+yPum+ZQQ$lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU",
])("a hash from elsewhere is taken over: %s", async (hash) => {
  const name = fresh();
  expect(await admin.add(userDn(name), { ...person, userPassword: hash })).toMatchObject({ resultCode: 0 });
  expect(await hasPassword(place.directory, name, "correct horse battery staple")).toBe(true);
  expect(await hasPassword(place.directory, name, hash)).toBe(false);
});

test("blanks for a name, as programs write that know none, are none", async () => {
  const name = fresh();
  const attributes = { objectClass: "inetOrgPerson", cn: " ", sn: " " };
  expect(await admin.add(userDn(name), attributes)).toMatchObject({ resultCode: 0 });
  expect((await place.directory.users.byUsername(name))?.name).toEqual({});
  expect(await read(admin, userDn(name), "cn", "sn")).toEqual({ cn: [name], sn: [name] });
  const known = [
    { operation: "replace", attribute: "cn", values: ["Kay Jones"] },
    { operation: "replace", attribute: "sn", values: ["Jones"] },
  ] as const;
  expect(await admin.modify(userDn(name), ...known)).toMatchObject({ resultCode: 0 });
  expect(await read(admin, userDn(name), "cn", "sn")).toEqual({ cn: ["Kay Jones"], sn: ["Jones"] });
  expect(await admin.modify(userDn(name), { ...known[1], values: [" "] })).toMatchObject({ resultCode: 0 });
  expect(await read(admin, userDn(name), "sn")).toEqual({ sn: ["Kay Jones"] });
});

test("where cn names people, the username is in the name and the name to show beside it", async () => {
  await using other = await bureau({ layout: { userNaming: "cn" } });
  const dn = (name: string): string => `cn=${name},${usersDn}`;
  await using client = await boundAs(other, "admin", dn);
  const classes = { objectClass: ["inetOrgPerson"], sn: "Jones" };
  expect(await client.add(dn("kay"), { ...classes, cn: ["kay", "Kay Jones"] })).toMatchObject({
    resultCode: 0,
  });
  expect(await read(client, dn("kay"), "cn", "uid")).toEqual({ cn: ["kay", "Kay Jones"], uid: ["kay"] });
  expect(await client.add(dn("kim"), { ...classes, cn: "Kim J" })).toMatchObject({ resultCode: 0 });
  expect(await read(client, dn("kim"), "cn")).toEqual({ cn: ["kim", "Kim J"] });
  expect(await client.add(dn("kit"), classes)).toMatchObject({ resultCode: 0 });
  expect(await read(client, dn("kit"), "cn")).toEqual({ cn: ["kit"] });
  expect(await client.add(dn("kat"), { ...classes, uid: "other" })).toMatchObject({
    resultCode: constraintViolation,
  });
  expect(await client.add(dn("kaz"), { ...classes, cn: ["a", "b"] })).toMatchObject({
    resultCode: constraintViolation,
  });
});
