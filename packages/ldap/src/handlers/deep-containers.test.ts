import { afterAll, beforeAll, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, type Office, office, password } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const company = `ou=Company,${baseDn}`;
const people = `ou=People,${company}`;
const teams = `cn=Teams,ou=Access,${people}`;

let place: Office;
let client: LdapTestClient;
beforeAll(async () => {
  place = await office({
    layout: { users: "ou=People,ou=Company", groups: "cn=Teams,ou=Access,ou=People,ou=Company" },
  });
  client = ldapTestClient(place.server);
  await client.bind(`uid=reader,${people}`, password);
});
afterAll(() => place[Symbol.asyncDispose]());

const found = async (
  base: string,
  scope: "base" | "one" | "sub",
  filter?: string,
): Promise<readonly string[]> => {
  const { entries, resultCode } = await client.search({
    base,
    scope,
    ...(filter === undefined ? {} : { filter }),
    attributes: ["1.1"],
  });
  expect(resultCode).toBe(LdapResultCode.success);
  return entries.map(({ dn }) => dn);
};
const units = "(objectClass=organizationalUnit)";

test("the units between the base and the containers are there", async () => {
  expect(await found(baseDn, "sub", units)).toEqual([company, people, `ou=Access,${people}`, teams]);
  const { entries } = await client.search({ base: company, scope: "base", attributes: ["*", "+"] });
  expect(entries[0]?.attributes).toMatchObject({
    objectClass: ["top", "organizationalUnit"],
    ou: ["Company"],
    entryDN: [company],
    hasSubordinates: ["TRUE"],
  });
});

test("each level shows what lies directly below, people and units side by side", async () => {
  expect(await found(baseDn, "one")).toEqual([company]);
  expect(await found(company, "one")).toEqual([people]);
  expect(await found(`ou=Access,${people}`, "one")).toEqual([teams]);
  expect(await found(people, "one", units)).toEqual([`ou=Access,${people}`]);
  expect(await found(people, "one", "(uid=ada)")).toEqual([`uid=ada,${people}`]);
  expect(await found(people, "one", "(cn=staff)")).toEqual([]);
  expect(await found(teams, "one", "(cn=staff)")).toEqual([`cn=staff,${teams}`]);
});

test("a subtree holds what lies in it, and nothing beside it", async () => {
  expect(await found(people, "sub", "(|(uid=ada)(cn=staff))")).toEqual([
    `uid=ada,${people}`,
    `cn=staff,${teams}`,
  ]);
  expect(await found(`ou=Access,${people}`, "sub", "(|(uid=ada)(cn=staff))")).toEqual([`cn=staff,${teams}`]);
  expect(await found(`ou=Access,${people}`, "sub", "(!(cn=staff))")).not.toContain(people);
});

test("what is not there is answered with the deepest that is", async () => {
  for (const [base, matchedDN] of [
    [`ou=Elsewhere,${company}`, company],
    [`cn=x,uid=nobody,${people}`, people],
    [`cn=nothing,${teams}`, teams],
    [`ou=Deeper,ou=Elsewhere,ou=Access,${people}`, `ou=Access,${people}`],
  ] as const)
    expect(await client.search({ base, scope: "base" })).toMatchObject({
      resultCode: LdapResultCode.noSuchObject,
      matchedDN,
    });
});

test("units have ids of their own that stay, and can be compared with", async () => {
  const ids = async (on: LdapTestClient): Promise<Map<string, string>> => {
    const { entries } = await on.search({
      base: baseDn,
      filter: `(|${units}(objectClass=organization))`,
      attributes: ["entryUUID"],
    });
    return new Map(entries.map(({ dn, attributes }) => [dn, attributes["entryUUID"]?.[0] ?? ""]));
  };
  const known = await ids(client);
  expect(new Set(known.values()).size).toBe(5);
  for (const [dn, id] of known) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await found(baseDn, "sub", `(entryUUID=${id.toUpperCase()})`)).toEqual([dn]);
  }
  await using again = await office({ layout: { users: "ou=People,ou=company", groups: "ou=Groups" } });
  await using other = ldapTestClient(again.server);
  await other.bind(`uid=reader,${people}`, password);
  const others = await ids(other);
  expect(others.get(baseDn)).toBe(known.get(baseDn));
  expect(others.get(`ou=company,${baseDn}`)).toBe(known.get(company));
  expect((await client.compare(company, "ou", "company")).resultCode).toBe(LdapResultCode.compareTrue);
});
