import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, groupDn, password, userDn, usersDn } from "../server/office.fixture.ts";
import type { LdapTestClient, LdapTestModification } from "../testing.ts";
import { type Bureau, boundAs, bureau, read } from "./writes.fixture.ts";

let place: Bureau;
let admin: LdapTestClient;
beforeAll(async () => {
  place = await bureau();
  const { attributes } = place.directory;
  await attributes.define({
    owner: "user",
    name: "badge",
    multiValued: true,
    unique: true,
    names: { ldap: "badgeNumber" },
  });
  await attributes.define({ owner: "user", name: "floor", syntax: "integer" });
  await attributes.define({ owner: "user", name: "photo", syntax: "binary", names: { ldap: "jpegPhoto" } });
  await attributes.define({ owner: "user", name: "salary", sensitivity: "secret" });
  admin = await boundAs(place, "admin");
});
afterAll(() => place[Symbol.asyncDispose]());

const dn = userDn("kay");
const account = { uid: 10_100, gid: 20_001, home: "/home/kay", shell: "/bin/sh" };
beforeEach(async () => {
  const { users } = place.directory;
  const before = await users.byUsername("kay");
  if (before !== undefined) await users.delete(before.id);
  await users.create({
    username: "kay",
    password,
    name: { given: "Kay", family: "Jones", middle: "M", display: "Kay Jones" },
    emails: [
      { value: "Kay@example.com", primary: true, type: "work" },
      { value: "jones@example.org", primary: false, type: "home" },
    ],
    employee: { title: "Programmer", costCenter: "7" },
    phones: ["+44 20 1", "+44 20 2"],
    posix: account,
    attributes: { badge: ["b1", "b2"], salary: ["1"] },
  });
});

const add = (attribute: string, ...values: (string | Uint8Array)[]): LdapTestModification => ({
  operation: "add",
  attribute,
  values,
});
const remove = (attribute: string, ...values: string[]): LdapTestModification => ({
  operation: "delete",
  attribute,
  values,
});
const replace = (attribute: string, ...values: (string | Uint8Array)[]): LdapTestModification => ({
  operation: "replace",
  attribute,
  values,
});
const increment = (attribute: string, ...values: string[]): LdapTestModification => ({
  operation: "increment",
  attribute,
  values,
});
const kay = async () =>
  (await place.directory.users.byUsername("kay")) as NonNullable<
    Awaited<ReturnType<typeof place.directory.users.byUsername>>
  >;

describe("a modify", () => {
  test.each<[string, LdapTestModification[], object]>([
    [
      "sets what there was none of",
      [remove("givenName", "kay"), add("givenName", "K")],
      { name: { given: "K", family: "Jones", middle: "M", display: "Kay Jones" } },
    ],
    [
      "deletes by any spelling",
      [remove("MAIL", " jones@EXAMPLE.org")],
      { emails: [{ value: "Kay@example.com", primary: true, type: "work" }] },
    ],
    [
      "keeps what else is known of an address",
      [replace("mail", "JONES@example.org", "kay@example.com", "k@example.net")],
      {
        emails: [
          { value: "JONES@example.org", primary: false, type: "home" },
          { value: "kay@example.com", primary: true, type: "work" },
          { value: "k@example.net", primary: false },
        ],
      },
    ],
    [
      "makes the first address primary once the primary one is gone",
      [remove("mail", "kay@example.com"), add("mail", "new@example.com")],
      {
        emails: [
          { value: "jones@example.org", primary: true, type: "home" },
          { value: "new@example.com", primary: false },
        ],
      },
    ],
    [
      "compares telephone numbers as such",
      [remove("telephoneNumber", "+44201"), add("telephoneNumber", "+44 20 3")],
      { phones: ["+44 20 2", "+44 20 3"] },
    ],
    [
      "leaves what LDAP does not show",
      [replace("title", "Engineer"), replace("sn", "Smith")],
      {
        employee: { title: "Engineer", costCenter: "7" },
        name: { given: "Kay", family: "Smith", middle: "M", display: "Kay Jones" },
      },
    ],
    [
      "takes attributes away",
      [replace("title"), remove("telephoneNumber")],
      { employee: { costCenter: "7" }, phones: [] },
    ],
    [
      "names a manager",
      [add("manager", `UID=Grace , ${usersDn}`)],
      { employee: { title: "Programmer", costCenter: "7", manager: expect.any(String) } },
    ],
    [
      "changes the name to show by either attribute",
      [replace("displayName", "Kay J.")],
      { name: { given: "Kay", family: "Jones", middle: "M", display: "Kay J." } },
    ],
    [
      "takes both when they agree",
      [replace("displayName", "K J"), replace("cn", "K J")],
      { name: { given: "Kay", family: "Jones", middle: "M", display: "K J" } },
    ],
    [
      "changes a Unix account",
      [replace("loginShell"), replace("gecos", "Kay"), increment("uidNumber", "5")],
      { posix: { uid: 10_105, gid: 20_001, home: "/home/kay", gecos: "Kay" } },
    ],
    [
      "gives another Unix account within one request",
      [
        remove("objectClass", "posixAccount"),
        add("objectClass", "posixAccount"),
        replace("homeDirectory", "/srv/kay"),
      ],
      { posix: { ...account, home: "/srv/kay" } },
    ],
    [
      "sets attributes of one's own, each by its rule",
      [add("badgeNumber", "b3"), add("floor", "4"), add("jpegPhoto", Buffer.from([0, 255]))],
      { attributes: { badge: ["b1", "b2", "b3"], floor: [4], photo: ["AP8="], salary: ["1"] } },
    ],
    ["takes attributes of one's own away", [remove("badgeNumber")], { attributes: { salary: ["1"] } }],
    ["changes the case of the name", [replace("uid", "Kay")], { username: "Kay" }],
    [
      "names attributes by any of their names and by OID",
      [replace("2.5.4.12", "Engineer"), replace("RFC822Mailbox", "x@example.com"), replace("gn", "K")],
      {
        employee: { title: "Engineer", costCenter: "7" },
        name: { given: "K", family: "Jones", middle: "M", display: "Kay Jones" },
      },
    ],
    ["of nothing changes nothing", [], { username: "kay" }],
  ])("%s", async (_, changes, expected) => {
    expect(await admin.modify(dn, ...changes)).toMatchObject({ resultCode: 0, diagnosticMessage: "" });
    expect(await kay()).toMatchObject(expected);
  });

  test("adds SSH keys, whose class comes and goes with them", async () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kay@host";
    expect(
      await admin.modify(dn, add("objectClass", "ldapPublicKey"), add("sshPublicKey", key)),
    ).toMatchObject({ resultCode: 0 });
    expect((await read(admin, dn, "objectClass"))?.["objectClass"]).toContain("ldapPublicKey");
    expect(await admin.modify(dn, remove("sshPublicKey"))).toMatchObject({ resultCode: 0 });
    expect(await admin.modify(dn, add("sshPublicKey", key))).toMatchObject({ resultCode: 0 });
    expect((await kay()).sshKeys).toEqual([key]);
    expect(await admin.modify(dn, remove("objectClass", "ldapPublicKey"))).toMatchObject({ resultCode: 0 });
    expect((await kay()).sshKeys).toEqual([]);
  });

  test.each<[string, LdapTestModification[]]>([
    ["with its class", [remove("objectClass", "posixAccount")]],
    [
      "attribute by attribute",
      [
        remove("objectClass", "posixAccount", "shadowAccount"),
        remove("uidNumber"),
        remove("gidNumber"),
        remove("homeDirectory"),
        remove("loginShell"),
      ],
    ],
  ])("takes a Unix account away %s", async (_, changes) => {
    expect(await admin.modify(dn, ...changes)).toMatchObject({ resultCode: 0 });
    expect(await kay()).not.toHaveProperty("posix");
    expect((await read(admin, dn, "objectClass"))?.["objectClass"]).not.toContain("posixAccount");
  });

  test("gives a Unix account to someone who has none", async () => {
    await place.directory.users.update((await kay()).id, { posix: null });
    const numbers = [add("uidNumber", "10200"), add("gidNumber", "1"), add("homeDirectory", "/home/k")];
    expect(await admin.modify(dn, add("objectClass", "posixAccount"), ...numbers)).toMatchObject({
      resultCode: 0,
    });
    expect((await kay()).posix).toEqual({ uid: 10_200, gid: 1, home: "/home/k" });
  });

  test("of attributes that are called like parts of the language", async () => {
    const names = ["constructor", "toString", "valueOf", "hasOwnProperty"];
    for (const name of names) {
      const definition = await place.directory.attributes.define({ owner: "user", name });
      expect(await admin.modify(dn, add(name, "x"))).toMatchObject({ resultCode: 0 });
      expect(await read(admin, dn, name)).toEqual({ [name]: ["x"] });
      expect(await admin.modify(dn, add(name, "y"))).toMatchObject({ resultCode: 19 });
      expect(await admin.modify(dn, remove(name))).toMatchObject({ resultCode: 0 });
      await place.directory.attributes.remove(definition.id);
    }
  });

  test("is told of in the audit trail as what the administrator did", async () => {
    await admin.modify(dn, replace("title", "Engineer"));
    const [event] = await place.directory.audit({ action: "user.updated", descending: true, limit: 1 });
    expect(event).toMatchObject({
      actor: { kind: "user", id: place.admin.id },
      protocol: "ldap",
      source: "127.0.0.1",
      correlation: expect.any(String),
    });
  });
});

const {
  attributeOrValueExists,
  constraintViolation,
  invalidAttributeSyntax,
  invalidDNSyntax,
  noSuchAttribute,
  noSuchObject,
  notAllowedOnRDN,
  objectClassModsProhibited,
  objectClassViolation,
  protocolError,
  undefinedAttributeType,
  unwillingToPerform,
} = LdapResultCode;

describe("a modify is refused whole", () => {
  const first = replace("title", "Engineer");
  test.each<[string, number, LdapTestModification, string]>([
    ["that adds what is there", attributeOrValueExists, add("mail", "KAY@example.com"), "mail"],
    ["that adds nothing", protocolError, add("mail"), "mail"],
    ["that deletes what is not there", noSuchAttribute, remove("mail", "other@example.com"), "mail"],
    ["that deletes an attribute that is not there", noSuchAttribute, remove("gecos"), "gecos"],
    ["of an attribute nobody knows", undefinedAttributeType, add("noSuch", "1"), "noSuch"],
    ["of an attribute under an option", undefinedAttributeType, add("cn;lang-en", "K"), "cn;lang-en"],
    ["of what is no attribute description", undefinedAttributeType, add("c n", "K"), "an attribute"],
    [
      "of a secret attribute, which nobody knows of",
      undefinedAttributeType,
      replace("salary", "2"),
      "salary",
    ],
    ["of what people do not have here", objectClassViolation, add("description", "x"), "description"],
    ["of what only groups have", objectClassViolation, add("member", userDn("ada")), "member"],
    ["of what follows from the groups", constraintViolation, add("memberOf", groupDn("staff")), "memberOf"],
    [
      "of what the server keeps",
      constraintViolation,
      replace("modifyTimestamp", "20270101000000Z"),
      "modifyTimestamp",
    ],
    ["of what the server makes", objectClassViolation, replace("shadowLastChange", "1"), "shadowLastChange"],
    ["by a value not of the syntax", invalidAttributeSyntax, replace("floor", "four"), "floor"],
    ["by a value that is not UTF-8", invalidAttributeSyntax, replace("title", Buffer.from([0xc3])), "title"],
    ["by two values for one", constraintViolation, replace("title", "a", "b"), "title"],
    ["by a value over its bounds", constraintViolation, replace("uidNumber", "0"), "uidNumber"],
    ["by another's unique value", constraintViolation, replace("mail", "ada@example.com"), "mail"],
    ["that takes the common name away", objectClassViolation, remove("cn"), "cn"],
    ["that takes the family name away", objectClassViolation, replace("sn"), "sn"],
    [
      "that takes the name to show away, which cn shows",
      constraintViolation,
      remove("displayName"),
      "displayName",
    ],
    ["that takes the naming value away", notAllowedOnRDN, remove("uid", "kay"), "uid"],
    ["that takes another for the naming value", notAllowedOnRDN, replace("uid", "kim"), "uid"],
    ["that adds a second name", constraintViolation, add("uid", "kim"), "uid"],
    [
      "that makes something else of a person",
      objectClassModsProhibited,
      add("objectClass", "groupOfNames"),
      "objectClass",
    ],
    [
      "that makes less of a person",
      objectClassModsProhibited,
      remove("objectClass", "inetOrgPerson"),
      "objectClass",
    ],
    [
      "that adds a class nobody knows",
      objectClassViolation,
      add("objectClass", "noSuchClass"),
      "noSuchClass",
    ],
    ["that leaves half a Unix account", objectClassViolation, remove("homeDirectory"), "homeDirectory"],
    [
      "that takes the class from a Unix account in half",
      objectClassViolation,
      remove("objectClass", "shadowAccount"),
      "shadowAccount",
    ],
    ["that increments what is no number", constraintViolation, increment("title", "1"), "title"],
    ["that increments by two numbers", protocolError, increment("uidNumber", "1", "2"), "uidNumber"],
    ["that increments what is not there", noSuchAttribute, increment("floor", "1"), "floor"],
    [
      "that names a manager who is not there",
      constraintViolation,
      replace("manager", userDn("nobody")),
      "manager",
    ],
    [
      "that names a manager who is not shown",
      constraintViolation,
      replace("manager", userDn("sam")),
      "manager",
    ],
    [
      "that names two managers",
      constraintViolation,
      replace("manager", userDn("ada"), userDn("grace")),
      "manager",
    ],
    ["that names a group as manager", constraintViolation, replace("manager", groupDn("staff")), "manager"],
  ])("%s", async (_, resultCode, change, named) => {
    const before = await kay();
    expect(await admin.modify(dn, first, change)).toMatchObject({
      resultCode,
      diagnosticMessage: expect.stringContaining(named),
    });
    expect(await kay()).toEqual(before);
  });

  test.each<[string, number, string]>([
    ["nobody is", noSuchObject, userDn("nobody")],
    ["somebody is who is not shown", noSuchObject, userDn("sam")],
    ["nobody can be", noSuchObject, `uid=kay,ou=Elsewhere,${baseDn}`],
    ["a container is", unwillingToPerform, usersDn],
    ["the suffix is", unwillingToPerform, baseDn],
    ["the schema is", unwillingToPerform, "cn=Subschema"],
    ["the root is", unwillingToPerform, ""],
    ["no name is", invalidDNSyntax, "kay"],
  ])("where %s", async (_, resultCode, where) => {
    const before = place.directory.revision;
    expect(await admin.modify(where, first)).toMatchObject({ resultCode });
    expect(place.directory.revision).toBe(before);
  });
});

test("the nearest entry that is there is named", async () => {
  expect(await admin.modify(userDn("nobody"), add("title", "x"))).toMatchObject({ matchedDN: usersDn });
});

test("where cn names people, its naming value stays and the other is the name to show", async () => {
  await using other = await bureau({ layout: { userNaming: "cn" } });
  const named = (name: string): string => `cn=${name},${usersDn}`;
  await using client = await boundAs(other, "admin", named);
  const ada = named("ada");
  expect(await client.modify(ada, remove("cn", "Ada Lovelace"), add("cn", "Countess"))).toMatchObject({
    resultCode: 0,
  });
  expect(await read(client, ada, "cn")).toEqual({ cn: ["ada", "Countess"] });
  expect(await client.modify(ada, replace("cn", "Ada", "Countess"))).toMatchObject({ resultCode: 0 });
  expect(await read(client, ada, "cn", "uid")).toEqual({ cn: ["Ada", "Countess"], uid: ["Ada"] });
  expect(await client.modify(ada, remove("cn", "Countess"))).toMatchObject({ resultCode: 0 });
  expect(await read(client, ada, "cn")).toEqual({ cn: ["Ada"] });
  expect(await client.modify(ada, remove("cn", "ada"))).toMatchObject({ resultCode: notAllowedOnRDN });
  expect(await client.modify(ada, replace("uid", "other"))).toMatchObject({ resultCode: notAllowedOnRDN });
  expect(await client.modify(ada, add("cn", "b", "c"))).toMatchObject({ resultCode: constraintViolation });
});
