import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, groupDn, password, userDn, usersDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { type Bureau, boundAs, bureau, otherPassword } from "./writes.fixture.ts";

const { insufficientAccessRights, noSuchObject } = LdapResultCode;
const title = { operation: "replace", attribute: "title", values: ["Engineer"] } as const;
const phone = { operation: "replace", attribute: "telephoneNumber", values: ["+1"] } as const;
const newPassword = { operation: "replace", attribute: "userPassword", values: [otherPassword] } as const;

async function titleOf({ directory, user }: Bureau, name: "ada" | "grace"): Promise<string | undefined> {
  return (await directory.users.get(user[name].id))?.employee.title;
}

test("before a bind nothing is written", async () => {
  await using place = await bureau();
  await using client = ldapTestClient(place.server);
  for (const result of [
    await client.modify(userDn("ada"), title),
    await client.add(userDn("kay"), { objectClass: "inetOrgPerson", cn: "x", sn: "x" }),
    await client.delete(userDn("nobody")),
    await client.rename(userDn("ada"), "uid=x"),
    await client.changePassword({ user: userDn("ada"), oldPassword: password, newPassword: otherPassword }),
  ])
    expect(result).toMatchObject({ resultCode: insufficientAccessRights, matchedDN: "" });
});

describe("people write", () => {
  test("their own attributes that the server lists, under any name of theirs", async () => {
    await using place = await bureau({ access: { selfAttributes: ["Title", "2.5.4.20"] } });
    await using ada = await boundAs(place, "ada");
    expect(await ada.modify(userDn("ada"), title, phone)).toMatchObject({ resultCode: 0 });
    expect(await titleOf(place, "ada")).toBe("Engineer");
    const sn = { operation: "replace", attribute: "sn", values: ["x"] } as const;
    expect(await ada.modify(userDn("ada"), title, sn)).toMatchObject({
      resultCode: insufficientAccessRights,
    });
    expect(await ada.modify(userDn("grace"), title)).toMatchObject({ resultCode: insufficientAccessRights });
    expect(await ada.modify(groupDn("engineers"), title)).toMatchObject({
      resultCode: insufficientAccessRights,
    });
  });

  test("nothing else of their own unless the server lists it", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    for (const change of [title, phone, { ...title, attribute: "objectClass" }])
      expect(await ada.modify(userDn("ada"), change)).toMatchObject({ resultCode: insufficientAccessRights });
    expect(await titleOf(place, "ada")).toBe("Analyst");
  });

  test("their own password, unless the server says that nobody writes", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    expect(await ada.modify(userDn("ada"), newPassword)).toMatchObject({ resultCode: 0 });
    await using none = await bureau({ access: { write: "none" } });
    await using nobody = await boundAs(none, "ada");
    expect(await nobody.modify(userDn("ada"), newPassword)).toMatchObject({
      resultCode: insufficientAccessRights,
    });
    expect(await nobody.changePassword({ newPassword: otherPassword })).toMatchObject({
      resultCode: insufficientAccessRights,
    });
    await using admin = await boundAs(none, "admin");
    expect(await admin.modify(userDn("ada"), title)).toMatchObject({ resultCode: 0 });
  });

  test("what the grant that lets them in says, whatever the server's default", async () => {
    await using place = await bureau({ access: { write: "directory" } });
    const { directory, resource, user } = place;
    await directory.grants.add({ user: user.ada, resource, priority: 1, attributes: { write: "self" } });
    await directory.grants.add({ user: user.tomas, resource, priority: 1, attributes: { write: "all" } });
    await using ada = await boundAs(place, "ada");
    expect(await ada.modify(userDn("grace"), title)).toMatchObject({ resultCode: insufficientAccessRights });
    await using grace = await boundAs(place, "grace");
    expect(await grace.modify(userDn("ada"), title)).toMatchObject({ resultCode: 0 });
  });

  test("learn nothing of those whom they do not see", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    for (const dn of [
      userDn("mallory"),
      userDn("sam"),
      userDn("nobody"),
      groupDn("robots"),
      groupDn("nobody"),
    ]) {
      const answers = [
        await ada.modify(dn, title),
        await ada.delete(dn),
        await ada.rename(dn, "uid=x"),
        ...(dn.startsWith("uid") ? [await ada.changePassword({ user: dn, newPassword: otherPassword })] : []),
      ];
      for (const answer of answers)
        expect(answer).toEqual({
          resultCode: noSuchObject,
          matchedDN: dn.slice(dn.indexOf(",") + 1),
          diagnosticMessage: "there is no such entry",
        });
    }
  });

  test("who see only themselves, only themselves", async () => {
    await using place = await bureau({
      access: { search: "self", selfAttributes: ["title"], write: "directory" },
    });
    await using ada = await boundAs(place, "ada");
    expect(await ada.modify(userDn("ada"), title)).toMatchObject({ resultCode: 0 });
    expect(await ada.modify(userDn("ada"), phone)).toMatchObject({ resultCode: insufficientAccessRights });
    expect(await ada.modify(userDn("grace"), title)).toMatchObject({ resultCode: noSuchObject });
    expect(await ada.modify(groupDn("engineers"), title)).toMatchObject({
      resultCode: insufficientAccessRights,
    });
    expect(await ada.modify(groupDn("guests"), title)).toMatchObject({ resultCode: noSuchObject });
  });

  test("who see nothing, their password alone", async () => {
    await using place = await bureau({ access: { search: "none" } });
    await using ada = await boundAs(place, "ada");
    for (const dn of [userDn("ada"), userDn("nobody"), usersDn, baseDn]) {
      expect(await ada.modify(dn, newPassword)).toMatchObject({ resultCode: insufficientAccessRights });
      expect(await ada.delete(dn)).toMatchObject({ resultCode: insufficientAccessRights });
    }
    for (const user of [userDn("grace"), userDn("nobody")])
      expect(await ada.changePassword({ user, newPassword: otherPassword })).toMatchObject({
        resultCode: insufficientAccessRights,
      });
    expect(await ada.changePassword({ user: userDn("ada"), newPassword: otherPassword })).toMatchObject({
      resultCode: 0,
    });
  });
});

describe("an administrator", () => {
  test("writes no attribute that nobody is shown", async () => {
    await using place = await bureau({ access: { hiddenAttributes: ["title"] } });
    await using admin = await boundAs(place, "admin");
    expect(await admin.modify(userDn("ada"), title)).toMatchObject({ resultCode: insufficientAccessRights });
    expect(
      await admin.add(userDn("kay"), { objectClass: "inetOrgPerson", cn: "x", sn: "x", title: "x" }),
    ).toMatchObject({ resultCode: insufficientAccessRights });
    expect(await titleOf(place, "ada")).toBe("Analyst");
  });

  test("reads and writes what is only for the person and administrators", async () => {
    await using place = await bureau();
    const { directory, user } = place;
    await directory.attributes.define({ owner: "user", name: "locker", sensitivity: "self" });
    await using admin = await boundAs(place, "admin");
    const locker = { operation: "add", attribute: "locker", values: ["12"] } as const;
    expect(await admin.modify(userDn("ada"), locker)).toMatchObject({ resultCode: 0 });
    expect((await directory.users.get(user.ada.id))?.attributes).toEqual({ locker: ["12"] });
    const { entries } = await admin.search({ base: userDn("ada"), attributes: ["locker"] });
    expect(entries[0]?.attributes).toEqual({ locker: ["12"] });
    await using grace = await boundAs(place, "grace");
    const seen = await grace.search({ base: userDn("ada"), attributes: ["locker"] });
    expect(seen.entries[0]?.attributes).toEqual({});
  });

  test("is one no more as soon as the grant says so", async () => {
    await using place = await bureau();
    const { directory, grant } = place;
    await using admin = await boundAs(place, "admin");
    expect(await admin.modify(userDn("ada"), title)).toMatchObject({ resultCode: 0 });
    await directory.grants.update(grant.id, { attributes: {} });
    expect(await admin.modify(userDn("ada"), { ...title, values: ["x"] })).toMatchObject({
      resultCode: insufficientAccessRights,
    });
    expect(await admin.modify(userDn("mallory"), title)).toMatchObject({ resultCode: noSuchObject });
    await directory.grants.update(grant.id, { attributes: { write: "directory" } });
    expect(await admin.modify(userDn("mallory"), title)).toMatchObject({ resultCode: 0 });
  });

  test("who takes their own right away is answered before the connection ends", async () => {
    await using place = await bureau();
    const { directory, resource, admin } = place;
    const admins = await directory.groups.create({ name: "admins", members: [admin.id] });
    await directory.grants.add({ group: admins, resource, attributes: { write: "directory" } });
    await directory.grants.remove(place.grant.id);
    for (let i = 0; i < 20; i += 1) {
      await directory.groups.addMembers(admins.id, [admin.id]);
      const client = await boundAs(place, "admin");
      const out = { operation: "delete", attribute: "member", values: [userDn("admin")] } as const;
      expect(await client.modify(groupDn("admins"), out)).toMatchObject({ resultCode: 0 });
      expect(await client.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
    }
  });
});
