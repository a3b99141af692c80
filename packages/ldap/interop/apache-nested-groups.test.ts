import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Apache, startApache } from "./apache.ts";
import { type Fixture, groupsDn, passwords, startFixture, type Username, usersDn } from "./fixture.ts";

const dn = (group: string): string => `cn=${group},${groupsDn}`;

describeWithPeers("Apache with groups in groups", ["apache2", "openssl"], (paths) => {
  let direct: Fixture;
  let flat: Fixture;
  let apache: Apache;
  beforeAll(async () => {
    [direct, flat] = await Promise.all([
      startFixture(paths.openssl, { layout: { nesting: "direct" } }),
      startFixture(paths.openssl),
    ]);
    for (const fixture of [direct, flat])
      await fixture.directory.groups.create({
        name: "company",
        members: [(await fixture.group("staff")).id],
      });
    const on = (fixture: Fixture, ...directives: readonly string[]): readonly string[] => [
      `AuthLDAPURL "${fixture.plain.url}/${usersDn}?uid"`,
      ...directives,
    ];
    const inChain = "memberOf:1.2.840.113556.1.4.1941:";
    const subGroups = (depth: number): readonly string[] => [
      `AuthLDAPMaxSubGroupDepth ${depth}`,
      "AuthLDAPSubGroupClass groupOfNames",
      "AuthLDAPSubGroupAttribute member",
    ];
    apache = await startApache({
      apache2: paths.apache2,
      caFile: direct.tls.caFile,
      common: [
        "AuthType Basic",
        'AuthName "intranet"',
        "AuthBasicProvider ldap",
        `AuthLDAPBindDN "${direct.dnOf("svc-reader")}"`,
        `AuthLDAPBindPassword "${passwords["svc-reader"]}"`,
      ],
      places: {
        "direct-engineers": on(direct, ...subGroups(0), `Require ldap-group ${dn("engineers")}`),
        "followed-engineers": on(direct, ...subGroups(1), `Require ldap-group ${dn("engineers")}`),
        "once-company": on(direct, ...subGroups(1), `Require ldap-group ${dn("company")}`),
        "twice-company": on(direct, ...subGroups(2), `Require ldap-group ${dn("company")}`),
        "far-company": on(direct, ...subGroups(10), `Require ldap-group ${dn("company")}`),
        "filtered-engineers": on(direct, `Require ldap-filter memberOf=${dn("engineers")}`),
        "chained-engineers": on(direct, `Require ldap-filter ${inChain}=${dn("engineers")}`),
        "chained-company": on(direct, `Require ldap-filter ${inChain}=${dn("company")}`),
        "unchained-engineers": on(direct, `Require ldap-filter !(${inChain}=${dn("engineers")})`),
        "flat-engineers": on(flat, ...subGroups(0), `Require ldap-group ${dn("engineers")}`),
        "flat-company": on(flat, ...subGroups(0), `Require ldap-group ${dn("company")}`),
        "flat-filtered-engineers": on(flat, `Require ldap-filter memberOf=${dn("engineers")}`),
        "flat-chained-engineers": on(flat, `Require ldap-filter ${inChain}=${dn("engineers")}`),
      },
    });
  });
  afterAll(async () => {
    await apache?.[Symbol.asyncDispose]();
    await direct?.[Symbol.asyncDispose]();
    await flat?.[Symbol.asyncDispose]();
  });

  const people = ["ada", "grace", "lee", "quentin"] as const satisfies readonly Username[];
  /** Who of the people is let into a place; the others are refused. */
  const letIn = async (place: string): Promise<readonly string[]> => {
    const statuses = await Promise.all(people.map((name) => apache.get(place, name, passwords[name])));
    expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([]);
    return people.filter((_, i) => statuses[i] === 200);
  };

  describe("groups shown as they are built", () => {
    test.each([
      ["direct-engineers", ["ada"]],
      ["followed-engineers", ["ada", "grace"]],
      ["once-company", ["grace", "lee"]],
      ["twice-company", ["ada", "grace", "lee", "quentin"]],
      ["far-company", ["ada", "grace", "lee", "quentin"]],
    ])("%s lets in %j, as far as Apache follows them", async (place, names) => {
      expect(await letIn(place)).toEqual(names);
    });

    test.each([
      ["filtered-engineers", ["ada"]],
      ["chained-engineers", ["ada", "grace"]],
      ["chained-company", ["ada", "grace", "lee", "quentin"]],
      ["unchained-engineers", ["lee", "quentin"]],
    ])("%s lets in %j, as the filter says", async (place, names) => {
      expect(await letIn(place)).toEqual(names);
    });
  });

  test.each([
    ["flat-engineers", ["ada", "grace"]],
    ["flat-company", ["ada", "grace", "lee", "quentin"]],
    ["flat-filtered-engineers", ["ada", "grace"]],
    ["flat-chained-engineers", ["ada", "grace"]],
  ])("where they are shown flat, %s lets in %j without following anything", async (place, names) => {
    expect(await letIn(place)).toEqual(names);
  });

  test("a group taken out of another takes its people along, at once", async () => {
    const { groups } = direct.directory;
    const [engineers, compilers] = [await direct.group("engineers"), await direct.group("compilers")];
    await groups.removeMembers(engineers.id, [compilers.id]);
    expect([await letIn("followed-engineers"), await letIn("chained-engineers")]).toEqual([["ada"], ["ada"]]);
    await groups.addMembers(engineers.id, [compilers.id]);
    expect([await letIn("followed-engineers"), await letIn("chained-engineers")]).toEqual([
      ["ada", "grace"],
      ["ada", "grace"],
    ]);
  });
});
