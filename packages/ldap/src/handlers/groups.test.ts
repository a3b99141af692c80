import { describe, expect, test } from "vitest";
import {
  groupDn,
  groupsDn,
  type Office,
  office,
  password,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const inChain = "1.2.840.113556.1.4.1941";

async function boundAs(place: Office, username: string): Promise<LdapTestClient> {
  const client = ldapTestClient(place.server);
  expect(await client.bind(userDn(username), password)).toMatchObject({ resultCode: 0 });
  return client;
}

async function names(client: LdapTestClient, base: string, filter: string): Promise<string[]> {
  const { entries, resultCode } = await client.search({ base, filter, attributes: ["1.1"] });
  expect(resultCode).toBe(0);
  return entries.map(({ dn }) => (dn.split(",")[0] ?? "").replace(/^(uid|cn)=/, "")).sort();
}

async function values(client: LdapTestClient, base: string, name: string): Promise<string[]> {
  const { entries } = await client.search({ base, scope: "base", attributes: [name] });
  return [...(entries[0]?.attributes[name] ?? [])].sort();
}

describe("flattened groups", () => {
  test("show everyone who is in them through others, and people all groups they are in", async () => {
    await using place = await office();
    await using client = await boundAs(place, "reader");
    expect(await values(client, groupDn("staff"), "member")).toEqual(["ada", "grace", "tomas"].map(userDn));
    expect(await values(client, groupDn("staff"), "memberUid")).toEqual(["ada", "grace", "tomas"]);
    expect(await values(client, userDn("ada"), "memberOf")).toEqual([groupDn("engineers"), groupDn("staff")]);
    expect(await values(client, groupDn("engineers"), "memberOf")).toEqual([groupDn("staff")]);
  });

  test.each<[filter: string, found: string[]]>([
    [`(member=${userDn("ada")})`, ["engineers", "staff"]],
    [`(member=UID=ADA , ou=users,dc=EXAMPLE,dc=com)`, ["engineers", "staff"]],
    [`(uniqueMember=${userDn("ada")})`, ["engineers", "staff"]],
    [`(member=${groupDn("engineers")})`, []],
    [`(member:${inChain}:=${groupDn("engineers")})`, ["staff"]],
    [`(member:${inChain}:=${userDn("ada")})`, ["engineers", "staff"]],
    [`(member:distinguishedNameMatch:=${userDn("grace")})`, ["staff"]],
    [`(member:caseIgnoreMatch:=${userDn("grace")})`, []],
    [`(!(member:caseIgnoreMatch:=${userDn("grace")}))`, []],
    [`(member=${userDn("nobody")})`, []],
    [`(!(member=${userDn("nobody")}))`, ["empty", "engineers", "guests", "staff"]],
    ["(member=nonsense)", []],
    ["(!(member=nonsense))", []],
    ["(member=uid=a*)", []],
    ["(memberUid=ada)", ["engineers", "staff"]],
    ["(memberUid=ADA)", ["engineers", "staff"]],
    ["(memberUid=*)", ["engineers", "staff"]],
    ["(memberUid=nobody)", []],
    ["(&(objectClass=posixGroup)(memberUid=grace))", ["staff"]],
    [`(memberOf=${groupDn("staff")})`, ["engineers"]],
    ["(gidNumber=20001)", ["staff"]],
    ["(objectClass=posixGroup)", ["empty", "engineers", "staff"]],
  ])("%s finds %j", async (filter, found) => {
    await using place = await office();
    await using client = await boundAs(place, "reader");
    expect(await names(client, groupsDn, `(&(objectClass=groupOfNames)${filter})`)).toEqual(found);
  });

  test.each<[filter: string, found: string[]]>([
    [`(memberOf=${groupDn("staff")})`, ["ada", "grace", "tomas"]],
    [`(memberOf=${groupDn("engineers")})`, ["ada"]],
    [`(memberOf:${inChain}:=${groupDn("staff")})`, ["ada", "grace", "tomas"]],
    [`(memberOf=${groupDn("robots")})`, []],
    ["(memberOf=*)", ["ada", "grace", "tomas"]],
    ["(!(memberOf=*))", ["reader"]],
  ])("people by %s: %j", async (filter, found) => {
    await using place = await office();
    await using client = await boundAs(place, "reader");
    expect(await names(client, usersDn, `(&(uid=*)${filter})`)).toEqual(found);
  });
});

describe("groups as they are built", () => {
  test("show direct members, people and groups", async () => {
    await using place = await office({ layout: { nesting: "direct" } });
    await using client = await boundAs(place, "reader");
    expect(await values(client, groupDn("staff"), "member")).toEqual([
      groupDn("engineers"),
      userDn("grace"),
      userDn("tomas"),
    ]);
    expect(await values(client, groupDn("staff"), "memberUid")).toEqual(["grace", "tomas"]);
    expect(await values(client, userDn("ada"), "memberOf")).toEqual([groupDn("engineers")]);
    expect(await names(client, groupsDn, `(member=${userDn("ada")})`)).toEqual(["engineers"]);
    expect(await names(client, groupsDn, `(member=${groupDn("engineers")})`)).toEqual(["staff"]);
    expect(await names(client, groupsDn, `(member:${inChain}:=${userDn("ada")})`)).toEqual([
      "engineers",
      "staff",
    ]);
    expect(await names(client, usersDn, `(memberOf=${groupDn("staff")})`)).toEqual(["grace", "tomas"]);
    expect(await names(client, usersDn, `(memberOf:${inChain}:=${groupDn("staff")})`)).toEqual([
      "ada",
      "grace",
      "tomas",
    ]);
  });

  test("a group of groups alone has members, though no person", async () => {
    await using place = await office({ layout: { nesting: "direct" } });
    await place.directory.groups.create({ name: "outer", members: [place.group.empty.id], posixGid: 7 });
    await using client = await boundAs(place, "reader");
    expect(await names(client, groupsDn, "(&(cn=outer)(member=*))")).toEqual(["outer"]);
    expect(await names(client, groupsDn, "(&(cn=outer)(memberUid=*))")).toEqual([]);
  });
});

test("an empty group is shown, without a member attribute", async () => {
  await using place = await office();
  await using client = await boundAs(place, "reader");
  const { entries } = await client.search({ base: groupDn("empty"), attributes: ["*", "member"] });
  expect(entries).toMatchObject([
    { attributes: { cn: ["empty"], objectClass: ["top", "groupOfNames", "posixGroup"] } },
  ]);
  expect(entries[0]?.attributes).not.toHaveProperty("member");
  expect(entries[0]?.attributes).not.toHaveProperty("memberUid");
});

test("groups of machines are not shown", async () => {
  await using place = await office();
  await using client = await boundAs(place, "reader");
  expect(await names(client, groupsDn, "(cn=robots)")).toEqual([]);
});

test("a group whose members follow from a rule lists them", async () => {
  await using place = await office();
  await place.directory.groups.create({
    name: "analysts",
    rule: { op: "equals", attribute: "title", value: "analyst" },
  });
  await using client = await boundAs(place, "reader");
  expect(await values(client, groupDn("analysts"), "member")).toEqual([userDn("ada")]);
  await place.directory.users.update(place.user.grace.id, { employee: { title: "Analyst" } });
  expect(await values(client, groupDn("analysts"), "member")).toEqual([userDn("ada"), userDn("grace")]);
});

test("DNs of names with special characters come escaped and go round", async () => {
  await using place = await office();
  const name = 'Sales, "EMEA" + <a>=b\\c;#1';
  await place.directory.groups.create({ name, members: [place.user.ada.id] });
  await using client = await boundAs(place, "reader");
  const [group] = (await client.search({ base: groupsDn, filter: "(cn=Sales,*)", attributes: ["member"] }))
    .entries;
  expect(group?.dn).toBe(`cn=Sales\\, \\"EMEA\\" \\+ \\<a\\>=b\\\\c\\;#1,${groupsDn}`);
  expect((await client.search({ base: group?.dn ?? "", scope: "base" })).entries).toHaveLength(1);
  expect(await values(client, userDn("ada"), "memberOf")).toContain(group?.dn);
});
