import type { Group, GroupId } from "@directorykit/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { groupDn, groupsDn, userDn } from "../server/office.fixture.ts";
import type { LdapTestClient, LdapTestModification } from "../testing.ts";
import { type Bureau, boundAs, bureau, read } from "./writes.fixture.ts";

let place: Bureau;
let admin: LdapTestClient;
let team: Group;
beforeAll(async () => {
  place = await bureau();
  await place.directory.attributes.define({ owner: "group", name: "cost", names: { ldap: "costCentre" } });
  admin = await boundAs(place, "admin");
});
afterAll(() => place[Symbol.asyncDispose]());

const dn = groupDn("team");
beforeEach(async () => {
  const { groups } = place.directory;
  const { user } = place;
  for (const name of ["team", "inner"]) {
    const before = await groups.byName(name);
    if (before !== undefined) await groups.delete(before.id);
  }
  const inner = await groups.create({ name: "inner", members: [user.tomas.id] });
  team = await groups.create({
    name: "Team",
    description: "x",
    members: [user.ada.id, user.sam.id, inner.id],
    posixGid: 20_100,
  });
});

const change =
  (operation: LdapTestModification["operation"]) =>
  (attribute: string, ...values: string[]): LdapTestModification => ({ operation, attribute, values });
const add = change("add");
const remove = change("delete");
const replace = change("replace");

/** Names of the direct members. */
async function members(id: GroupId = team.id): Promise<string[]> {
  const names: string[] = [];
  for await (const { member, memberKind } of place.directory.groups.members(id)) {
    const [record] = await place.directory.getMany(memberKind as "user", [member]);
    names.push(record?.username ?? "inner");
  }
  return names.sort();
}

const user = userDn;
const inner = groupDn("inner");

describe("members", () => {
  test.each<[string, LdapTestModification[], string[]]>([
    [
      "are added by DN",
      [add("member", user("grace"), `UID=Mallory , OU=users,dc=example,DC=com`)],
      ["ada", "grace", "inner", "mallory", "sam"],
    ],
    [
      "are added by the other attribute",
      [add("uniqueMember", user("grace"))],
      ["ada", "grace", "inner", "sam"],
    ],
    ["are added by username", [add("memberUid", "Grace")], ["ada", "grace", "inner", "sam"]],
    [
      "are added once by several attributes",
      [add("member", user("grace")), add("memberUid", "grace")],
      ["ada", "grace", "inner", "sam"],
    ],
    ["are deleted by DN", [remove("member", user("ADA"))], ["inner", "sam"]],
    ["are deleted by username", [remove("memberUid", "ada")], ["inner", "sam"]],
    [
      "are replaced, as far as they are shown",
      [replace("member", user("tomas"), user("grace"))],
      ["grace", "inner", "sam"],
    ],
    [
      "leave with the group that they are in by way of, named or not",
      [remove("member", inner, user("tomas")), replace("uniqueMember", user("grace"))],
      ["grace", "sam"],
    ],
    [
      "stay without the group that they were in by way of when they replace it",
      [remove("member", inner), replace("member", user("tomas"), user("ada"))],
      ["ada", "sam", "tomas"],
    ],
    ["are replaced by usernames", [replace("memberUid", "tomas", "grace")], ["grace", "inner", "sam"]],
    [
      "come and go within one request",
      [remove("member", user("ada")), add("member", user("ada"), user("grace"))],
      ["ada", "grace", "inner", "sam"],
    ],
    [
      "can be groups, which are named though their people are shown",
      [remove("member", inner), add("member", inner)],
      ["ada", "inner", "sam"],
    ],
    ["stay when another field changes", [replace("description", "y")], ["ada", "inner", "sam"]],
  ])("%s", async (_, changes, expected) => {
    expect(await admin.modify(dn, ...changes)).toMatchObject({ resultCode: 0, diagnosticMessage: "" });
    expect(await members()).toEqual(expected);
  });

  test("that are groups nest", async () => {
    expect(await admin.modify(dn, remove("member", inner))).toMatchObject({ resultCode: 0 });
    expect(await read(admin, dn, "member")).toEqual({ member: [user("ada")] });
    expect(await admin.modify(dn, add("member", inner))).toMatchObject({ resultCode: 0 });
    expect((await read(admin, dn, "member"))?.["member"]).toHaveLength(2);
  });

  test("are told of in the audit trail as what the administrator did", async () => {
    await admin.modify(dn, add("member", user("grace")));
    const [event] = await place.directory.audit({
      action: "group.members-added",
      descending: true,
      limit: 1,
    });
    expect(event).toMatchObject({ actor: { kind: "user", id: place.admin.id }, protocol: "ldap" });
  });

  test("of a group that is shown as it is built are all deleted at once", async () => {
    await using other = await bureau({ layout: { nesting: "direct" } });
    await using client = await boundAs(other, "admin");
    expect(await client.modify(groupDn("staff"), remove("member"))).toMatchObject({ resultCode: 0 });
    expect(await read(client, groupDn("staff"), "member")).toEqual({});
    const left = await Array.fromAsync(other.directory.groups.members(other.group.staff.id));
    // Those who are not shown could not be meant.
    expect(left.map(({ member }) => member).sort()).toEqual([other.user.sam.id, other.user.stella.id].sort());
  });
});

const {
  attributeOrValueExists,
  constraintViolation,
  entryAlreadyExists,
  invalidAttributeSyntax,
  noSuchAttribute,
  noSuchObject,
  notAllowedOnRDN,
  objectClassModsProhibited,
  objectClassViolation,
  unwillingToPerform,
} = LdapResultCode;

describe("a modify is refused whole", () => {
  const first = replace("description", "z");
  test.each<[string, number, LdapTestModification[]]>([
    ["that adds who is in", attributeOrValueExists, [add("member", user("ada"))]],
    ["that adds who is in by way of a group", attributeOrValueExists, [add("member", user("tomas"))]],
    ["that adds a group that is in", attributeOrValueExists, [add("member", inner)]],
    ["that adds somebody twice", attributeOrValueExists, [add("member", user("grace"), user("GRACE"))]],
    ["that adds nobody who is there", constraintViolation, [add("member", user("nobody"))]],
    ["that adds somebody who is not shown", constraintViolation, [add("member", user("stella"))]],
    ["that adds somebody elsewhere", constraintViolation, [add("member", "cn=x,dc=example,dc=org")]],
    ["that adds what is no DN", invalidAttributeSyntax, [add("member", "grace")]],
    ["that adds a group to itself", constraintViolation, [add("member", dn)]],
    ["that adds a username nobody has", constraintViolation, [add("memberUid", "nobody")]],
    ["that deletes who is not in", noSuchAttribute, [remove("member", user("grace"))]],
    ["that deletes somebody who is in and not shown", noSuchAttribute, [remove("member", user("sam"))]],
    ["that deletes who is in by way of a group only", unwillingToPerform, [remove("member", user("tomas"))]],
    ["that deletes all, of whom one is in by way of a group", unwillingToPerform, [remove("member")]],
    ["that takes the name away", notAllowedOnRDN, [remove("cn")]],
    ["that gives another name", notAllowedOnRDN, [replace("cn", "Other")]],
    ["that adds a name", constraintViolation, [add("cn", "Other")]],
    ["that gives two descriptions", constraintViolation, [replace("description", "a", "b")]],
    ["that takes a number that is another's", constraintViolation, [replace("gidNumber", "20001")]],
    [
      "that takes the class of a number away and leaves the number",
      objectClassViolation,
      [remove("objectClass", "posixGroup"), replace("gidNumber", "7")],
    ],
    ["that leaves the class of a number without one", objectClassViolation, [remove("gidNumber")]],
    [
      "that makes something else of a group",
      objectClassModsProhibited,
      [add("objectClass", "inetOrgPerson")],
    ],
    [
      "that makes another kind of group of it",
      objectClassModsProhibited,
      [add("objectClass", "groupOfUniqueNames")],
    ],
    ["that sets a password", objectClassViolation, [replace("userPassword", "a password for all of us")]],
    ["that sets what groups do not have here", objectClassViolation, [replace("mail", "team@example.com")]],
  ])("%s", async (_, resultCode, changes) => {
    const before = await members();
    expect(await admin.modify(dn, first, ...changes)).toMatchObject({ resultCode });
    expect(await members()).toEqual(before);
    expect(await place.directory.groups.get(team.id)).toEqual(team);
  });

  test("where a rule decides who is in", async () => {
    const rule = { op: "equals", attribute: "username", value: "ada" } as const;
    const ruled = await place.directory.groups.create({ name: "ruled", rule });
    expect(await admin.modify(groupDn("ruled"), add("member", user("grace")))).toMatchObject({
      resultCode: unwillingToPerform,
    });
    expect(await admin.modify(groupDn("ruled"), replace("member", user("ada")))).toMatchObject({
      resultCode: 0,
    });
    expect(await members(ruled.id)).toEqual(["ada"]);
  });

  test("where there is no such group of people", async () => {
    for (const name of ["nobody", "robots"])
      expect(await admin.modify(groupDn(name), first)).toMatchObject({ resultCode: noSuchObject });
    expect(await admin.modify(groupsDn, first)).toMatchObject({ resultCode: unwillingToPerform });
  });
});

describe("fields", () => {
  test("are set, changed and taken away", async () => {
    expect(
      await admin.modify(
        dn,
        replace("description"),
        add("costCentre", "7"),
        replace("gidNumber", "20200"),
        replace("cn", "TEAM"),
      ),
    ).toMatchObject({ resultCode: 0 });
    expect(await place.directory.groups.get(team.id)).toMatchObject({
      name: "TEAM",
      posixGid: 20_200,
      attributes: { cost: ["7"] },
    });
    expect((await read(admin, dn))?.["description"]).toBeUndefined();
  });

  test("of Unix come with their class and go with it", async () => {
    expect(await admin.modify(dn, remove("objectClass", "posixGroup"))).toMatchObject({ resultCode: 0 });
    expect(await place.directory.groups.get(team.id)).not.toHaveProperty("posixGid");
    expect(await admin.modify(dn, add("memberUid", "grace"))).toMatchObject({
      resultCode: objectClassViolation,
    });
    const number = [add("objectClass", "posixGroup"), add("gidNumber", "20300")];
    const both = [remove("member", user("ada")), add("memberUid", "ada")];
    expect(await admin.modify(dn, ...number, ...both)).toMatchObject({ resultCode: constraintViolation });
    expect(await admin.modify(dn, ...number, add("memberUid", "ada", "grace"))).toMatchObject({
      resultCode: 0,
    });
    expect(await members()).toEqual(["ada", "grace", "inner", "sam"]);
  });
});

describe("a group", () => {
  test.each<[string, Record<string, string | string[]>, string[]]>([
    [
      "of names",
      { objectClass: ["top", "groupOfNames"], cn: "new", member: [user("ada"), inner], description: "d" },
      ["ada", "inner"],
    ],
    ["of unique names", { objectClass: "groupOfUniqueNames", uniqueMember: user("ada") }, ["ada"]],
    [
      "of Unix",
      { objectClass: ["posixGroup"], gidNumber: "20400", memberUid: ["ada", "grace"] },
      ["ada", "grace"],
    ],
    [
      "of both kinds at once",
      {
        objectClass: ["groupOfNames", "posixGroup"],
        gidNumber: "20400",
        member: user("ada"),
        memberUid: "ada",
      },
      ["ada"],
    ],
    ["without members", { objectClass: "groupOfNames", costCentre: "7" }, []],
  ])("%s is added, and found at once", async (_, attributes, expected) => {
    expect(await admin.add(groupDn("new"), attributes)).toMatchObject({
      resultCode: 0,
      diagnosticMessage: "",
    });
    const group = await place.directory.groups.byName("new");
    expect(await members(group?.id)).toEqual(expected);
    expect(group?.posixGid).toBe(attributes["gidNumber"] === undefined ? undefined : 20_400);
    expect((await read(admin, groupDn("new"), "cn"))?.["cn"]).toEqual(["new"]);
    await place.directory.groups.delete(group?.id as GroupId);
  });

  test.each<[string, number, string, Record<string, string | string[]>]>([
    ["whose name is taken", entryAlreadyExists, groupDn("Staff"), { objectClass: "groupOfNames" }],
    [
      "whose name a group has that is not shown",
      entryAlreadyExists,
      groupDn("robots"),
      { objectClass: "groupOfNames" },
    ],
    ["without a class", objectClassViolation, groupDn("new"), { description: "x" }],
    ["of people's class", objectClassViolation, groupDn("new"), { objectClass: "inetOrgPerson", sn: "x" }],
    [
      "with somebody who is not there",
      constraintViolation,
      groupDn("new"),
      { objectClass: "groupOfNames", member: user("nobody") },
    ],
    [
      "with somebody who is not shown",
      constraintViolation,
      groupDn("new"),
      { objectClass: "groupOfNames", member: user("sam") },
    ],
    [
      "with a number and without its class",
      objectClassViolation,
      groupDn("new"),
      { objectClass: "groupOfNames", gidNumber: "7" },
    ],
    [
      "with the class of numbers and without one",
      objectClassViolation,
      groupDn("new"),
      { objectClass: ["groupOfNames", "posixGroup"] },
    ],
    [
      "with another's number",
      constraintViolation,
      groupDn("new"),
      { objectClass: "posixGroup", gidNumber: "20001" },
    ],
    [
      "with a password",
      objectClassViolation,
      groupDn("new"),
      { objectClass: "groupOfNames", userPassword: "x" },
    ],
    [
      "by another attribute",
      LdapResultCode.namingViolation,
      `ou=new,${groupsDn}`,
      { objectClass: "groupOfNames" },
    ],
    [
      "with another name among its attributes",
      constraintViolation,
      groupDn("new"),
      { objectClass: "groupOfNames", cn: "other" },
    ],
  ])("%s is not added", async (_, resultCode, where, attributes) => {
    const before = place.directory.revision;
    expect(await admin.add(where, attributes)).toMatchObject({ resultCode });
    expect(place.directory.revision).toBe(before);
  });
});
