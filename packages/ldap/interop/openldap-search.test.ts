import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  adaSshKey,
  awkwardGroup,
  awkwardGroupDn,
  baseDn,
  type Fixture,
  groupsDn,
  passwords,
  startFixture,
  usersDn,
} from "./fixture.ts";
import { type LdifEntry, parseLdif } from "./ldif.ts";

describeWithPeers("ldapsearch", ["ldapsearch", "openssl"], (paths) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  /** Runs ldapsearch over StartTLS as grace. */
  const run = (args: readonly string[]): Promise<ProgramResult> =>
    runProgram(
      paths.ldapsearch,
      [
        ...["-x", "-LLL", "-o", "ldif-wrap=no", "-H", fixture.ldap.url, "-ZZ"],
        ...["-D", fixture.dnOf("grace"), "-w", passwords.grace, ...args],
      ],
      { env: { LDAPTLS_CACERT: fixture.tls.caFile } },
    );
  const search = async (base: string, ...args: string[]): Promise<readonly LdifEntry[]> => {
    const result = await run(["-b", base, ...args]);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    return parseLdif(result.stdout);
  };
  const dns = async (base: string, ...args: string[]): Promise<readonly string[]> =>
    (await search(base, ...args)).map((entry) => entry.dn);
  const uids = async (filter: string): Promise<readonly string[]> =>
    (await search(usersDn, filter, "uid")).flatMap((entry) => entry.attributes["uid"] ?? []);

  describe("scopes", () => {
    test("base shows the entry alone, by its own spelling of the name", async () => {
      expect(await dns("UID=Ada , OU=users,DC=Example,dc=COM", "-s", "base", "1.1")).toEqual([
        `uid=ada,${usersDn}`,
      ]);
    });

    test("one shows what lies directly below", async () => {
      expect(await dns(baseDn, "-s", "one", "1.1")).toEqual([usersDn, groupsDn]);
      expect(await dns(groupsDn, "-s", "one", "1.1")).toHaveLength(7);
      expect(await dns(`uid=ada,${usersDn}`, "-s", "one", "1.1")).toEqual([]);
    });

    test("sub shows all, without the suspended and those no grant lets in", async () => {
      const all = await dns(baseDn, "-s", "sub", "1.1");
      expect(all).toHaveLength(20);
      expect(all).toContain(awkwardGroupDn);
      expect(all).not.toContain(fixture.dnOf("sam"));
      expect(all).not.toContain(fixture.dnOf("mallory"));
    });

    test("a base that is not there is answered with the part that is", async () => {
      const { status, stderr } = await run(["-b", `uid=nobody,${usersDn}`]);
      expect(status).toBe(32);
      expect(stderr).toContain(`Matched DN: ${usersDn}`);
      expect((await run(["-b", "dc=elsewhere"])).status).toBe(32);
      expect((await run(["-b", "not a name"])).status).toBe(34);
    });

    test("the DN of a group with every special character can be searched as it was printed", async () => {
      const [entry] = await search(awkwardGroupDn, "-s", "base");
      expect(entry?.attributes["cn"]).toEqual([awkwardGroup]);
      const [again] = await search(entry?.dn ?? "", "-s", "base");
      expect(again).toEqual(entry);
    });
  });

  describe("filters", () => {
    test.each([
      ["(uid=ADA)", ["ada"]],
      ["(uid=  ada  )", ["ada"]],
      ["(&(objectClass=posixAccount)(uid=ada))", ["ada"]],
      ["(&(uid=ada)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))", ["ada"]],
      ["(|(mail=ada@example.com)(mail=GRACE@EXAMPLE.COM))", ["ada", "grace"]],
      ["(uidNumber>=10002)", ["grace"]],
      ["(uidNumber<=10001)", ["ada"]],
      ["(cn=*love*)", ["ada"]],
      ["(cn=Ada*lace)", ["ada"]],
      ["(cn~=ada lovelace)", ["ada"]],
      ["(mail=*@example.org)", ["ada"]],
      ["(!(mail=*))", ["svc-reader"]],
      ["(employeeNumber=1815)", ["ada"]],
      ["(displayName:caseExactMatch:=ada lovelace)", []],
      ["(displayName:caseExactMatch:=Ada Lovelace)", ["ada"]],
      ["(2.5.4.42=Grace)", ["grace"]],
      ["(&(objectClass=2.5.6.6)(uid=g*))", ["grace"]],
      ["(telephoneNumber=+442079460018)", ["ada"]],
      ["(uidNumber>=9)", ["ada", "grace"]],
      ["(&(createTimestamp>=202001010000+0100)(uid=ada))", ["ada"]],
      ["(&(ou:dn:=Users)(uid=ada))", ["ada"]],
      ["(uid=a*d*a)", ["ada"]],
      // Undefined is not false: its negation matches nothing either (RFC 4511 §4.5.1.7).
      ["(noSuchAttribute=x)", []],
      ["(!(noSuchAttribute=x))", []],
      ["(|(noSuchAttribute=x)(uid=ada))", ["ada"]],
      ["(userPassword=*)", []],
      // RFC 4526: the filters that are always true and always false.
      ["(&(&)(uid=ada))", ["ada"]],
      ["(|)", []],
    ])("%s", async (filter, expected) => {
      expect(await uids(filter)).toEqual(expected);
    });

    test("special characters are matched when they are escaped", async () => {
      expect(
        await uids("(cn=\\c5\\bdofie \\28Zofka\\29 \\2aNov\\c3\\a1kov\\c3\\a1\\2a \\5c 諾瓦克 🐎)"),
      ).toEqual(["zofie"]);
      expect(await uids("(cn=*\\2aNováková\\2a*)")).toEqual(["zofie"]);
      expect(await uids("(cn=*\\28*)")).toEqual(["zofie"]);
      expect(await uids("(sn=*諾*)")).toEqual([]);
      expect(await uids('(sn=O\'Neil, "Q" + <Sons>)')).toEqual(["quentin"]);
    });

    test("unicode is matched regardless of case and composition", async () => {
      expect(await uids("(sn=NOVÁKOVÁ)")).toEqual(["zofie"]);
      expect(await uids("(sn=Nova\u0301kova\u0301)")).toEqual(["zofie"]);
      expect(await uids("(cn=李小龍)")).toEqual(["lee"]);
      expect(await uids("(cn=*小*)")).toEqual(["lee"]);
    });

    test("members are found by their DN in any spelling, through nested groups", async () => {
      expect(await dns(groupsDn, `(member=UID=Grace, ou=users,${baseDn})`, "1.1")).toEqual([
        `cn=staff,${groupsDn}`,
        `cn=engineers,${groupsDn}`,
        `cn=compilers,${groupsDn}`,
      ]);
      expect(await dns(groupsDn, "(memberUid=ada)", "1.1")).toEqual([
        `cn=staff,${groupsDn}`,
        `cn=engineers,${groupsDn}`,
      ]);
      expect(await uids(`(memberOf=cn=engineers,${groupsDn})`)).toEqual(["ada", "grace"]);
      expect(await uids(`(memberOf:1.2.840.113556.1.4.1941:=cn=engineers,${groupsDn})`)).toEqual([
        "ada",
        "grace",
      ]);
      expect(await dns(groupsDn, "(&(objectClass=groupOfNames)(!(member=*)))", "1.1")).toEqual([
        `cn=Nobody Yet,${groupsDn}`,
      ]);
      const escaped = awkwardGroupDn.replaceAll("\\", "\\5c");
      expect(await uids(`(memberOf=${escaped})`)).toEqual(["quentin"]);
      expect(await uids(`(manager=${fixture.dnOf("grace")})`)).toEqual(["ada"]);
    });

    test("entryUUID and modifyTimestamp find what they were read from", async () => {
      const [entry] = await search(usersDn, "(uid=ada)", "+");
      expect(await uids(`(entryUUID=${entry?.attributes["entryUUID"]?.[0]})`)).toEqual(["ada"]);
      expect(await uids(`(entryUUID=${entry?.attributes["entryUUID"]?.[0]?.toUpperCase()})`)).toEqual([
        "ada",
      ]);
      const time = entry?.attributes["modifyTimestamp"]?.[0];
      expect(time).toMatch(/^\d{14}Z$/);
      expect(await uids("(modifyTimestamp>=20200101000000Z)")).toHaveLength(10);
      expect(await uids("(modifyTimestamp<=20200101000000Z)")).toEqual([]);
    });
  });

  describe("attributes", () => {
    test("without a list all user attributes are shown, and none that the server keeps", async () => {
      const [entry] = await search(fixture.dnOf("ada"), "-s", "base");
      expect(entry?.attributes).toEqual({
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
        givenName: ["Ada"],
        displayName: ["Ada Lovelace"],
        mail: ["ada@example.com", "countess@example.org"],
        employeeNumber: ["1815"],
        title: ["Analyst"],
        departmentNumber: ["Engines"],
        telephoneNumber: ["+44 20 7946 0018"],
        manager: [fixture.dnOf("grace")],
        uidNumber: ["10001"],
        gidNumber: ["20001"],
        homeDirectory: ["/home/ada"],
        loginShell: ["/bin/bash"],
        gecos: ["Ada Lovelace"],
        sshPublicKey: [adaSshKey],
        shadowLastChange: [expect.stringMatching(/^\d{5}$/)],
      });
    });

    test("+ shows those that the server keeps, with * both", async () => {
      const [kept] = await search(fixture.dnOf("ada"), "-s", "base", "+");
      expect(kept?.attributes).toMatchObject({
        entryUUID: [(await fixture.user("ada")).id],
        entryDN: [fixture.dnOf("ada")],
        memberOf: [`cn=engineers,${groupsDn}`, `cn=staff,${groupsDn}`],
        structuralObjectClass: ["inetOrgPerson"],
        hasSubordinates: ["FALSE"],
      });
      expect(kept?.attributes).not.toHaveProperty("uid");
      const [both] = await search(fixture.dnOf("ada"), "-s", "base", "*", "+");
      expect(both?.attributes).toMatchObject({ uid: ["ada"], entryDN: [fixture.dnOf("ada")] });
    });

    test("1.1 shows none, and unknown ones are passed over", async () => {
      expect(await search(fixture.dnOf("ada"), "-s", "base", "1.1")).toEqual([
        { dn: fixture.dnOf("ada"), attributes: {} },
      ]);
      const [entry] = await search(
        fixture.dnOf("ada"),
        "-s",
        "base",
        "MAIL",
        "noSuchAttribute",
        "cn;lang-de",
      );
      expect(entry?.attributes).toEqual({ mail: ["ada@example.com", "countess@example.org"] });
    });

    test("-A shows names without values", async () => {
      const [entry] = await search(fixture.dnOf("grace"), "-s", "base", "-A", "uid", "mail", "entryUUID");
      expect(entry?.attributes).toEqual({ uid: [], mail: [], entryUUID: [] });
    });

    test("a group without members has no member attribute", async () => {
      const [entry] = await search(`cn=Nobody Yet,${groupsDn}`, "-s", "base");
      expect(entry?.attributes).toEqual({
        objectClass: ["top", "groupOfNames"],
        cn: ["Nobody Yet"],
        description: ["A group without members"],
      });
    });

    test("members of nested groups are shown, without those who may not be seen", async () => {
      const [entry] = await search(`cn=staff,${groupsDn}`, "-s", "base", "member", "memberUid", "gidNumber");
      const names = ["ada", "digits", "grace", "lee", "quentin", "tomas", "zofie"];
      expect(entry?.attributes["memberUid"]?.toSorted()).toEqual(names);
      expect(entry?.attributes["member"]?.toSorted()).toEqual(names.map((name) => `uid=${name},${usersDn}`));
      expect(entry?.attributes["gidNumber"]).toEqual(["20001"]);
    });
  });

  describe("limits and controls", () => {
    test("-z ends the search with as many entries and result 4", async () => {
      const { status, stdout, stderr } = await run(["-b", baseDn, "-z", "3", "1.1"]);
      expect({ status, stderr }).toEqual({ status: 4, stderr: "Size limit exceeded (4)\n" });
      expect(parseLdif(stdout)).toHaveLength(3);
    });

    test("-z that is just enough is a success", async () => {
      expect(await dns(baseDn, "-z", "20", "1.1")).toHaveLength(20);
    });

    test("-l is taken", async () => {
      expect(await dns(baseDn, "-l", "5", "1.1")).toHaveLength(20);
    });

    test("a critical control nobody knows is refused with 12, any other passed over", async () => {
      expect(await run(["-b", baseDn, "-e", "!1.2.3.4", "1.1"])).toMatchObject({ status: 12, stdout: "" });
      expect(await dns(baseDn, "-e", "1.2.3.4", "1.1")).toHaveLength(20);
    });

    test("-M and -MM treat every entry as what it is, since there are no referrals", async () => {
      expect(await dns(usersDn, "-M", "(uid=ada)", "1.1")).toEqual([fixture.dnOf("ada")]);
      expect(await dns(usersDn, "-MM", "(uid=ada)", "1.1")).toEqual([fixture.dnOf("ada")]);
    });

    test("critical paged results give every entry where the root DSE offers them, and are refused where not", async () => {
      const [rootDse] = await search("", "-s", "base", "supportedControl");
      const offered = rootDse?.attributes["supportedControl"]?.includes("1.2.840.113556.1.4.319") === true;
      const { status, stdout } = await run(["-b", baseDn, "-E", "!pr=3/noprompt", "1.1"]);
      expect({ status, entries: parseLdif(stdout).length }).toEqual(
        offered ? { status: 0, entries: 20 } : { status: 12, entries: 0 },
      );
    });

    test("paged results that are not critical give every entry", async () => {
      expect(await dns(baseDn, "-E", "pr=3/noprompt", "1.1")).toHaveLength(20);
    });
  });

  describe("the root DSE and the schema", () => {
    const anonymous = async (...args: string[]): Promise<ProgramResult> =>
      runProgram(paths.ldapsearch, ["-x", "-LLL", "-o", "ldif-wrap=no", "-H", fixture.ldap.url, ...args]);

    test("everyone may read the root DSE", async () => {
      const { status, stdout } = await anonymous("-b", "", "-s", "base", "+");
      expect(status).toBe(0);
      const [rootDse] = parseLdif(stdout);
      expect(rootDse?.attributes).toMatchObject({
        namingContexts: [baseDn],
        supportedLDAPVersion: ["3"],
        supportedExtension: expect.arrayContaining(["1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3"]),
        supportedControl: expect.arrayContaining(["2.16.840.1.113730.3.4.2"]),
      });
    });

    test("nobody may read more before a bind", async () => {
      for (const base of [baseDn, usersDn, `uid=nobody,${usersDn}`, "cn=Subschema"])
        expect(await anonymous("-b", base)).toMatchObject({ status: 50, stdout: "" });
    });

    test("the root DSE names the schema, which those who are bound may read", async () => {
      const [rootDse] = await search("", "-s", "base", "subschemaSubentry");
      const base = rootDse?.attributes["subschemaSubentry"]?.[0] ?? "";
      const [schema] = await search(
        base,
        "-s",
        "base",
        "(objectClass=subschema)",
        "attributeTypes",
        "objectClasses",
      );
      expect(schema?.attributes["attributeTypes"]?.join()).toContain("NAME 'entryUUID'");
      expect(schema?.attributes["objectClasses"]?.join()).toContain("NAME 'inetOrgPerson'");
    });
  });
});
