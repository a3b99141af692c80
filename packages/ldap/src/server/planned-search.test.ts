import { memoryStore, type Reader, type Store } from "@directorykit/core";
import { expect, test } from "vitest";
import { ControlOid, LdapResultCode } from "../codec/index.ts";
import { ldapTestClient } from "../testing.ts";
import { baseDn, groupDn, office, password, userDn, usersDn } from "./office.fixture.ts";

/** A memory store that answers only what it can answer at once, once it is told so. */
function hangingStore(): { readonly store: Store; readonly state: { hangs: boolean } } {
  const inner = memoryStore();
  const state = { hangs: false };
  const store: Store = {
    ...inner,
    reader: (organization) => {
      const reader = inner.reader(organization);
      return new Proxy<Reader>(reader, {
        get: (target, name) => {
          const read = Reflect.get(target, name) as (...given: unknown[]) => unknown;
          if (name === "immediate") return read;
          return (...given: unknown[]) => (state.hangs ? new Promise(() => {}) : read(...given));
        },
      });
    },
  };
  return { store, state };
}

test.each([
  ["uid=%s", ["cn"]],
  ["mail=%s@example.com", []],
  ["&(objectClass=person)(uid=%s)(!(cn=nobody))", ["memberOf", "shadowLastChange"]],
  [`&(uid=%s)(|(memberOf=${groupDn("staff")})(cn=nobody))`, ["*"]],
])(
  "people nobody asked for before are found by (%s), with %j, without waiting for the store",
  async (form, attributes) => {
    const { store, state } = hangingStore();
    await using place = await office({}, { store });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("reader"), password);
    const find = async (name: string): Promise<readonly string[]> => {
      const filter = `(${form.replace("%s", name)})`;
      const { entries } = await client.search({ base: usersDn, filter, attributes });
      if (attributes.includes("memberOf"))
        for (const entry of entries) expect(entry.attributes["memberOf"]).toContain(groupDn("staff"));
      return entries.map(({ dn }) => dn);
    };
    expect(await find("ada")).toEqual([userDn("ada")]);
    state.hangs = true;
    expect(await find("grace")).toEqual([userDn("grace")]);
    expect(await find("tomas")).toEqual([userDn("tomas")]);
    expect(await find("sam")).toEqual([]);
    expect(await find("mallory")).toEqual([]);
    expect(await find("nobody")).toEqual([]);
  },
);

test("someone who must change their password is not given what others were", async () => {
  await using place = await office();
  await using reader = ldapTestClient(place.server);
  await reader.bind(userDn("reader"), password);
  const search = { base: usersDn, filter: "(uid=grace)" };
  for (let i = 0; i < 2; i++) expect((await reader.search(search)).entries).toHaveLength(1);
  await place.directory.credentials.requirePasswordChange(place.user.ada.id);
  for (let i = 0; i < 2; i++) expect((await reader.search(search)).entries).toHaveLength(1);
  await using client = ldapTestClient(place.server);
  await client.exchange(
    {
      type: "bindRequest",
      version: 3,
      name: userDn("ada"),
      authentication: { type: "simple", password: Buffer.from(password) },
    },
    { controls: [{ oid: ControlOid.passwordPolicy, critical: false }] },
  );
  expect(await client.search(search)).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
    entries: [],
  });
});

test("what somebody came to see later is not shown to those who see what that one saw before", async () => {
  await using place = await office();
  const { directory, resource } = place;
  const names = { ldap: "note" };
  await directory.attributes.define({ owner: "user", name: "note", sensitivity: "self", names });
  await directory.users.update(place.user.grace.id, { attributes: { note: ["hers"] } });
  const admins = await directory.groups.create({ name: "admins" });
  const attributes = { write: "directory" };
  await directory.grants.add({ group: admins, resource, attributes, priority: 1 });
  await using first = ldapTestClient(place.server);
  await first.bind(userDn("reader"), password);
  await using second = ldapTestClient(place.server);
  await second.bind(userDn("ada"), password);
  const notes = async (client: typeof first, name: string): Promise<readonly string[] | undefined> => {
    const search = { base: usersDn, filter: `(uid=${name})`, attributes: ["note"] };
    return (await client.search(search)).entries[0]?.attributes["note"];
  };
  expect(await notes(first, "tomas")).toBeUndefined();
  await directory.groups.addMembers(admins.id, [place.user.reader.id]);
  expect(await notes(first, "grace")).toEqual(["hers"]);
  expect(await notes(second, "grace")).toBeUndefined();
});

test("many kinds of searches are answered rightly, though not all are kept in mind", async () => {
  await using place = await office();
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  for (let round = 0; round < 3; round++)
    for (let i = 0; i < 80; i++)
      for (const name of ["ada", "grace"]) {
        const filter = `(&(uid=${name})(!(cn=${i})))`;
        const { entries } = await client.search({ base: baseDn, filter });
        expect(entries.map(({ dn }) => dn)).toEqual([userDn(name)]);
      }
});
