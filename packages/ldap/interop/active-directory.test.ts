import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram, runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { baseDn, type Fixture, passwords, startFixture, usersDn } from "./fixture.ts";
import { compileJndiClient } from "./jndi.ts";
import { ldap3Scenario } from "./ldap3.ts";
import { parseLdif } from "./ldif.ts";

const layout = {
  flavour: "activeDirectory",
  samba: { sid: "S-1-5-21-1-2-3", name: "EXAMPLE" },
} as const;

describeWithPeers(
  "a tree in the flavour of Active Directory with a domain of Samba",
  ["ldapsearch", "python3-ldap3", "javac", "openssl"],
  (paths) => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl, { layout });
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const ldapsearch = async (...args: string[]) => {
      const result = await runProgram(
        paths.ldapsearch,
        [
          ...["-x", "-LLL", "-o", "ldif-wrap=no", "-H", fixture.ldap.url, "-ZZ"],
          ...["-D", fixture.dnOf("grace"), "-w", passwords.grace, ...args],
        ],
        { env: { LDAPTLS_CACERT: fixture.tls.caFile } },
      );
      expect(result).toMatchObject({ status: 0, stderr: "" });
      return parseLdif(result.stdout);
    };

    test("has a schema that ldap3 for Python can read, and that describes all that it shows", async () => {
      const { args, input } = ldap3Scenario("info", fixture);
      const info = JSON.parse(await runToSuccess(paths["python3-ldap3"], args, { input }));
      expect(info).toMatchObject({
        namingContexts: [baseDn],
        undescribed: [],
        unknownClasses: [],
        unknownInClasses: [],
        unknownRules: [],
      });
    });

    test("has a schema that JNDI can read", async () => {
      const { java, args } = await compileJndiClient(paths.javac, fixture);
      const found = JSON.parse(await runToSuccess(java, args, { timeoutMs: 60_000 }));
      expect(found.schema).toMatchObject({ class: "inetOrgPerson", superior: "user" });
      expect(found.schema["classes of ada"]).toEqual(
        expect.arrayContaining(["user", "inetOrgPerson", "sambaSamAccount"]),
      );
    });

    test("is published to ldapsearch", async () => {
      const [schema] = await ldapsearch("-b", "cn=Subschema", "-s", "base", "(objectClass=subschema)", "+");
      expect(schema?.attributes["matchingRules"]).toContainEqual(
        expect.stringContaining("1.2.840.113556.1.4.803"),
      );
      expect(schema?.attributes["attributeTypes"]).toContainEqual(expect.stringContaining("'objectGUID'"));
    });

    test("is searched by objectGUID, name and category from ldapsearch", async () => {
      const hex = (await fixture.user("ada")).id.replaceAll("-", "");
      // The first three fields with the least significant octet first.
      const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
      const escaped = order.map((place) => `\\${hex.slice(place * 2, place * 2 + 2)}`).join("");
      for (const filter of [
        `(objectGUID=${escaped})`,
        "(&(objectCategory=person)(sAMAccountName=ADA))",
        "(userPrincipalName=ada@example.com)",
        "(&(uid=ada)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(sambaSID=S-1-5-21-1-2-3-21002)",
      ]) {
        const [entry, ...others] = await ldapsearch("-b", usersDn, filter, "memberOf", "sAMAccountName");
        expect(entry?.attributes["sAMAccountName"], filter).toEqual(["ada"]);
        expect(others).toEqual([]);
      }
    });
  },
);
