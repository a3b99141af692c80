import { allowNtHashes } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { allowNtHashReaders, resolveOptions } from "../options.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  type Office,
  office,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

const sid = "S-1-5-21-1-2-4294967295";
const samba = { sid, name: "EXAMPLE" };
const domainDn = `sambaDomainName=EXAMPLE,${baseDn}`;
/** Of `password`, by OpenSSL's md4. */
const ntPassword = "6C946BD3BA0779E6F6578823E2C7A5D9";

const { place, client } = await sharedOffice({ layout: { samba } });

const found = async (base: string, filter: string): Promise<readonly string[]> =>
  (await client.search({ base, filter, attributes: ["1.1"] })).entries.map(({ dn }) => dn);

test("people with a Unix account are accounts of the domain", async () => {
  const { entries } = await client.search({ base: userDn("ada") });
  expect(entries[0]?.attributes).toMatchObject({
    objectClass: expect.arrayContaining(["sambaSamAccount"]),
    // Samba's algorithm: twice the number and 1000, for groups one more.
    sambaSID: [`${sid}-21002`],
    sambaPrimaryGroupSID: [`${sid}-41003`],
    sambaAcctFlags: ["[U          ]"],
    sambaPwdLastSet: [expect.stringMatching(/^\d{10}$/)],
  });
  expect(entries[0]?.attributes).not.toHaveProperty("sambaNTPassword");
  const tomas = (await client.search({ base: userDn("tomas") })).entries[0]?.attributes;
  expect(Object.keys(tomas ?? {}).filter((name) => name.startsWith("samba"))).toEqual([]);
});

test("groups with a number are groups of the domain", async () => {
  const { entries } = await client.search({ base: groupDn("staff") });
  expect(entries[0]?.attributes).toMatchObject({
    objectClass: ["top", "groupOfNames", "posixGroup", "sambaGroupMapping"],
    sambaSID: [`${sid}-41003`],
    sambaGroupType: ["2"],
  });
});

test("the domain is an entry", async () => {
  const { entries } = await client.search({
    base: baseDn,
    filter: "(objectClass=sambaDomain)",
    attributes: ["*", "+"],
  });
  expect(entries).toMatchObject([
    {
      dn: domainDn,
      attributes: {
        objectClass: ["top", "sambaDomain"],
        sambaDomainName: ["EXAMPLE"],
        sambaSID: [sid],
        sambaAlgorithmicRidBase: ["1000"],
        hasSubordinates: ["FALSE"],
      },
    },
  ]);
  expect(await found(domainDn, "(objectClass=*)")).toEqual([domainDn]);
  expect((await client.search({ base: baseDn, scope: "one" })).entries.map(({ dn }) => dn)).toContain(
    domainDn,
  );
});

describe("what file servers ask", () => {
  test.each<[filter: string, base: string, found: readonly string[]]>([
    ["(&(objectClass=sambaDomain)(sambaDomainName=example))", baseDn, [domainDn]],
    ["(&(uid=ada)(objectclass=sambaSamAccount))", usersDn, [userDn("ada")]],
    [`(&(sambaSID=${sid}-21002)(objectclass=sambaSamAccount))`, baseDn, [userDn("ada")]],
    [
      `(&(objectClass=sambaGroupMapping)(|(sambaSID=${sid}-41003)(sambaSID=${sid}-1)))`,
      baseDn,
      [groupDn("staff")],
    ],
    [
      `(&(objectclass=sambaGroupMapping)(sambaGroupType=2)(sambaSID=${sid}*))`,
      groupsDn,
      ["engineers", "staff", "empty"].map(groupDn),
    ],
    ["(&(objectClass=sambaGroupMapping)(gidNumber=20001))", groupsDn, [groupDn("staff")]],
    [`(sambaPrimaryGroupSID=${sid}-41003)`, usersDn, ["grace", "ada"].map(userDn)],
    ["(sambaAcctFlags=[U          ])", usersDn, ["grace", "ada"].map(userDn)],
    [`(sambaSID=${sid}-2100*)`, usersDn, ["grace", "ada"].map(userDn)],
    [`(sambaSID=${sid}-21004*)`, usersDn, [userDn("grace")]],
    [`(sambaSID=${sid}-3*)`, usersDn, []],
    ["(sambaSID=S-1-5-*)", usersDn, ["grace", "ada"].map(userDn)],
    ["(sambaSID=*)", usersDn, ["grace", "ada"].map(userDn)],
    ["(&(uid=*)(!(sambaSID=*)))", usersDn, ["tomas", "reader"].map(userDn)],
    // A number that is a group's is no person's.
    [`(sambaSID=${sid}-21003)`, baseDn, []],
    [`(sambaSID=${sid}-999)`, baseDn, []],
    [`(sambaSID=${sid}-021002)`, baseDn, []],
    ["(sambaSID=S-1-5-21-9-9-9-21002)", baseDn, []],
    [`(&(uid=*)(!(sambaSID=${sid}-21002)))`, usersDn, ["grace", "tomas", "reader"].map(userDn)],
    // Other pieces are not looked for.
    ["(!(sambaSID=*-21002))", usersDn, [usersDn]],
    ["(sambaNTPassword=*)", baseDn, []],
    ["(&(uid=*)(!(sambaNTPassword=*)))", usersDn, []],
    ["(&(uid=*)(!(sambaPwdLastSet>=0)))", usersDn, []],
  ])("%s", async (filter, base, expected) => {
    expect([...(await found(base, filter))].sort()).toEqual([...expected].sort());
  });
});

test("a number too large for an identifier makes no account of the domain", async () => {
  const { directory, resource } = place;
  const user = await directory.users.create({
    username: "huge",
    posix: { uid: 2_147_483_600, gid: 2_147_483_600, home: "/home/huge" },
  });
  await directory.grants.add({ user, resource });
  const { entries } = await client.search({ base: userDn("huge") });
  expect(entries[0]?.attributes["objectClass"]).toContain("posixAccount");
  expect(Object.keys(entries[0]?.attributes ?? {}).filter((name) => name.startsWith("samba"))).toEqual([]);
  for (const filter of [
    "(sambaSID=*)",
    "(objectClass=sambaSamAccount)",
    "(sambaAcctFlags=*)",
    "(sambaPrimaryGroupSID=*)",
  ])
    expect(await found(usersDn, `(&(uid=huge)${filter})`)).toEqual([]);
  await directory.users.delete(user.id);
});

describe("NT hashes", () => {
  const weak = { [allowNtHashes]: true };
  const hashOf = async (place: Office, who: string, of = "ada"): Promise<readonly string[] | undefined> => {
    await using reader = ldapTestClient(place.server);
    await reader.bind(userDn(who), password);
    const { entries } = await reader.search({ base: userDn(of), attributes: ["uid", "sambaNTPassword"] });
    expect(entries[0]?.attributes["uid"]).toEqual([of]);
    return entries[0]?.attributes["sambaNTPassword"];
  };

  test("are shown to those the host has named, and to nobody else", async () => {
    await using own = await office({ layout: { samba }, [allowNtHashReaders]: ["Reader"] }, weak);
    expect([await hashOf(own, "ada"), await hashOf(own, "reader"), await hashOf(own, "grace")]).toEqual([
      undefined,
      [ntPassword],
      undefined,
    ]);
    // What one reader was answered is not kept for the next.
    expect([await hashOf(own, "reader", "grace"), await hashOf(own, "ada", "grace")]).toEqual([
      [ntPassword],
      undefined,
    ]);
    await own.directory.credentials.setPassword(own.user.ada.id, "another engine of 1843");
    const changed = await hashOf(own, "reader");
    expect(changed).not.toEqual([ntPassword]);
    expect(changed?.[0]).toMatch(/^[0-9A-F]{32}$/);
    expect(await hashOf(own, "reader", "tomas")).toBeUndefined();
  });

  test("are never matched, compared with or sorted by, even by those", async () => {
    await using own = await office({ layout: { samba }, [allowNtHashReaders]: ["reader"] }, weak);
    await using reader = ldapTestClient(own.server);
    await reader.bind(userDn("reader"), password);
    for (const filter of [
      `(sambaNTPassword=${ntPassword})`,
      "(!(sambaNTPassword=x))",
      `(:caseIgnoreIA5Match:=${ntPassword})`,
    ])
      expect((await reader.search({ base: usersDn, filter: `(&(uid=ada)${filter})` })).entries).toEqual([]);
    expect((await reader.compare(userDn("ada"), "sambaNTPassword", ntPassword)).resultCode).not.toBe(
      LdapResultCode.compareTrue,
    );
  });

  test("are shown to nobody when nobody is named", async () => {
    await using own = await office({ layout: { samba } }, weak);
    expect(await hashOf(own, "reader")).toBeUndefined();
  });

  test("need a directory that keeps them, and a domain", () => {
    const { directory } = place;
    for (const options of [
      { layout: { samba }, [allowNtHashReaders]: ["reader"] },
      { [allowNtHashReaders]: ["reader"] },
      { layout: { samba }, [allowNtHashReaders]: "reader" },
      { layout: { samba }, [allowNtHashReaders]: [""] },
      { layout: { samba }, allowNtHashReaders: ["reader"] },
    ])
      expect(() => resolveOptions({ directory, ...options } as never)).toThrow(
        expect.objectContaining({ code: "misconfigured" }),
      );
  });
});

test.each([
  ["an identifier of no domain", { sid: "S-1-5-32-544", name: "EXAMPLE" }],
  ["an identifier of too large a number", { sid: "S-1-5-21-1-2-4294967296", name: "EXAMPLE" }],
  ["a name too long for NetBIOS", { sid, name: "A-DOMAIN-FAR-TOO-LONG" }],
  ["a name that is none", { sid, name: "EX=AMPLE" }],
  ["an unknown key", { sid, name: "EXAMPLE", domain: "x" }],
])("%s is refused", (_, wrong) => {
  expect(() => resolveOptions({ directory: place.directory, layout: { samba: wrong as never } })).toThrow(
    expect.objectContaining({ code: "misconfigured" }),
  );
});
