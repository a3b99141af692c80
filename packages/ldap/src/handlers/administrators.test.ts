import { describe, expect, test } from "vitest";
import { type Office, office, password, userDn, usersDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

/** The office with an administrator, whose grant is there to be changed. */
async function officeWithAdmin(attributes: Readonly<Record<string, string>> = { write: "directory" }) {
  const place = await office();
  const { directory, resource } = place;
  const admin = await directory.users.create({ username: "admin", password });
  const grant = await directory.grants.add({ user: admin, resource, attributes });
  return { ...place, grant };
}

async function boundAs(place: Office, username: string): Promise<LdapTestClient> {
  const client = ldapTestClient(place.server);
  expect(await client.bind(userDn(username), password)).toMatchObject({ resultCode: 0 });
  return client;
}

const people = async (client: LdapTestClient): Promise<string[]> =>
  (await client.search({ base: usersDn, filter: "(uid=*)", attributes: ["1.1"] })).entries
    .map(({ dn }) => dn)
    .sort();

const all = ["ada", "admin", "grace", "mallory", "reader", "tomas"].map(userDn);
const granted = ["ada", "admin", "grace", "reader", "tomas"].map(userDn);

describe("who may write the directory", () => {
  test("sees everyone who is active, whether a grant lets them in or not", async () => {
    await using place = await officeWithAdmin();
    await using admin = await boundAs(place, "admin");
    expect(await people(admin)).toEqual(all);
    const { entries } = await admin.search({ base: userDn("mallory"), attributes: ["uid"] });
    expect(entries).toHaveLength(1);
    expect(await admin.compare(userDn("mallory"), "uid", "mallory")).toMatchObject({ resultCode: 6 });
  });

  test("is given answers of their own, and others never theirs", async () => {
    await using place = await officeWithAdmin();
    await using admin = await boundAs(place, "admin");
    await using grace = await boundAs(place, "grace");
    const search = { base: usersDn, filter: "(uid=mallory)", attributes: ["cn"] };
    for (let i = 0; i < 3; i += 1) {
      expect((await admin.search(search)).entries).toHaveLength(1);
      expect((await grace.search(search)).entries).toEqual([]);
    }
  });

  test("sees what others see once the right is taken away, on the same connection", async () => {
    await using place = await officeWithAdmin();
    await using admin = await boundAs(place, "admin");
    for (let i = 0; i < 2; i += 1) {
      expect(await people(admin)).toEqual(all);
      await place.directory.grants.update(place.grant.id, { attributes: { write: "self" } });
      expect(await people(admin)).toEqual(granted);
      await place.directory.grants.update(place.grant.id, { attributes: { write: "directory" } });
    }
  });

  test.each(["self", "none"])("sees no more than themself where the search is %s", async (search) => {
    await using place = await officeWithAdmin({ write: "directory", search });
    await using admin = await boundAs(place, "admin");
    expect(await people(admin)).toEqual(search === "self" ? [userDn("admin")] : []);
  });
});
