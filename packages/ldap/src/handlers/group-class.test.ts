import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { groupDn, groupsDn, type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

describe.each([
  ["groupOfNames", "member", "groupOfUniqueNames", "uniqueMember"],
  ["groupOfUniqueNames", "uniqueMember", "groupOfNames", "member"],
] as const)("groups of the class %s", (groupClass, shown, otherClass, other) => {
  let place: Office;
  let client: LdapTestClient;
  beforeAll(async () => {
    place = await office({ layout: { groupClass } });
    client = ldapTestClient(place.server);
    await client.bind(userDn("reader"), password);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const names = async (filter: string): Promise<readonly string[]> => {
    const { entries } = await client.search({ base: groupsDn, filter, attributes: ["cn"] });
    return entries.flatMap(({ attributes }) => attributes["cn"] ?? []);
  };

  test(`show members in ${shown}, and nothing in ${other}`, async () => {
    const { entries } = await client.search({ base: groupDn("staff"), attributes: ["*", "+"] });
    expect([...(entries[0]?.attributes[shown] ?? [])].sort()).toEqual(["ada", "grace", "tomas"].map(userDn));
    expect(entries[0]?.attributes).not.toHaveProperty(other);
    expect(entries[0]?.attributes).toMatchObject({
      objectClass: ["top", groupClass, "posixGroup"],
      structuralObjectClass: [groupClass],
    });
  });

  test("are of that class and no other", async () => {
    expect(await names(`(objectClass=${groupClass})`)).toHaveLength(4);
    expect(await names(`(objectClass=${otherClass})`)).toEqual([]);
    expect(await names(`(&(cn=staff)(!(objectClass=${otherClass})))`)).toEqual(["staff"]);
    expect(await names(`(structuralObjectClass=${otherClass})`)).toEqual([]);
  });

  test("are found by their members, whichever attribute a program knows", async () => {
    for (const name of [shown, other]) {
      expect(await names(`(${name}=${userDn("grace")})`)).toEqual(["staff"]);
      expect(await names(`(${name}=${userDn("grace")}#'0101'B)`)).toEqual(["staff"]);
      expect((await client.compare(groupDn("staff"), name, userDn("ada"))).resultCode).toBe(
        LdapResultCode.compareTrue,
      );
    }
    expect([...(await names(`(${shown}=*)`))].sort()).toEqual(["engineers", "staff"]);
    expect(await names(`(${other}=*)`)).toEqual([]);
  });

  test("may have what the host defines", async () => {
    const { entries } = await client.search({
      base: "cn=Subschema",
      filter: "(objectClass=subschema)",
      attributes: ["objectClasses"],
    });
    const own = entries[0]?.attributes["objectClasses"]?.find((one) => one.includes(`'${groupClass}'`));
    expect(own).toContain("gidNumber");
  });
});
