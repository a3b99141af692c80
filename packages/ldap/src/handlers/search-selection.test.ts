import { describe, expect, test } from "vitest";
import { baseDn, groupDn, sharedOffice, userDn } from "../server/office.fixture.ts";

const { place, client } = await sharedOffice();

const userNames = [
  "cn",
  "displayName",
  "employeeNumber",
  "gecos",
  "gidNumber",
  "givenName",
  "homeDirectory",
  "loginShell",
  "mail",
  "manager",
  "objectClass",
  "shadowLastChange",
  "sn",
  "sshPublicKey",
  "telephoneNumber",
  "title",
  "uid",
  "uidNumber",
];
const operationalNames = [
  "createTimestamp",
  "entryCSN",
  "entryDN",
  "entryUUID",
  "hasSubordinates",
  "memberOf",
  "modifyTimestamp",
  "structuralObjectClass",
  "subschemaSubentry",
];

const ada = async (attributes: string[], typesOnly = false): Promise<Record<string, readonly string[]>> => {
  const { entries } = await client.search({ base: userDn("ada"), scope: "base", attributes, typesOnly });
  expect(entries).toHaveLength(1);
  return { ...entries[0]?.attributes };
};

describe("the attributes that come", () => {
  test.each<[selection: string[], names: string[]]>([
    [[], userNames],
    [["*"], userNames],
    [["+"], operationalNames],
    [
      ["*", "+"],
      [...userNames, ...operationalNames],
    ],
    [["1.1"], []],
    [["1.1", "cn"], ["cn"]],
    [["1.1", "*"], userNames],
    [
      ["CN", "sN", "Surname", "commonName"],
      ["cn", "sn"],
    ],
    [
      ["2.5.4.3", "0.9.2342.19200300.100.1.1"],
      ["cn", "uid"],
    ],
    [
      ["*", "memberOf"],
      [...userNames, "memberOf"],
    ],
    [
      ["+", "uid"],
      [...operationalNames, "uid"],
    ],
    [["unheardOf", "uid"], ["uid"]],
    [["unheardOf"], []],
    [["cn;lang-de", "userCertificate;binary", "uid"], ["uid"]],
    [["member", "memberUid", "uid"], ["uid"]],
    [["userPassword", "uid"], ["uid"]],
    [["uid", "uid", "UID"], ["uid"]],
    [["dn"], []],
    [["userCertificate;binary;binary", `userCertificate${";binary".repeat(30_000)}`, "uid"], ["uid"]],
    [[""], []],
  ])("%j", async (selection, names) => {
    expect(Object.keys(await ada(selection)).sort()).toEqual([...names].sort());
    const bare = await ada(selection, true);
    expect(Object.keys(bare).sort()).toEqual([...names].sort());
    expect(Object.values(bare).flat()).toEqual([]);
  });

  test("a person is shown whole", async () => {
    const { user } = place;
    const attributes = await ada(["*", "+"]);
    expect(attributes).toMatchObject({
      objectClass: [
        "top",
        "person",
        "organizationalPerson",
        "inetOrgPerson",
        "posixAccount",
        "shadowAccount",
        "ldapPublicKey",
      ],
      uid: ["ada"],
      cn: ["Ada Lovelace"],
      sn: ["Lovelace"],
      mail: ["ada@example.com"],
      manager: [userDn("grace")],
      uidNumber: ["10001"],
      gidNumber: ["20001"],
      homeDirectory: ["/home/ada"],
      entryUUID: [user.ada.id],
      entryDN: [userDn("ada")],
      structuralObjectClass: ["inetOrgPerson"],
      hasSubordinates: ["FALSE"],
      subschemaSubentry: ["cn=Subschema"],
    });
    expect(attributes["createTimestamp"]?.[0]).toMatch(/^\d{14}Z$/);
    expect([...(attributes["memberOf"] ?? [])].sort()).toEqual([groupDn("engineers"), groupDn("staff")]);
  });

  test("someone without a family name has the whole name for a surname, which the class demands", async () => {
    const { entries } = await client.search({ base: userDn("tomas"), attributes: ["sn", "cn"] });
    expect(entries[0]?.attributes).toEqual({ cn: ["Tomáš Q"], sn: ["Tomáš Q"] });
  });

  test("a group is shown whole", async () => {
    const { entries } = await client.search({ base: groupDn("staff"), attributes: ["*", "+"] });
    expect(entries[0]?.attributes).toMatchObject({
      objectClass: ["top", "groupOfNames", "posixGroup"],
      cn: ["staff"],
      description: ["Everyone who works here"],
      gidNumber: ["20001"],
      entryUUID: [place.group.staff.id],
      structuralObjectClass: ["groupOfNames"],
    });
  });
});

describe("the root DSE", () => {
  test("shows its operational attributes on demand", async () => {
    const { entries } = await client.search({ attributes: ["+"] });
    expect(entries[0]?.attributes).toMatchObject({
      namingContexts: [baseDn],
      supportedLDAPVersion: ["3"],
      supportedControl: expect.arrayContaining(["2.16.840.1.113730.3.4.2"]),
      supportedExtension: expect.arrayContaining(["1.3.6.1.4.1.4203.1.11.3"]),
      supportedFeatures: [
        "1.3.6.1.4.1.4203.1.5.1",
        "1.3.6.1.4.1.4203.1.5.2",
        "1.3.6.1.4.1.4203.1.5.3",
        "1.3.6.1.1.14",
      ],
      subschemaSubentry: ["cn=Subschema"],
      vendorName: ["DirectoryKit"],
    });
    expect((await client.search()).entries).toMatchObject([
      { attributes: { objectClass: ["top", "extensibleObject"] } },
    ]);
  });

  test.each([
    ["(objectClass=*)", 1],
    ["(&)", 1],
    ["(|)", 0],
    ["(supportedLDAPVersion=3)", 1],
    ["(supportedLDAPVersion>=10)", 0],
    ["(supportedLDAPVersion=x)", 0],
    ["(!(supportedLDAPVersion=x))", 0],
    ["(!(supportedLDAPVersion=2))", 1],
    ["(namingContexts=DC=Example, DC=com)", 1],
    ["(namingContexts=nonsense)", 0],
    ["(!(namingContexts=nonsense))", 0],
    ["(vendorName=direct*kit)", 1],
    ["(vendorName=kit*)", 0],
    ["(vendorName~=directorykit)", 1],
    ["(objectClass=1.3.6.1.4.1.1466.101.120.111)", 1],
    ["(userPassword=*)", 0],
    ["(!(userPassword=*))", 0],
    ["(unheardOf=x)", 0],
    ["(!(unheardOf=x))", 0],
  ])("%s finds it %i times", async (filter, times) => {
    expect((await client.search({ filter })).entries).toHaveLength(times);
  });
});
