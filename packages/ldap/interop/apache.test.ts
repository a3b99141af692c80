import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Apache, startApache } from "./apache.ts";
import {
  awkwardGroupDn,
  baseDn,
  type Fixture,
  groupsDn,
  passwords,
  startFixture,
  totpSecrets,
  type Username,
  usersDn,
} from "./fixture.ts";
import { totpCode } from "./totp-code.ts";

describeWithPeers("Apache with mod_authnz_ldap", ["apache2", "openssl"], (paths) => {
  let fixture: Fixture;
  let apache: Apache;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
    const over = (url: string, mode: string, filter = "(objectClass=inetOrgPerson)"): string =>
      `AuthLDAPURL "${url}/${usersDn}?uid?sub?${filter}" ${mode}`;
    const startTls = over(fixture.ldap.url, "STARTTLS");
    apache = await startApache({
      apache2: paths.apache2,
      caFile: fixture.tls.caFile,
      common: [
        "AuthType Basic",
        'AuthName "intranet"',
        "AuthBasicProvider ldap",
        `AuthLDAPBindDN "${fixture.dnOf("svc-reader")}"`,
        `AuthLDAPBindPassword "${passwords["svc-reader"]}"`,
      ],
      places: {
        all: [startTls, "Require valid-user"],
        tls: [over(fixture.ldaps.url, "SSL"), "Require valid-user"],
        staff: [startTls, `Require ldap-group cn=staff,${groupsDn}`],
        engineers: [startTls, `Require ldap-group CN=Engineers, ou=groups, ${baseDn}`],
        // Apache reads this as an expression, in which a backslash is written twice.
        sales: [startTls, `Require ldap-group ${awkwardGroupDn.replaceAll("\\", "\\\\")}`],
        nobody: [startTls, `Require ldap-group cn=Nobody Yet,${groupsDn}`],
        uids: [
          startTls,
          "AuthLDAPGroupAttribute memberUid",
          "AuthLDAPGroupAttributeIsDN off",
          `Require ldap-group cn=engineers,${groupsDn}`,
        ],
        users: [startTls, "Require ldap-user ada lee"],
        dn: [startTls, `Require ldap-dn ${fixture.dnOf("grace")}`],
        analysts: [startTls, "Require ldap-attribute title=Analyst"],
        unix: [startTls, "Require ldap-filter &(objectClass=posixAccount)(uidNumber>=10002)"],
        mail: [startTls.replace("?uid?", "?mail?"), "Require valid-user"],
      },
    });
  });
  afterAll(async () => {
    await apache?.[Symbol.asyncDispose]();
    await fixture[Symbol.asyncDispose]();
  });

  const get = (place: string, username: Username, password: string = passwords[username]): Promise<number> =>
    apache.get(place, username, password);

  describe("authentication", () => {
    test.each(["ada", "zofie", "lee", "quentin", "digits"] as const)("%s is let in", async (username) => {
      expect(await get("all", username)).toBe(200);
    });

    test("LDAPS serves as well as StartTLS", async () => {
      expect(await get("tls", "ada")).toBe(200);
    });

    test("people may come by their address where the URL says so", async () => {
      expect(await apache.get("mail", "countess@example.org", passwords.ada)).toBe(200);
    });

    test("those who may not, and those who are not who they say, are refused", async () => {
      expect(await get("all", "ada", "not the password")).toBe(401);
      expect(await get("all", "ada", "")).toBe(401);
      expect(await get("all", "mallory")).toBe(401);
      expect(await get("all", "sam")).toBe(401);
      expect(await apache.get("all", "nobody", passwords.ada)).toBe(401);
      expect(await apache.get("all", "*", passwords.ada)).toBe(401);
      expect(await apache.get("all", "a*", passwords.ada)).toBe(401);
      expect(await apache.get("all", "ada)(uid=*", passwords.ada)).toBe(401);
    });

    test("a one-time code goes behind the password", async () => {
      expect(await get("all", "mia")).toBe(401);
      expect(await get("all", "mia", `${passwords.mia},${totpCode(totpSecrets.mia)}`)).toBe(200);
    });
  });

  describe("authorization", () => {
    test.each([
      ["staff", "ada", 200],
      ["staff", "quentin", 200],
      ["staff", "svc-reader", 401],
      ["engineers", "ada", 200],
      ["engineers", "grace", 200],
      ["engineers", "lee", 401],
      ["sales", "quentin", 200],
      ["sales", "ada", 401],
      ["nobody", "ada", 401],
      ["uids", "ada", 200],
      ["uids", "lee", 401],
      ["users", "lee", 200],
      ["users", "grace", 401],
      ["dn", "grace", 200],
      ["dn", "ada", 401],
      ["analysts", "ada", 200],
      ["analysts", "grace", 401],
      ["unix", "grace", 200],
      ["unix", "ada", 401],
    ] as const)("%s as %s is %i", async (place, username, status) => {
      expect(await get(place, username)).toBe(status);
    });
  });

  describe("connections", () => {
    test("one connection is bound as one person after another", async () => {
      const before = fixture.ldap.server.connections;
      for (const username of ["ada", "lee", "quentin", "grace"] as const) {
        expect(await get("staff", username)).toBe(200);
        expect(await get("staff", username, "not the password")).toBe(401);
      }
      expect(fixture.ldap.server.connections).toBeLessThanOrEqual(Math.max(before, 1));
    });

    test("many at once are all answered rightly", async () => {
      const asked = ["ada", "lee", "quentin", "svc-reader"] as const;
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, i) => get("staff", asked[i % asked.length] as Username)),
      );
      expect(answers).toEqual(answers.map((_, i) => (i % asked.length === 3 ? 401 : 200)));
    });
  });

  describe("live revocation", () => {
    test("someone taken out of a group is refused at once where the group is asked for", async () => {
      const { directory } = fixture;
      const [engineers, ada] = [await fixture.group("engineers"), await fixture.user("ada")];
      expect(await get("engineers", "ada")).toBe(200);
      await directory.groups.removeMembers(engineers.id, [ada.id]);
      expect(await get("engineers", "ada")).toBe(401);
      await directory.groups.addMembers(engineers.id, [ada.id]);
      expect(await get("engineers", "ada")).toBe(200);
    });

    test("someone suspended is refused at once, and the connections Apache keeps go on serving others", async () => {
      const { directory } = fixture;
      const lee = await fixture.user("lee");
      expect(await get("staff", "lee")).toBe(200);
      await directory.users.suspend(lee.id);
      expect(await get("staff", "lee")).toBe(401);
      expect(await get("staff", "grace")).toBe(200);
      await directory.users.activate(lee.id);
      expect(await get("staff", "lee")).toBe(200);
    });

    test("Apache comes back by itself after its own account was cut off and let in again", async () => {
      const { directory } = fixture;
      const [services, reader] = [await fixture.group("services"), await fixture.user("svc-reader")];
      await directory.groups.removeMembers(services.id, [reader.id]);
      expect(await get("staff", "grace")).toBe(500);
      await directory.groups.addMembers(services.id, [reader.id]);
      expect(await get("staff", "grace")).toBe(200);
    });
  });
});
