import { afterAll, beforeAll, expect, test } from "vitest";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  adaSshKey,
  awkwardGroupDn,
  baseDn,
  type Fixture,
  startFixture,
  usersDn,
  zofieName,
} from "./fixture.ts";
import { ldap3Scenario } from "./ldap3.ts";

describeWithPeers("ldap3 for Python", ["python3-ldap3", "openssl"], (paths) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  const run = async (scenario: string): Promise<unknown> => {
    const { args, input } = ldap3Scenario(scenario, fixture);
    return JSON.parse(await runToSuccess(paths["python3-ldap3"], args, { input }));
  };

  test("reads the root DSE and a schema that describes all that it is shown", async () => {
    expect(await run("info")).toEqual({
      namingContexts: [baseDn],
      versions: ["3"],
      extensions: expect.arrayContaining(["1.3.6.1.4.1.4203.1.11.3"]),
      vendor: ["DirectoryKit"],
      schemaEntry: ["cn=Subschema"],
      undescribed: [],
      unknownClasses: [],
      unknownInClasses: [],
      unknownRules: [],
      singleValued: ["uidNumber", "entryUUID"],
    });
  });

  test("gives values the types that the schema says they have", async () => {
    expect(await run("typed")).toEqual({
      uidNumber: 10_001,
      year: new Date().getUTCFullYear(),
      entryUUID: (await fixture.user("ada")).id,
      mail: ["ada@example.com", "countess@example.org"],
      hasSubordinates: false,
      sshPublicKey: [adaSshKey],
    });
  });

  test("searches with every scope", async () => {
    expect(await run("scopes")).toEqual({
      base: { result: "success", count: 1 },
      level: { result: "success", count: 2 },
      subtree: { result: "success", count: 20 },
      members: ["ada", "digits", "grace", "lee", "quentin", "tomas", "zofie"].map(
        (name) => `uid=${name},${usersDn}`,
      ),
    });
  });

  test("refuses by itself what the schema does not know", async () => {
    expect(await run("names_checked")).toEqual({
      "(noSuchAttribute=x)uid": "LDAPAttributeError",
      "(uid=ada)noSuchAttribute": "LDAPAttributeError",
      "(objectClass=noSuchClass)uid": "LDAPObjectClassError",
    });
  });

  test("finds and shows names in any script, with every special character", async () => {
    expect(await run("unicode")).toMatchObject({
      found: [fixture.dnOf("zofie")],
      shown: [zofieName],
      whoami: `dn:${fixture.dnOf("zofie")}`,
      group: awkwardGroupDn,
      again: [awkwardGroupDn],
    });
  });

  test("compares", async () => {
    expect(await run("compare")).toEqual({
      member: true,
      stranger: false,
      missing: [false, "noSuchAttribute"],
      nobody: [false, "noSuchObject"],
    });
  });

  test("is refused with what people may know, and can bind again on the same connection", async () => {
    const refused = [false, "invalidCredentials"];
    expect(await run("refused")).toEqual({
      mallory: refused,
      sam: refused,
      noel: refused,
      clear: [false, "confidentialityRequired"],
      wrong: refused,
      "search after": "insufficientAccessRights",
      again: [true, "success", `dn:${fixture.dnOf("ada")}`],
    });
  });

  test("becomes someone else by a second bind", async () => {
    expect(await run("rebind")).toEqual([`dn:${fixture.dnOf("ada")}`, `dn:${fixture.dnOf("lee")}`]);
  });

  test("shares a pool of connections", async () => {
    const four = ["ada", "grace", "lee", "quentin"].map((name) => `uid=${name},${usersDn}`);
    expect(await run("pool")).toEqual({ answers: 40, distinct: four, first: four });
  });

  test("keeps several requests under way on one connection", async () => {
    expect(await run("asynchronous")).toEqual([
      [1, "success"],
      [1, "success"],
      [1, "success"],
      [0, "success"],
    ]);
    expect(await run("threads")).toEqual({ status: true, result: "success", found: [fixture.dnOf("ada")] });
  });

  test("reads all entries through its paging generator", async () => {
    const all = await run("generator");
    expect(all).toHaveLength(20);
    expect(all).toContain(awkwardGroupDn);
  });

  test("reads sorted pages, and is told when a cookie is none of ours", async () => {
    expect(await run("paged")).toEqual({
      pages: [
        ["ada", "digits", "grace", "lee"],
        ["mia", "noel", "quentin", "svc-reader"],
        ["tomas", "zofie"],
      ],
      // SortResult { success }.
      results: ["30030a0100", "30030a0100", "30030a0100"],
      "made up": "unwillingToPerform",
    });
  });

  test("has its limits kept", async () => {
    expect(await run("limits")).toEqual({ size: [3, "sizeLimitExceeded"], time: "success" });
  });

  test("binds over LDAPS", async () => {
    expect(await run("ldaps")).toEqual([`dn:${fixture.dnOf("ada")}`, true]);
  });

  test("makes objects of entries by the object classes of the schema", async () => {
    expect(await run("abstraction")).toEqual([[fixture.dnOf("grace"), 10_002, "/home/grace"]]);
  });
});
