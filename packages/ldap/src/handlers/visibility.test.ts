import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  type Office,
  office,
  password,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const dns = async (client: LdapTestClient, base: string, filter = "(objectClass=*)"): Promise<string[]> => {
  const { entries, resultCode } = await client.search({ base, filter, attributes: ["1.1"] });
  expect(resultCode).toBe(0);
  return entries.map(({ dn }) => dn).sort();
};

async function boundAs(place: Office, username: string): Promise<LdapTestClient> {
  const client = ldapTestClient(place.server);
  expect(await client.bind(userDn(username), password)).toMatchObject({ resultCode: 0 });
  return client;
}

describe("who is shown", () => {
  test("people whom a grant lets in and who are active", async () => {
    await using place = await office();
    await using client = await boundAs(place, "grace");
    expect(await dns(client, usersDn, "(uid=*)")).toEqual(["ada", "grace", "reader", "tomas"].map(userDn));
  });

  test("with people: all, everyone who is active", async () => {
    await using place = await office({ layout: { people: "all" } });
    await using client = await boundAs(place, "grace");
    const shown = ["ada", "grace", "mallory", "reader", "tomas"].map(userDn);
    expect(await dns(client, usersDn, "(uid=*)")).toEqual(shown);
  });

  test("with a resource named, people whom a grant to that one lets in", async () => {
    await using place = await office({ resource: "Other" });
    const { directory, user } = place;
    const other = await directory.resources.create({ kind: "ldap", name: "other" });
    await directory.grants.add({ user: user.mallory, resource: other });
    await using client = await boundAs(place, "mallory");
    expect(await dns(client, usersDn, "(uid=*)")).toEqual([userDn("mallory")]);
    expect((await client.bind(userDn("ada"), password)).resultCode).toBe(LdapResultCode.invalidCredentials);
  });

  test("a manager who is not shown is not named, matched or told of", async () => {
    await using place = await office();
    await using client = await boundAs(place, "ada");
    const managers = await client.search({ base: usersDn, filter: "(manager=*)", attributes: ["manager"] });
    expect(managers.entries).toMatchObject([
      { dn: userDn("ada"), attributes: { manager: [userDn("grace")] } },
    ]);
    expect(await dns(client, usersDn, `(manager=${userDn("mallory")})`)).toEqual([]);
    const reader = await client.search({ base: userDn("reader"), attributes: ["manager"] });
    expect(reader.entries[0]?.attributes).toEqual({});
    expect((await client.compare(userDn("reader"), "manager", userDn("mallory"))).resultCode).toBe(
      LdapResultCode.noSuchAttribute,
    );
  });

  test("members who are not shown are not listed, matched or counted", async () => {
    await using place = await office();
    await using client = await boundAs(place, "ada");
    const { entries } = await client.search({ base: groupDn("staff"), attributes: ["member", "memberUid"] });
    expect([...(entries[0]?.attributes["memberUid"] ?? [])].sort()).toEqual(["ada", "grace", "tomas"]);
    for (const filter of [`(member=${userDn("sam")})`, "(memberUid=sam)", `(uniqueMember=${userDn("sam")})`])
      expect(await dns(client, groupsDn, filter)).toEqual([]);
    // Guests have a member, whom nobody sees.
    expect(await dns(client, groupsDn, "(member=*)")).toEqual([groupDn("engineers"), groupDn("staff")]);
    expect(await dns(client, groupsDn, "(&(cn=*)(!(member=*)))")).toEqual([
      groupDn("empty"),
      groupDn("guests"),
    ]);
  });
});

describe("what a grant lets people search", () => {
  let place: Office;
  beforeAll(async () => {
    place = await office({ access: { search: "none" } });
    const { directory, group, resource, user } = place;
    const [ofStaff] = await directory.grants.ofGroup(group.staff.id);
    const [ofReader] = await directory.grants.ofUser(user.reader.id);
    await directory.grants.update(ofStaff?.id as never, { attributes: { search: "self" } });
    await directory.grants.update(ofReader?.id as never, { attributes: { search: "directory" } });
    await directory.grants.add({ group: group.guests, resource });
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test("directory: everyone", async () => {
    await using client = await boundAs(place, "reader");
    expect(await dns(client, usersDn, "(uid=*)")).toHaveLength(5);
  });

  test("self: their own entry and the groups they are in", async () => {
    await using client = await boundAs(place, "ada");
    expect(await dns(client, baseDn, "(|(uid=*)(objectClass=groupOfNames))")).toEqual(
      [userDn("ada"), groupDn("engineers"), groupDn("staff")].sort(),
    );
    const staff = await client.search({ base: groupDn("staff"), attributes: ["member", "memberUid"] });
    expect(staff.entries[0]?.attributes).toEqual({ member: [userDn("ada")], memberUid: ["ada"] });
    for (const base of [userDn("grace"), groupDn("guests"), groupDn("empty")])
      expect((await client.search({ base })).resultCode).toBe(LdapResultCode.noSuchObject);
  });

  test.each([
    `(member=${userDn("grace")})`,
    `(uniqueMember=${userDn("grace")})`,
    "(memberUid=grace)",
    `(member:1.2.840.113556.1.4.1941:=${userDn("grace")})`,
    `(manager=${userDn("grace")})`,
    "(manager=*)",
    `(entryDN=${userDn("grace")})`,
    `(memberOf=${groupDn("guests")})`,
    "(uid=grace)",
  ])("self: nothing about others can be asked by %s", async (filter) => {
    await using client = await boundAs(place, "ada");
    expect(await dns(client, baseDn, filter)).toEqual([]);
    expect(await dns(client, baseDn, `(&(|(uid=*)(cn=*))${filter})`)).toEqual([]);
  });

  test("self: comparing with others is comparing with nobody", async () => {
    await using client = await boundAs(place, "ada");
    for (const dn of [userDn("grace"), userDn("nobody"), groupDn("guests")])
      expect((await client.compare(dn, "cn", "x")).resultCode).toBe(LdapResultCode.noSuchObject);
    const asked = await client.compare(groupDn("staff"), "member", userDn("grace"));
    expect(asked.resultCode).toBe(LdapResultCode.compareFalse);
    expect((await client.compare(groupDn("staff"), "member", userDn("ada"))).resultCode).toBe(
      LdapResultCode.compareTrue,
    );
  });

  test("none: a login and nothing else but the schema", async () => {
    await using client = await boundAs(place, "mallory");
    for (const base of [baseDn, userDn("mallory"), groupsDn])
      expect(await client.search({ base })).toMatchObject({
        resultCode: LdapResultCode.insufficientAccessRights,
        entries: [],
      });
    expect((await client.compare(userDn("mallory"), "uid", "mallory")).resultCode).toBe(
      LdapResultCode.insufficientAccessRights,
    );
    expect((await client.search({ base: "cn=Subschema" })).entries).toHaveLength(1);
    expect(await client.whoAmI()).toBe(`dn:${userDn("mallory")}`);
  });
});

test("a change of what may be searched holds from the next request on, on open connections", async () => {
  await using place = await office();
  await using client = await boundAs(place, "ada");
  const all = await dns(client, usersDn);
  expect(await dns(client, usersDn)).toEqual(all);
  const [grant] = await place.directory.grants.ofGroup(place.group.staff.id);
  const update = (search: string): Promise<unknown> =>
    place.directory.grants.update(grant?.id as never, { attributes: { search } });
  await update("self");
  expect(await dns(client, usersDn, "(uid=*)")).toEqual([userDn("ada")]);
  await update("none");
  expect((await client.search({ base: usersDn })).resultCode).toBe(LdapResultCode.insufficientAccessRights);
  await update("directory");
  expect(await dns(client, usersDn)).toEqual(all);
});

describe("L7: what is never shown", () => {
  let place: Office;
  let client: LdapTestClient;
  beforeAll(async () => {
    place = await office({ access: { hiddenAttributes: ["telephoneNumber", "MAIL"] } });
    const { directory, user } = place;
    const define = (name: string, sensitivity: "self" | "secret"): Promise<unknown> =>
      directory.attributes.define({ name, owner: "user", sensitivity });
    await define("badge", "self");
    await define("pin", "secret");
    await define("userPassword", "self");
    const attributes = { badge: ["B-1"], pin: ["4711"], userPassword: ["x"] };
    await directory.users.update(user.ada.id, { attributes });
    await directory.users.update(user.grace.id, { attributes });
    client = await boundAs(place, "ada");
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const every = ["userPassword", "pin", "telephoneNumber", "mail", "totp", "rfc822Mailbox", "2.5.4.35"];

  test.each(every)("%s is not returned to whoever asks for it by name", async (name) => {
    for (const filter of ["(uid=ada)", "(uid=*)"]) {
      const { entries } = await client.search({ base: usersDn, filter, attributes: [name, "uid"] });
      expect(entries.length).toBeGreaterThan(0);
      for (const { attributes } of entries) expect(Object.keys(attributes)).toEqual(["uid"]);
    }
  });

  test("is not returned, to anyone", async () => {
    const { entries } = await client.search({ base: usersDn, attributes: ["*", "+", ...every] });
    for (const { attributes } of entries)
      for (const name of ["userPassword", "pin", "telephoneNumber", "mail"])
        expect(attributes).not.toHaveProperty(name);
  });

  test.each(every)("%s is not matched, not compared, and negation does not help", async (name) => {
    for (const test of ["=*", "=4711", "=4*", "=*1*", ">=0", "<=z", "~=4711", ":=4711", ":dn:=4711"]) {
      const filter = `(${name}${test})`;
      expect(await dns(client, usersDn, filter), filter).toEqual([]);
      expect(await dns(client, usersDn, `(&(uid=*)(!${filter}))`), `not ${filter}`).toEqual([]);
    }
    const { resultCode } = await client.compare(userDn("ada"), name, "4711");
    expect([LdapResultCode.insufficientAccessRights, LdapResultCode.undefinedAttributeType]).toContain(
      resultCode,
    );
  });

  test("what only the person may see is shown to them alone, and matched by nobody", async () => {
    const { entries } = await client.search({ base: usersDn, filter: "(uid=*)", attributes: ["badge"] });
    const shown = entries.filter(({ attributes }) => attributes["badge"] !== undefined);
    expect(shown).toMatchObject([{ dn: userDn("ada"), attributes: { badge: ["B-1"] } }]);
    for (const filter of ["(badge=*)", "(badge=B-1)", "(!(badge=B-1))", "(badge=B*)"])
      expect(await dns(client, usersDn, `(&(uid=*)${filter})`)).toEqual([]);
    for (const dn of [userDn("ada"), userDn("grace")])
      expect((await client.compare(dn, "badge", "B-1")).resultCode).toBe(LdapResultCode.noSuchAttribute);
  });

  test("a cached answer does not carry it to anyone else", async () => {
    await using other = await boundAs(place, "grace");
    for (const reader of [client, other, client, other]) {
      const { entries } = await reader.search({ base: usersDn, filter: "(uid=ada)", attributes: ["badge"] });
      expect(entries[0]?.attributes).toEqual(reader === client ? { badge: ["B-1"] } : {});
    }
  });
});
