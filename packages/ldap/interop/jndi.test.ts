import { afterAll, beforeAll, expect, test } from "vitest";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { adaSshKey, awkwardGroup, type Fixture, groupsDn, startFixture, type Username } from "./fixture.ts";
import { compileJndiClient } from "./jndi.ts";

describeWithPeers("JNDI", ["javac", "openssl"], (paths) => {
  let fixture: Fixture;
  let found: Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
    const { java, args } = await compileJndiClient(paths.javac, fixture);
    found = JSON.parse(await runToSuccess(java, args, { timeoutMs: 60_000 }));
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test("searches with every scope, and with arguments in the filter", () => {
    expect(found["scopes"]).toEqual({
      object: 1,
      level: 2,
      subtree: 20,
      arguments: [fixture.dnOf("zofie")],
    });
  });

  test("finds the same however it is to treat referrals", () => {
    expect(found["referrals"]).toEqual([20, 20, 20]);
  });

  test("reads attributes by names in any case, and as octets where told so", async () => {
    expect(found["attributes"]).toEqual({
      mail: ["ada@example.com", "countess@example.org"],
      cn: ["Ada Lovelace"],
      memberOf: [`cn=engineers,${groupsDn}`, `cn=staff,${groupsDn}`],
      sshPublicKey: [adaSshKey],
      entryUUID: (await fixture.user("ada")).id,
    });
  });

  test("takes a name with every special character apart and finds it", () => {
    expect(found["awkward"]).toEqual([awkwardGroup, awkwardGroup, fixture.dnOf("quentin")]);
  });

  test("reads the schema as a tree of definitions", () => {
    expect(found["schema"]).toEqual({
      class: "inetOrgPerson",
      superior: "organizationalPerson",
      oid: "1.3.6.1.1.16.4",
      syntax: "DN",
      rule: "2.5.13.2",
      "of uidNumber": "1.3.6.1.4.1.1466.115.121.1.27",
      "syntax of uidNumber": "INTEGER",
      "classes of ada": [
        "inetOrgPerson",
        "ldapPublicKey",
        "organizationalPerson",
        "person",
        "posixAccount",
        "shadowAccount",
        "top",
      ],
    });
  });

  test("compares", () => {
    expect(found["compare"]).toEqual([1, 0]);
  });

  test("binds over StartTLS, over LDAPS and from a pool", () => {
    expect(found["startTls"]).toBe(`dn:${fixture.dnOf("ada")}`);
    expect(found["ldaps"]).toBe(`dn:${fixture.dnOf("grace")}`);
    expect(found["pool"]).toEqual([`dn:${fixture.dnOf("ada")}`, `dn:${fixture.dnOf("grace")}`]);
  });

  test("reads every entry with the paged results control", () => {
    expect(found["paged"]).toBe(20);
  });

  test("reads sorted pages with the sort control, and is told why entries are not sorted", () => {
    const page = (...names: Username[]): string[] => names.map((name) => fixture.dnOf(name));
    expect(found["sorted"]).toEqual([
      [
        page("ada", "grace", "lee", "tomas"),
        page("svc-reader", "noel", "quentin", "zofie"),
        page("mia", "digits"),
      ],
      10,
      16,
      "noSuch",
    ]);
  });

  test("throws the exception that says what went wrong", () => {
    expect(found["errors"]).toEqual({
      "wrong password": "AuthenticationException",
      outside: "AuthenticationException",
      suspended: "AuthenticationException",
      "no password": "OperationNotSupportedException",
      "in clear": "AuthenticationNotSupportedException",
      nobody: "NameNotFoundException",
      "size limit": "SizeLimitExceededException",
      anonymous: "NoPermissionException",
      "after all that": 1,
    });
  });
});
