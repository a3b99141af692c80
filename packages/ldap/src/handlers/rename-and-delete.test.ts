import { beforeEach, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, groupDn, groupsDn, userDn, usersDn } from "../server/office.fixture.ts";
import type { LdapTestClient, LdapTestRename } from "../testing.ts";
import { type Bureau, boundAs, bureau, read } from "./writes.fixture.ts";

async function scene(options: Parameters<typeof bureau>[0] = {}, dn = userDn) {
  const place = await bureau(options);
  const admin = await boundAs(place, "admin", dn);
  return { place, admin, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
}

const {
  affectsMultipleDSAs,
  constraintViolation,
  entryAlreadyExists,
  insufficientAccessRights,
  invalidDNSyntax,
  namingViolation,
  noSuchObject,
  unwillingToPerform,
} = LdapResultCode;

describe("a rename", () => {
  test("of a person keeps who they are, and is theirs at once", async () => {
    await using at = await scene();
    const { admin, place } = at;
    const before = await read(admin, userDn("ada"), "*", "+");
    await using ada = await boundAs(place, "ada");
    expect(await admin.rename(userDn("ADA"), "UID=lovelace")).toMatchObject({ resultCode: 0 });
    const after = await read(admin, userDn("lovelace"), "*", "+");
    expect(after?.["entryUUID"]).toEqual(before?.["entryUUID"]);
    expect(after).toMatchObject({ uid: ["lovelace"], entryDN: [userDn("lovelace")], cn: ["Ada Lovelace"] });
    expect(await read(admin, userDn("ada"))).toBeUndefined();
    expect((await read(admin, groupDn("staff"), "member"))?.["member"]).toContain(userDn("lovelace"));
    expect(await ada.whoAmI()).toBe(`dn:${userDn("lovelace")}`);
  });

  test("of a group keeps its members", async () => {
    await using at = await scene();
    const { admin, place } = at;
    expect(await admin.rename(groupDn("engineers"), "cn=R\\2CD")).toMatchObject({ resultCode: 0 });
    expect(await place.directory.groups.get(place.group.engineers.id)).toMatchObject({ name: "R,D" });
    expect(await read(admin, `cn=R\\,D,${groupsDn}`, "member")).toEqual({ member: [userDn("ada")] });
  });

  test("by another case alone may keep the old value, and may say where the entry is", async () => {
    await using at = await scene();
    const { admin } = at;
    expect(await admin.rename(userDn("ada"), "uid=Ada", { deleteOldRdn: false })).toMatchObject({
      resultCode: 0,
    });
    expect(await read(admin, userDn("ada"), "uid")).toEqual({ uid: ["Ada"] });
    expect(
      await admin.rename(userDn("ada"), "uid=kay", { newSuperior: usersDn.toUpperCase() }),
    ).toMatchObject({
      resultCode: 0,
    });
  });

  test("where cn names people leaves the name to show", async () => {
    const named = (name: string): string => `cn=${name},${usersDn}`;
    await using at = await scene({ layout: { userNaming: "cn" } }, named);
    const { admin } = at;
    expect(await admin.rename(named("ada"), "cn=kay")).toMatchObject({ resultCode: 0 });
    expect(await read(admin, named("kay"), "cn", "uid")).toEqual({
      cn: ["kay", "Ada Lovelace"],
      uid: ["kay"],
    });
    expect(await admin.rename(named("kay"), "uid=ada")).toMatchObject({ resultCode: namingViolation });
  });

  test.each<[string, number, string, string, LdapTestRename?]>([
    ["of nobody who is there", noSuchObject, userDn("nobody"), "uid=x"],
    ["of somebody who is not shown", noSuchObject, userDn("sam"), "uid=x"],
    ["of a container", unwillingToPerform, usersDn, "ou=People"],
    ["to a name that is taken", entryAlreadyExists, userDn("ada"), "uid=Grace"],
    ["to the name of somebody who is not shown", entryAlreadyExists, userDn("ada"), "uid=sam"],
    ["of a group to a name that is taken", entryAlreadyExists, groupDn("staff"), "cn=GUESTS"],
    ["that keeps the old name", constraintViolation, userDn("ada"), "uid=kay", { deleteOldRdn: false }],
    ["by another attribute", namingViolation, userDn("ada"), "cn=kay"],
    ["of a group by another attribute", namingViolation, groupDn("staff"), "ou=x"],
    ["by two attributes", namingViolation, userDn("ada"), "uid=kay+cn=x"],
    ["by two names", invalidDNSyntax, userDn("ada"), "uid=kay,ou=Users"],
    ["by none", invalidDNSyntax, userDn("ada"), ""],
    ["by what is no name", invalidDNSyntax, userDn("ada"), "kay"],
    ["to characters that no username has", constraintViolation, userDn("ada"), "uid=kay jones"],
    ["to nothing", constraintViolation, userDn("ada"), "uid="],
    ["into the other container", unwillingToPerform, userDn("ada"), "uid=kay", { newSuperior: groupsDn }],
    ["below the suffix", unwillingToPerform, userDn("ada"), "uid=kay", { newSuperior: baseDn }],
    ["below another person", unwillingToPerform, userDn("ada"), "uid=kay", { newSuperior: userDn("grace") }],
    ["below what is not there", noSuchObject, userDn("ada"), "uid=kay", { newSuperior: `ou=X,${baseDn}` }],
    [
      "into another tree",
      affectsMultipleDSAs,
      userDn("ada"),
      "uid=kay",
      { newSuperior: "dc=example,dc=org" },
    ],
    ["below what is no name", invalidDNSyntax, userDn("ada"), "uid=kay", { newSuperior: "x" }],
  ])("%s is refused", async (_, resultCode, dn, rdn, options) => {
    await using at = await scene();
    const before = at.place.directory.revision;
    expect(await at.admin.rename(dn, rdn, options)).toMatchObject({ resultCode });
    expect(at.place.directory.revision).toBe(before);
  });
});

describe("a delete", () => {
  let place: Bureau;
  let admin: LdapTestClient;
  beforeEach(async () => {
    place = await bureau();
    admin = await boundAs(place, "admin");
    return () => place[Symbol.asyncDispose]();
  });

  test("takes a person with all that is theirs, and ends their connections", async () => {
    const ada = await boundAs(place, "ada");
    expect(await admin.delete(userDn("ada"))).toMatchObject({ resultCode: 0 });
    expect(await ada.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
    expect(await place.directory.users.get(place.user.ada.id)).toBeUndefined();
    expect(await read(admin, groupDn("engineers"), "member")).toEqual({});
    expect(await admin.delete(userDn("ada"))).toMatchObject({ resultCode: noSuchObject });
    const [event] = await place.directory.audit({ action: "user.deleted" });
    expect(event).toMatchObject({ actor: { id: place.admin.id }, protocol: "ldap" });
  });

  test("takes a group, and not those who are in it", async () => {
    expect(await admin.delete(groupDn("Engineers"))).toMatchObject({ resultCode: 0 });
    expect(await place.directory.groups.get(place.group.engineers.id)).toBeUndefined();
    expect(await place.directory.users.get(place.user.ada.id)).toBeDefined();
  });

  test.each<[string, number, string]>([
    ["nobody who is there", noSuchObject, userDn("nobody")],
    ["somebody who is not shown", noSuchObject, userDn("sam")],
    ["a group that is not shown", noSuchObject, groupDn("robots")],
    ["a container", unwillingToPerform, groupsDn],
    ["the suffix", unwillingToPerform, baseDn],
    ["the schema", unwillingToPerform, "cn=Subschema"],
    ["the root", unwillingToPerform, ""],
    ["oneself", unwillingToPerform, userDn("admin")],
    ["what is no name", invalidDNSyntax, "x"],
  ])("of %s is refused", async (_, resultCode, dn) => {
    const before = place.directory.revision;
    expect(await admin.delete(dn)).toMatchObject({ resultCode });
    expect(place.directory.revision).toBe(before);
  });

  test("and a rename are for administrators", async () => {
    await using ada = await boundAs(place, "ada");
    for (const dn of [userDn("ada"), userDn("grace"), groupDn("engineers"), usersDn]) {
      expect(await ada.delete(dn)).toMatchObject({ resultCode: insufficientAccessRights });
      expect(await ada.rename(dn, "uid=x")).toMatchObject({ resultCode: insufficientAccessRights });
    }
    for (const dn of [userDn("nobody"), userDn("mallory"), groupDn("nobody")]) {
      expect(await ada.delete(dn)).toMatchObject({ resultCode: noSuchObject });
      expect(await ada.rename(dn, "uid=x")).toMatchObject({ resultCode: noSuchObject });
    }
  });
});
