import { describe, expect, test } from "vitest";
import { ControlOid, LdapResultCode } from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

const { place, client } = await sharedOffice();

describe("sssd", () => {
  test("reads of the root what it may use, and goes by times where there is no number of changes", async () => {
    await using anonymous = ldapTestClient(place.server);
    const { entries } = await anonymous.search({
      base: "",
      scope: "base",
      filter: "(objectclass=*)",
      attributes: [
        ...[
          "*",
          "altServer",
          "namingContexts",
          "supportedControl",
          "supportedExtension",
          "supportedFeatures",
        ],
        ...["supportedLDAPVersion", "supportedSASLMechanisms", "domainControllerFunctionality"],
        ...["defaultNamingContext", "lastUSN", "highestCommittedUSN"],
      ],
    });
    const root = entries[0]?.attributes ?? {};
    expect(root).toMatchObject({ namingContexts: [baseDn], supportedLDAPVersion: ["3"] });
    expect(root["supportedControl"]).toEqual(
      expect.arrayContaining([ControlOid.pagedResults, ControlOid.dereference]),
    );
    for (const name of ["lastUSN", "highestCommittedUSN", "domainControllerFunctionality"])
      expect(root).not.toHaveProperty(name);
  });

  test("gets of a user what there is of all it asks for", async () => {
    const { entries } = await client.search({
      base: usersDn,
      filter: "(&(uid=ada)(objectclass=posixAccount)(uid=*)(&(uidNumber=*)(!(uidNumber=0))))",
      attributes: [
        ...["objectClass", "uid", "userPassword", "uidNumber", "gidNumber", "gecos", "homeDirectory"],
        ...["loginShell", "krbPrincipalName", "cn", "memberOf", "modifyTimestamp", "modifyTimestamp"],
        ...[
          "shadowLastChange",
          "shadowMin",
          "shadowMax",
          "shadowWarning",
          "shadowInactive",
          "shadowExpire",
          "shadowFlag",
        ],
        ...["krbLastPwdChange", "krbPasswordExpiration", "pwdAttribute", "authorizedService"],
        ...["accountExpires", "userAccountControl", "nsAccountLock", "host", "rhost", "loginDisabled"],
        ...["loginExpirationTime", "loginAllowedTimeMap", "sshPublicKey", "userCertificate;binary", "mail"],
      ],
    });
    expect(entries[0]?.attributes).toEqual({
      objectClass: expect.arrayContaining(["posixAccount", "shadowAccount", "ldapPublicKey"]),
      uid: ["ada"],
      uidNumber: ["10001"],
      gidNumber: ["20001"],
      gecos: ["Ada"],
      homeDirectory: ["/home/ada"],
      loginShell: ["/bin/bash"],
      shadowLastChange: [expect.stringMatching(/^\d+$/)],
      cn: ["Ada Lovelace"],
      memberOf: expect.arrayContaining(["engineers", "staff"].map(groupDn)),
      modifyTimestamp: [expect.stringMatching(/^\d{14}Z$/)],
      sshPublicKey: [...place.user.ada.sshKeys],
      mail: ["ada@example.com"],
    });
  });
});

describe("a login", () => {
  test("of MySQL or OpenVPN is one search and one bind on a connection of its own", async () => {
    const login = async (typed: string, given: string): Promise<string> => {
      const { entries } = await client.search({
        base: usersDn,
        filter: `(uid=${typed})`,
        attributes: ["1.1"],
      });
      if (entries.length !== 1) return `${entries.length} entries`;
      await using second = ldapTestClient(place.server);
      const { resultCode } = await second.bind(entries[0]?.dn ?? "", given);
      return resultCode === LdapResultCode.success ? "let in" : `result ${resultCode}`;
    };
    expect(await login("ada", password)).toBe("let in");
    expect(await login("ada", "wrong")).toBe(`result ${LdapResultCode.invalidCredentials}`);
    for (const typed of ["nobody", "sam", "\\2a", "stella"])
      expect(await login(typed, password)).toBe("0 entries");
  });

  test("of OpenVPN goes on with the groups that are required, one comparison after another", async () => {
    const allowed = async (dn: string, filter: string): Promise<boolean> => {
      const { entries } = await client.search({ base: groupsDn, filter, attributes: ["1.1"] });
      const answers = await Promise.all(entries.map((entry) => client.compare(entry.dn, "member", dn)));
      return answers.some(({ resultCode }) => resultCode === LdapResultCode.compareTrue);
    };
    expect(await allowed(userDn("ada"), "(|(cn=engineers)(cn=guests))")).toBe(true);
    expect(await allowed(userDn("grace"), "(|(cn=engineers)(cn=guests))")).toBe(false);
  });

  test("of Grafana reads groups off the person, when asked for by name", async () => {
    const attributes = ["uid", "mail", "givenName", "sn", "memberOf"];
    const { entries } = await client.search({ base: baseDn, filter: "(uid=ada)", attributes });
    expect(entries[0]?.attributes).toEqual({
      uid: ["ada"],
      mail: ["ada@example.com"],
      givenName: ["Ada"],
      sn: ["Lovelace"],
      memberOf: expect.arrayContaining(["engineers", "staff"].map(groupDn)),
    });
  });
});

describe("names", () => {
  const awkward = 'Sales, "EMEA" + Ops; <a>=b\\c #1';

  test("GitLab keeps a DN and reads it again, letter by letter, however it was typed first", async () => {
    const spellings = [
      userDn("ada"),
      "UID=ADA , OU=users, DC=Example , DC=COM",
      "uid=\\61da,ou=Users,dc=example,dc=com",
    ];
    for (const base of spellings) {
      const { entries } = await client.search({
        base,
        scope: "base",
        attributes: ["dn", "uid", "cn", "mail"],
      });
      expect(entries.map(({ dn }) => dn)).toEqual([userDn("ada")]);
    }
  });

  test("a DN with all that must be escaped comes back as it was given, and is found by in filters", async () => {
    const { directory, user } = place;
    await directory.groups.create({ name: awkward, members: [user.grace.id] });
    const byMember = await client.search({
      base: groupsDn,
      filter: `(&(objectClass=groupOfNames)(member=${userDn("grace")})(cn=Sales*))`,
      attributes: ["member"],
    });
    const dn = byMember.entries[0]?.dn ?? "";
    const again = await client.search({ base: dn, scope: "base", attributes: ["dn", "cn"] });
    expect(again.entries).toMatchObject([{ dn, attributes: { cn: [awkward] } }]);
    const { entries } = await client.search({
      base: usersDn,
      filter: `(memberOf=${dn.replaceAll("\\", "\\5c")})`,
      attributes: ["memberOf"],
    });
    expect(entries.map((entry) => entry.dn)).toEqual([userDn("grace")]);
    expect(entries[0]?.attributes["memberOf"]).toContain(dn);
  });

  test("Nextcloud asks for names alone, in two ways", async () => {
    for (const attributes of [["1.1"], ["dn"]]) {
      const { entries } = await client.search({
        base: usersDn,
        filter: "(|(objectclass=inetOrgPerson))",
        attributes,
      });
      expect(entries.map((entry) => entry.attributes)).toEqual([{}, {}, {}, {}]);
    }
  });
});

describe("Samba's schema, which nothing here has", () => {
  test("takes nothing from what Synology asks for beside it", async () => {
    const { entries } = await client.search({
      base: baseDn,
      filter: "(&(objectClass=posixAccount)(uid=ada))",
      attributes: [
        ...[
          "uid",
          "uidNumber",
          "gidNumber",
          "homeDirectory",
          "sambaSID",
          "sambaNTPassword",
          "sambaLMPassword",
        ],
        ...["sambaAcctFlags", "sambaPwdLastSet", "sambaDomainName", "authAuthority", "apple-generateduid"],
      ],
    });
    expect(Object.keys(entries[0]?.attributes ?? {})).toEqual([
      "uid",
      "uidNumber",
      "gidNumber",
      "homeDirectory",
    ]);
  });

  test("makes no test on it true, negated or not (RFC 4511 §4.5.1.7)", async () => {
    for (const filter of ["(sambaAcctFlags=*D*)", "(!(sambaAcctFlags=*D*))", "(!(sambaSID=*))"]) {
      const answer = await client.search({ base: usersDn, filter: `(&(objectClass=posixAccount)${filter})` });
      expect([answer.resultCode, answer.entries], filter).toEqual([LdapResultCode.success, []]);
    }
    const { entries } = await client.search({ base: usersDn, filter: "(|(uid=ada)(sambaSID=*))" });
    expect(entries.map(({ dn }) => dn)).toEqual([userDn("ada")]);
  });
});
