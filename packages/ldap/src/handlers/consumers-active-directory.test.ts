import { describe, expect, test } from "vitest";
import { LdapResultCode, parseFilter } from "../codec/index.ts";
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
import { guidOctets } from "../view/object-guid.ts";

const { place, client } = await sharedOffice({ layout: { flavour: "activeDirectory" } });

const people = ["grace", "ada", "tomas", "reader"].map(userDn);
const groups = ["engineers", "staff", "guests", "empty"].map(groupDn);
const inChain = "1.2.840.113556.1.4.1941";
const isOff = "userAccountControl:1.2.840.113556.1.4.803:=2";

/** What programs ask of Active Directory, word for word as they ask it. */
const lookups: readonly (readonly [who: string, base: string, filter: string, found: readonly string[]])[] = [
  ["Jira, everyone", baseDn, "(&(objectCategory=Person)(sAMAccountName=*))", people],
  [
    "Jira, a user",
    baseDn,
    "(&(&(objectCategory=Person)(sAMAccountName=*))(sAMAccountName=ada))",
    [userDn("ada")],
  ],
  ["Jira, all groups", baseDn, "(objectCategory=Group)", groups],
  [
    "Jira, groups of a user",
    baseDn,
    `(&(objectCategory=Group)(member=${userDn("grace")}))`,
    [groupDn("staff")],
  ],
  [
    "Crowd, nested groups of a user",
    baseDn,
    `(&(objectClass=group)(member:${inChain}:=${userDn("ada")}))`,
    [groupDn("engineers"), groupDn("staff")],
  ],
  [
    "Crowd, what changed since a number",
    baseDn,
    "(&(objectCategory=Person)(sAMAccountName=*)(uSNChanged>=99999999))",
    [],
  ],
  [
    "Crowd, what changed since the beginning",
    baseDn,
    "(&(objectCategory=Person)(sAMAccountName=*)(uSNChanged>=1))",
    people,
  ],
  ["GitLab, a login", baseDn, "(sAMAccountName=ada)", [userDn("ada")]],
  [
    "GitLab, a login with a filter on nested groups",
    baseDn,
    `(&(sAMAccountName=ada)(memberOf:${inChain}:=${groupDn("staff")}))`,
    [userDn("ada")],
  ],
  ["GitLab, accounts that are off", baseDn, `(&(objectClass=user)(${isOff}))`, []],
  [
    ".NET, a user by principal name",
    baseDn,
    "(&(objectCategory=user)(objectClass=user)(|(userPrincipalName=ada@example.com)(distinguishedName=ada@example.com)(name=ada@example.com)))",
    [userDn("ada")],
  ],
  [
    ".NET, a user by name",
    baseDn,
    "(&(objectCategory=user)(objectClass=user)(|(sAMAccountName=ada)))",
    [userDn("ada")],
  ],
  [
    ".NET, a user by distinguished name",
    baseDn,
    `(&(objectCategory=user)(objectClass=user)(distinguishedName=${userDn("ada")}))`,
    [userDn("ada")],
  ],
  [
    ".NET, a group",
    baseDn,
    "(&(objectClass=group)(|(sAMAccountName=staff)(name=staff)))",
    [groupDn("staff")],
  ],
  ["Nextcloud, everyone", usersDn, "(&(|(objectclass=person)))", people],
  [
    "Nextcloud, a login",
    usersDn,
    "(&(&(|(objectclass=person)))(|(samaccountname=ada)(|(mailPrimaryAddress=ada)(mail=ada))))",
    [userDn("ada")],
  ],
  ["Nextcloud, groups", groupsDn, "(&(|(objectclass=group)))", groups],
  ["Grafana", baseDn, "(sAMAccountName=ada)", [userDn("ada")]],
  [
    "Jenkins, a user",
    baseDn,
    "(& (userPrincipalName=ada@example.com)(objectCategory=user))",
    [userDn("ada")],
  ],
  ["Jenkins, a group", baseDn, "(& (cn=staff)(objectCategory=group))", [groupDn("staff")]],
  [
    "Keycloak, a user",
    usersDn,
    "(&(sAMAccountName=ada)(objectclass=person)(objectclass=organizationalPerson)(objectclass=user))",
    [userDn("ada")],
  ],
  ["Proxmox, accounts that are on", baseDn, `(&(objectclass=user)(samaccountname=*)(!(${isOff})))`, people],
  [
    "sssd, a user",
    baseDn,
    "(&(sAMAccountName=ada)(objectclass=user)(sAMAccountName=*)(&(uidNumber=*)(!(uidNumber=0))))",
    [userDn("ada")],
  ],
  ["Apache, a login", baseDn, "(&(objectClass=user)(sAMAccountName=ada))", [userDn("ada")]],
  [
    "a tool that leaves machines out",
    baseDn,
    `(&(objectClass=user)(!(objectClass=computer))(!(${isOff})))`,
    people,
  ],
  ["a tool that goes by the type of account", baseDn, "(sAMAccountType=805306368)", people],
  ["a tool that wants security groups", baseDn, "(groupType:1.2.840.113556.1.4.803:=2147483648)", groups],
  ["a tool that wants global or universal groups", baseDn, "(groupType:1.2.840.113556.1.4.804:=10)", groups],
  ["a tool that leaves out locked accounts", baseDn, "(&(objectClass=user)(!(lockoutTime>=1)))", people],
  [
    "a tool that leaves out expired accounts",
    baseDn,
    "(&(objectClass=user)(|(accountExpires=0)(accountExpires=9223372036854775807)))",
    people,
  ],
  [
    "a category by its name in the schema",
    baseDn,
    "(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=example,DC=com)",
    people,
  ],
  ["a category that nothing here has", baseDn, "(objectCategory=computer)", []],
  ["units", baseDn, "(objectCategory=organizationalUnit)", [usersDn, groupsDn]],
  ["people of a domain", baseDn, "(userPrincipalName=*@EXAMPLE.com)", people],
  ["people whose principal name begins so", baseDn, "(userPrincipalName=ad*)", [userDn("ada")]],
  ["people of another domain", baseDn, "(userPrincipalName=*@example.org)", []],
  [
    "by time of creation",
    baseDn,
    "(&(objectClass=user)(whenCreated>=20200101000000.0Z)(whenChanged<=20991231235959.0Z))",
    people,
  ],
];

test.each(lookups)("%s", async (_, base, filter, found) => {
  const { entries, resultCode } = await client.search({ base, filter, attributes: ["sAMAccountName"] });
  expect([resultCode, ...entries.map(({ dn }) => dn).sort()]).toEqual([0, ...[...found].sort()]);
});

describe("a person", () => {
  test("shows what Active Directory would", async () => {
    await place.directory.users.update(place.user.ada.id, {
      employee: { ...place.user.ada.employee, department: "Engines", organization: "Difference" },
    });
    const { entries } = await client.search({ base: userDn("ada") });
    const [ada] = entries;
    expect(ada?.attributes).toMatchObject({
      objectClass: [
        "top",
        "person",
        "organizationalPerson",
        "user",
        "inetOrgPerson",
        "posixAccount",
        "shadowAccount",
        "ldapPublicKey",
      ],
      sAMAccountName: ["ada"],
      userPrincipalName: ["ada@example.com"],
      userAccountControl: ["512"],
      objectCategory: ["CN=Person,CN=Schema,CN=Configuration,dc=example,dc=com"],
      distinguishedName: [userDn("ada")],
      name: ["ada"],
      cn: ["Ada Lovelace"],
      displayName: ["Ada Lovelace"],
      department: ["Engines"],
      company: ["Difference"],
      employeeID: ["1815"],
      whenCreated: [expect.stringMatching(/^\d{14}\.0Z$/)],
      whenChanged: [expect.stringMatching(/^\d{14}\.0Z$/)],
      uSNChanged: [expect.stringMatching(/^\d+$/)],
    });
    // Of Active Directory's user attributes this one comes without being asked for.
    expect([...(ada?.attributes["memberOf"] ?? [])].sort()).toEqual([groupDn("engineers"), groupDn("staff")]);
    expect(ada?.octets["objectGUID"]).toEqual([guidOctets(place.user.ada.id)]);
  });

  test("is found by objectGUID, octet by octet", async () => {
    const escaped = [...guidOctets(place.user.ada.id)]
      .map((one) => `\\${one.toString(16).padStart(2, "0")}`)
      .join("");
    for (const [filter, found] of [
      [`(objectGUID=${escaped})`, [userDn("ada")]],
      [`(&(uid=ada)(!(objectGUID=${escaped})))`, []],
      [`(objectGUID=${escaped.slice(3)})`, []],
      [`(objectGUID=${place.user.ada.id})`, []],
      [`(objectGUID:octetStringMatch:=${escaped})`, [userDn("ada")]],
    ] as const) {
      const { entries } = await client.search({
        base: baseDn,
        filter: parseFilter(filter),
        attributes: ["1.1"],
      });
      expect(entries.map(({ dn }) => dn)).toEqual(found);
    }
  });

  test("changes its number with every change", async () => {
    const number = async (): Promise<number> => {
      const { entries } = await client.search({ base: userDn("grace"), attributes: ["uSNChanged"] });
      return Number(entries[0]?.attributes["uSNChanged"]?.[0]);
    };
    const before = await number();
    await place.directory.users.update(place.user.grace.id, { phones: ["+1"] });
    expect(await number()).toBeGreaterThan(before);
  });
});

test("a group shows what Active Directory would", async () => {
  const { entries } = await client.search({ base: groupDn("staff") });
  expect(entries[0]?.attributes).toMatchObject({
    objectClass: ["top", "groupOfNames", "group", "posixGroup"],
    sAMAccountName: ["staff"],
    groupType: ["-2147483646"],
    objectCategory: ["CN=Group,CN=Schema,CN=Configuration,dc=example,dc=com"],
    distinguishedName: [groupDn("staff")],
    name: ["staff"],
  });
  expect(entries[0]?.attributes["member"]).toHaveLength(3);
});

test("bits are all asked for, or any", async () => {
  const control = "userAccountControl:1.2.840.113556.1.4";
  for (const [filter, found] of [
    [`(${control}.803:=512)`, true],
    [`(${control}.803:=514)`, false],
    [`(${control}.803:=0)`, true],
    [`(${control}.804:=514)`, true],
    [`(${control}.804:=2)`, false],
    [`(${control}.804:=0)`, false],
    [`(!(${control}.804:=2))`, true],
    [`(!(${control}.804:=x))`, false],
    // Numbers of the directory are not kept by their bits.
    ["(!(uidNumber:1.2.840.113556.1.4.803:=1))", false],
  ] as const) {
    const { entries } = await client.search({ base: userDn("ada"), filter });
    expect(entries.length > 0, filter).toBe(found);
  }
});

test("the root says where to begin, and promises no mechanism that is not there", async () => {
  const { entries } = await client.search({ attributes: ["*", "+"] });
  expect(entries[0]?.attributes).toMatchObject({
    defaultNamingContext: [baseDn],
    rootDomainNamingContext: [baseDn],
  });
  expect(entries[0]?.attributes).not.toHaveProperty("supportedCapabilities");
});

test("comparing goes by the same names", async () => {
  for (const [dn, name, value] of [
    [userDn("ada"), "sAMAccountName", "ADA"],
    [userDn("ada"), "userPrincipalName", "ada@example.com"],
    [userDn("ada"), "objectCategory", "person"],
    [groupDn("staff"), "objectClass", "group"],
    [usersDn, "objectCategory", "organizationalUnit"],
  ] as const)
    expect((await client.compare(dn, name, value)).resultCode).toBe(LdapResultCode.compareTrue);
  expect((await client.compare(userDn("ada"), "userAccountControl", "514")).resultCode).toBe(
    LdapResultCode.compareFalse,
  );
});

test("the domain can be chosen; without one there is no principal name", async () => {
  for (const [domain, base, expected] of [
    ["corp.example", "dc=example,dc=com", ["ada@corp.example"]],
    [undefined, "o=Company", undefined],
    [undefined, "ou=Berlin,dc=Example,dc=org", ["ada@Example.org"]],
  ] as const) {
    await using own = await office({ baseDn: base, layout: { flavour: "activeDirectory", domain } });
    await using reader = ldapTestClient(own.server);
    await reader.bind(`uid=reader,ou=Users,${base}`, password);
    const { entries } = await reader.search({ base, filter: "(sAMAccountName=ada)" });
    expect(entries[0]?.attributes["userPrincipalName"]).toEqual(expected);
  }
});

test("none of this is there in the standard flavour", async () => {
  await using own = await office();
  await using reader = ldapTestClient(own.server);
  await reader.bind(userDn("reader"), password);
  const { entries } = await reader.search({ base: userDn("ada"), attributes: ["*", "+", "objectGUID"] });
  for (const name of ["sAMAccountName", "objectGUID", "userAccountControl", "objectCategory"])
    expect(entries[0]?.attributes).not.toHaveProperty(name);
  for (const filter of [
    "(sAMAccountName=ada)",
    "(objectClass=user)",
    `(!(${isOff}))`,
    "(objectCategory=person)",
  ])
    expect((await reader.search({ base: baseDn, filter })).entries).toEqual([]);
});
