import type { Directory, UserFields } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import type { LdapServerOptions } from "../options.ts";
import { ldapServer } from "../server/ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, password, usersDn } from "../server/office.fixture.ts";
import {
  type LdapTestClient,
  type LdapTestModification,
  type LdapTestResult,
  ldapTestClient,
} from "../testing.ts";

const word = fc.stringMatching(/^[A-Za-zäßŽ李 .'-]{1,12}$/).filter((text) => /^\S(?:.*\S)?$/.test(text));
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(values, { nil: undefined });
const some = (text: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.uniqueArray(text, { maxLength: 3, selector: (one) => one.toLowerCase() });
const key = fc
  .stringMatching(/^[A-Za-z0-9+/]{16,24}$/)
  .map((body) => `ssh-ed25519 ${body} someone@somewhere`);
const account = fc.record({
  uid: fc.integer({ min: 1000, max: 1999 }),
  gid: fc.integer({ min: 0, max: 9999 }),
  home: fc.constantFrom("/home/ann", "/Home/Ann"),
});
const optional = fc.record({ shell: fc.constant("/bin/sh"), gecos: word }, { requiredKeys: [] });

const people: fc.Arbitrary<Partial<UserFields>> = fc
  .record({
    name: fc.record({ given: word, family: word, middle: word, display: word }, { requiredKeys: [] }),
    emails: fc
      .tuple(some(fc.emailAddress()), fc.nat(3))
      .map(([all, primary]) => all.map((value, i) => ({ value, primary: i === primary, type: "work" }))),
    employee: fc.record(
      {
        number: word,
        title: word,
        type: word,
        department: word,
        costCenter: word,
        organization: word,
        location: word,
      },
      { requiredKeys: [] },
    ),
    phones: some(fc.stringMatching(/^\+[0-9]{5,9}$/)),
    posix: maybe(fc.tuple(account, optional).map(([must, may]) => ({ ...must, ...may }))),
    sshKeys: some(key),
    attributes: fc.record(
      {
        badge: some(word),
        photo: fc.array(fc.base64String({ minLength: 4, maxLength: 16 }), { maxLength: 1 }),
        hired: fc.array(fc.integer({ min: 0, max: 2_000_000_000_000 }), { maxLength: 1 }),
        floor: fc.array(fc.integer({ min: -5, max: 99 }), { maxLength: 1 }),
        remote: fc.array(fc.boolean(), { maxLength: 1 }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ posix, ...rest }) => (posix === undefined ? rest : { ...rest, posix }));

async function world(layout: LdapServerOptions["layout"] = {}) {
  const directory = await emptyDirectory();
  const define = (name: string, rest: object = {}): Promise<unknown> =>
    directory.attributes.define({ owner: "user", name, ...rest });
  await define("badge", { multiValued: true });
  await define("photo", { syntax: "binary", names: { ldap: "userCertificate" } });
  await define("hired", { syntax: "time" });
  await define("floor", { syntax: "integer" });
  await define("remote", { syntax: "boolean", sensitivity: "self" });
  const resource = await directory.resources.create({ kind: "ldap", name: "ldap" });
  const admin = await directory.users.create({ username: "admin", password });
  await directory.grants.add({ user: admin, resource, attributes: { write: "directory" } });
  const server = ldapServer({ directory, baseDn, layout });
  const client = ldapTestClient(server);
  await client.bind(`${layout.userNaming ?? "uid"}=admin,${usersDn}`, password);
  return { directory, server, client, admin };
}

/** Replaces every attribute of an entry by what was read of it. */
async function writeBack(client: LdapTestClient, dn: string): Promise<LdapTestResult> {
  const { entries } = await client.search({ base: dn, scope: "base" });
  const changes = Object.entries(entries[0]?.octets ?? {}).map(
    ([attribute, values]): LdapTestModification => ({ operation: "replace", attribute, values }),
  );
  expect(changes.length).toBeGreaterThan(2);
  return client.modify(dn, ...changes);
}

test.each<NonNullable<LdapServerOptions["layout"]>>([
  { userNaming: "uid" },
  { userNaming: "cn" },
  { flavour: "activeDirectory" },
  { samba: { sid: "S-1-5-21-1-2-3", name: "EXAMPLE" } },
])(
  "writing what was read of a person changes nothing: %o",
  async (layout) => {
    const { userNaming = "uid" } = layout;
    const { directory, server, client, admin } = await world(layout);
    await fc.assert(
      fc.asyncProperty(people, fc.boolean(), async (fields, isManaged) => {
        const employee = { ...fields.employee, ...(isManaged ? { manager: admin.id } : {}) };
        const user = await directory.users.create({ username: "Ann", password, ...fields, employee });
        const result = await writeBack(client, `${userNaming}=ann,${usersDn}`);
        const after = await directory.users.get(user.id);
        await directory.users.delete(user.id);
        expect(result).toMatchObject({ resultCode: LdapResultCode.success, diagnosticMessage: "" });
        expect(after).toEqual(user);
      }),
      { numRuns: 150 },
    );
    await server.close({ drainMs: 0 });
    await directory.close();
  },
  60_000,
);

const texts: Readonly<Record<string, fc.Arbitrary<readonly string[]>>> = {
  cn: word.map((one) => [one]),
  sn: word.map((one) => [one]),
  givenName: fc.array(word, { maxLength: 1 }),
  title: fc.array(word, { maxLength: 1 }),
  o: fc.array(word, { maxLength: 1 }),
  mail: some(fc.emailAddress()),
  telephoneNumber: some(fc.stringMatching(/^\+[0-9]{5,9}$/)),
  sshPublicKey: some(key),
  badge: some(word),
  floor: fc.array(fc.integer({ min: -5, max: 99 }).map(String), { maxLength: 1 }),
  remote: fc.array(fc.constantFrom("TRUE", "FALSE"), { maxLength: 1 }),
  hired: fc.array(fc.constantFrom("19700101000001Z", "20270101120000Z"), { maxLength: 1 }),
};

const writes = fc
  .subarray(Object.keys(texts), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        (texts[name] as fc.Arbitrary<readonly string[]>).map((values) => ({ name, values })),
      ),
    ),
  );

test("what is written of a person is what is shown afterwards, and nothing else has changed", async () => {
  const { directory, server, client } = await world();
  const dn = `uid=ann,${usersDn}`;
  const shown = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
    (await client.search({ base: dn, scope: "base" })).entries[0]?.attributes ?? {};
  await fc.assert(
    fc.asyncProperty(people, writes, async (fields, all) => {
      // What follows from the names unless it is set would change with them.
      const name = { ...fields.name, display: "Ann Other", family: "Other" };
      const user = await directory.users.create({ username: "ann", ...fields, name });
      const before = await shown();
      const changes = all.map(
        ({ name: attribute, values }) => ({ operation: "replace", attribute, values }) as const,
      );
      expect(await client.modify(dn, ...changes)).toMatchObject({ resultCode: LdapResultCode.success });
      const { displayName: _, objectClass: __, ...after } = await shown();
      const {
        displayName: ___,
        objectClass: ____,
        ...expected
      } = {
        ...before,
        ...Object.fromEntries(all.map(({ name: attribute, values }) => [attribute, values])),
      };
      const present = Object.fromEntries(Object.entries(expected).filter(([, values]) => values.length > 0));
      const sorted = (attributes: object): object =>
        Object.fromEntries(Object.entries(attributes).map(([type, values]) => [type, [...values].sort()]));
      expect(sorted(after)).toEqual(sorted(present));
      const now = await directory.users.get(user.id);
      expect(now?.employee.costCenter).toBe(fields.employee?.costCenter);
      expect(now?.name.middle).toBe(fields.name?.middle);
      await directory.users.delete(user.id);
    }),
    { numRuns: 150 },
  );
  await server.close({ drainMs: 0 });
  await directory.close();
}, 60_000);

/** A group of three levels, with people at each. */
async function nested(directory: Directory) {
  const [ann, bo, cy] = await directory.users.createMany([
    { username: "ann" },
    { username: "bo" },
    { username: "cy" },
  ]);
  const id = (user: typeof ann) => user?.id as NonNullable<typeof ann>["id"];
  const inner = await directory.groups.create({ name: "inner", members: [id(cy)] });
  const middle = await directory.groups.create({ name: "middle", members: [id(bo), inner.id] });
  const members = [id(ann), id(bo), middle.id];
  return directory.groups.create({ name: "Outer", description: "x", posixGid: 7, members });
}

test.each<NonNullable<LdapServerOptions["layout"]>>([
  { nesting: "flatten" },
  { nesting: "direct" },
  { groupClass: "groupOfUniqueNames" },
  { flavour: "activeDirectory" },
  { samba: { sid: "S-1-5-21-1-2-3", name: "EXAMPLE" } },
])("writing what was read of a group changes nothing: %o", async (layout) => {
  const { directory, server, client } = await world(layout);
  const group = await nested(directory);
  const members = await Array.fromAsync(directory.groups.members(group.id));
  expect(await writeBack(client, groupDn("outer"))).toMatchObject({ resultCode: 0, diagnosticMessage: "" });
  expect(await Array.fromAsync(directory.groups.members(group.id))).toEqual(members);
  expect(await directory.groups.get(group.id)).toEqual(group);
  await server.close({ drainMs: 0 });
  await directory.close();
});
