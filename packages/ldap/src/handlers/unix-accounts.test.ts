import { describe, expect, test } from "vitest";
import { office, password, userDn, usersDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const day = 86_400_000;

async function lastChange(client: LdapTestClient, username: string): Promise<string | undefined> {
  const { entries } = await client.search({
    base: usersDn,
    filter: `(&(objectClass=shadowAccount)(uid=${username}))`,
    attributes: ["shadowLastChange"],
  });
  return entries[0]?.attributes["shadowLastChange"]?.[0];
}

test("a Unix account says on which day its password became what it is, at once after a change", async () => {
  let now = Date.UTC(2026, 10, 23, 12);
  await using place = await office({}, { clock: () => now });
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  const today = Math.floor(now / day);
  expect([await lastChange(client, "ada"), await lastChange(client, "ada")]).toEqual([
    String(today),
    String(today),
  ]);
  now += 3 * day;
  await place.directory.users.update(place.user.ada.id, { phones: ["+1"] });
  expect(await lastChange(client, "ada")).toBe(String(today));
  await place.directory.credentials.setPassword(place.user.ada.id, "another engine of 1843");
  expect(await lastChange(client, "ada")).toBe(String(today + 3));
});

test("one without a password says nothing of it", async () => {
  await using place = await office();
  const { directory, resource } = place;
  const user = await directory.users.create({ username: "keys", posix: { uid: 1, gid: 1, home: "/k" } });
  await directory.grants.add({ user, resource });
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  const { entries } = await client.search({ base: userDn("keys"), attributes: ["*"] });
  expect(entries[0]?.attributes).not.toHaveProperty("shadowLastChange");
  expect(entries[0]?.attributes["objectClass"]).toContain("shadowAccount");
});

describe("who has no Unix account", () => {
  test("is no shadow account", async () => {
    await using place = await office();
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("reader"), password);
    expect(await lastChange(client, "tomas")).toBeUndefined();
    const { entries } = await client.search({ base: userDn("tomas"), attributes: ["*"] });
    expect(entries[0]?.attributes["objectClass"]).not.toContain("shadowAccount");
    expect(entries[0]?.attributes).not.toHaveProperty("shadowLastChange");
  });
});

test("nobody finds out the age of a password by asking", async () => {
  await using place = await office();
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  for (const filter of [
    "(shadowLastChange=*)",
    "(!(shadowLastChange=*))",
    "(shadowLastChange>=0)",
    "(!(shadowLastChange>=0))",
    "(shadowLastChange<=99999)",
  ])
    expect((await client.search({ base: usersDn, filter: `(&(uid=ada)${filter})` })).entries).toEqual([]);
  // A rule that is asked of all attributes is not asked of this one.
  for (const filter of ["(:integerOrderingMatch:=30000)", "(!(:integerMatch:=5))"])
    expect((await client.search({ base: usersDn, filter: `(&(uid=ada)${filter})` })).entries).toHaveLength(1);
});

test("limits of accounts come from attributes of the directory, by their standard names", async () => {
  await using place = await office();
  await place.directory.attributes.define({
    name: "accountExpires",
    owner: "user",
    syntax: "integer",
    names: { ldap: "shadowExpire" },
  });
  await place.directory.users.update(place.user.ada.id, { attributes: { accountExpires: [30_000] } });
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  const { entries } = await client.search({ base: usersDn, filter: "(shadowexpire>=29999)" });
  expect(entries[0]?.attributes["shadowExpire"]).toEqual(["30000"]);
});
