import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  office,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

const { client } = await sharedOffice();

const people = ["ada", "grace", "tomas", "reader"].map(userDn);
const groups = ["staff", "engineers", "guests", "empty"].map(groupDn);

const found = async (base: string, scope: "base" | "one" | "sub"): Promise<string[]> => {
  const { resultCode, entries } = await client.search({ base, scope, attributes: ["1.1"] });
  expect(resultCode).toBe(LdapResultCode.success);
  return entries.map(({ dn }) => dn).sort();
};

describe("what lies in scope", () => {
  test.each<[base: string, scope: "base" | "one" | "sub", dns: readonly string[]]>([
    [baseDn, "base", [baseDn]],
    [baseDn, "one", [usersDn, groupsDn]],
    [baseDn, "sub", [baseDn, usersDn, groupsDn, ...people, ...groups]],
    [usersDn, "base", [usersDn]],
    [usersDn, "one", people],
    [usersDn, "sub", [usersDn, ...people]],
    [groupsDn, "base", [groupsDn]],
    [groupsDn, "one", groups],
    [groupsDn, "sub", [groupsDn, ...groups]],
    [userDn("ada"), "base", [userDn("ada")]],
    [userDn("ada"), "one", []],
    [userDn("ada"), "sub", [userDn("ada")]],
    [groupDn("staff"), "base", [groupDn("staff")]],
    [groupDn("staff"), "one", []],
    [groupDn("staff"), "sub", [groupDn("staff")]],
    ["cn=Subschema", "base", ["cn=Subschema"]],
    ["cn=Subschema", "one", []],
    ["cn=Subschema", "sub", ["cn=Subschema"]],
    ["CN = subschema", "base", ["cn=Subschema"]],
    ["", "base", [""]],
  ])("%j, %s", async (base, scope, dns) => {
    expect(await found(base, scope)).toEqual([...dns].sort());
  });
});

describe("a base that is not there", () => {
  test.each([
    [userDn("nobody"), usersDn],
    [userDn("sam"), usersDn],
    [userDn("mallory"), usersDn],
    [groupDn("nothing"), groupsDn],
    [groupDn("robots"), groupsDn],
    [`cn=ada,${usersDn}`, usersDn],
    [`uid=staff,${groupsDn}`, groupsDn],
    [`cn=x,uid=nobody,${usersDn}`, usersDn],
    [`ou=Elsewhere,${baseDn}`, baseDn],
    ["dc=com", ""],
    ["dc=elsewhere", ""],
    ["cn=x,cn=Subschema", ""],
  ])("%s is answered with noSuchObject and what is there of it", async (base, matchedDN) => {
    for (const scope of ["base", "one", "sub"] as const) {
      const answer = await client.search({ base, scope });
      expect(answer).toMatchObject({ resultCode: LdapResultCode.noSuchObject, matchedDN, entries: [] });
    }
  });

  test("the root with a subtree below it is none either", async () => {
    const answer = await client.search({ base: "", scope: "sub" });
    expect(answer).toMatchObject({ resultCode: LdapResultCode.noSuchObject, entries: [] });
  });

  test("that is no DN is a syntax error", async () => {
    expect(await client.search({ base: "ada" })).toMatchObject({
      resultCode: LdapResultCode.invalidDNSyntax,
    });
  });
});

test.each([
  "UID=Ada, OU=users, DC=EXAMPLE, DC=com",
  `uid=\\61\\64\\61,${usersDn}`,
  `0.9.2342.19200300.100.1.1=ada,${usersDn}`,
  `uid="ada";ou=Users;dc=example;dc=com`,
])("an entry found as %s comes under its own DN", async (base) => {
  expect(await found(base, "base")).toEqual([userDn("ada")]);
});

describe("where things lie can be chosen", () => {
  test("people named by cn, in containers of other names", async () => {
    await using own = await office({
      layout: { users: "cn=People", groups: "ou=Teams,ou=Org", userNaming: "cn" },
    });
    await using other = ldapTestClient(own.server);
    const ada = `cn=ada,cn=People,${baseDn}`;
    expect(await other.bind(ada, password)).toMatchObject({ resultCode: 0 });
    const { entries } = await other.search({ base: baseDn, filter: "(cn=ada)", attributes: ["cn", "uid"] });
    expect(entries).toMatchObject([{ dn: ada, attributes: { uid: ["ada"], cn: ["ada", "Ada Lovelace"] } }]);
    const [container] = (await other.search({ base: `cn=People,${baseDn}`, scope: "base" })).entries;
    expect(container?.attributes).toMatchObject({
      objectClass: ["top", "organizationalUnit", "extensibleObject"],
      cn: ["People"],
    });
    const staff = `cn=staff,ou=Teams,ou=Org,${baseDn}`;
    expect((await other.search({ base: staff, scope: "base" })).entries).toHaveLength(1);
  });

  test.each([
    [
      "dc=example,dc=com",
      { objectClass: ["top", "organization", "dcObject"], dc: ["example"], o: ["default"] },
    ],
    ["o=Example,c=DE", { objectClass: ["top", "organization"], o: ["Example", "default"] }],
    ["ou=Branch", { objectClass: ["top", "organizationalUnit"], ou: ["Branch"] }],
    ["c=DE", { objectClass: ["top", "organization", "extensibleObject"], c: ["DE"], o: ["default"] }],
  ])("the entry at the base %s holds what its name says", async (base, attributes) => {
    await using own = await office({ baseDn: base });
    await using other = ldapTestClient(own.server);
    await other.bind(`uid=ada,ou=Users,${base}`, password);
    const { entries } = await other.search({ base, scope: "base" });
    expect(entries).toMatchObject([{ dn: base, attributes }]);
  });

  test("two resources with one base, however it is spelled, are one tree", async () => {
    await using own = await office();
    const { directory, resource, user } = own;
    await directory.resources.update(resource.id, { settings: { baseDn: "o=Example" } });
    const second = await directory.resources.create({
      kind: "ldap",
      name: "second",
      settings: { baseDn: "O = example" },
    });
    await directory.resources.create({ kind: "ldap", name: "broken", settings: { baseDn: "not a DN" } });
    await directory.grants.add({ user: user.mallory, resource: second });
    const { ldapServer } = await import("../server/ldap-server.ts");
    await using server = ldapServer({ directory });
    await using other = ldapTestClient(server);
    expect(await other.bind("uid=mallory,ou=Users,o=Example", password)).toMatchObject({ resultCode: 0 });
    const root = await other.search({ attributes: ["namingContexts"] });
    expect(root.entries[0]?.attributes).toEqual({ namingContexts: ["o=Example"] });
    const { entries } = await other.search({ base: "o=Example", filter: "(uid=*)", attributes: ["uid"] });
    expect(entries.flatMap(({ attributes }) => attributes["uid"])).toContain("ada");
  });
});
