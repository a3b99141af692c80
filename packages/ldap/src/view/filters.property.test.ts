import type { Directory } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFilter } from "../codec/index.ts";
import { ldapServer } from "../server/ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, password, userDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { arbitraryFilters } from "./arbitrary-filters.fixture.ts";
import { activeDirectoryTypes, evaluate, sambaTypes, standardTypes } from "./filter-oracle.fixture.ts";

const classes = [
  "top",
  "person",
  "inetOrgPerson",
  "posixAccount",
  "shadowAccount",
  "groupOfNames",
  "groupOfUniqueNames",
  "posixGroup",
  "organizationalUnit",
];
const names = ["ann", "bo", "cy", "dee"];
const groups = ["red", "green", "blue"];
const words = ["ann", "bo", "x", "Chief", "chief x", "red", "example", "Users"];
const filters = arbitraryFilters([...classes, ...words, ...names.map(userDn), ...groups.map(groupDn)]);

interface World {
  readonly people: readonly {
    name: string;
    title?: string;
    posix: boolean;
    boss?: number;
    granted: boolean;
    active: boolean;
  }[];
  readonly edges: readonly (readonly [group: number, member: number])[];
  readonly nests: readonly (readonly [outer: number, inner: number])[];
  readonly posixGroups: readonly boolean[];
  readonly nesting: "flatten" | "direct";
  readonly look: {
    readonly groupClass?: "groupOfNames" | "groupOfUniqueNames";
    readonly flavour?: "activeDirectory";
    readonly samba?: { readonly sid: string; readonly name: string };
  };
}

const worlds: fc.Arbitrary<World> = fc.record({
  people: fc.tuple(
    ...names.map((name) =>
      fc.record(
        {
          name: fc.constant(name),
          title: fc.constantFrom("Chief", "chief x", "Boss"),
          posix: fc.boolean(),
          boss: fc.nat(names.length - 1),
          granted: fc.boolean(),
          active: fc.boolean(),
        },
        { requiredKeys: ["name", "posix", "granted", "active"] },
      ),
    ),
  ),
  edges: fc.array(fc.tuple(fc.nat(2), fc.nat(names.length - 1)), { maxLength: 8 }),
  nests: fc.array(fc.constantFrom([0, 1] as const, [0, 2] as const, [1, 2] as const), { maxLength: 3 }),
  posixGroups: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  nesting: fc.constantFrom("flatten", "direct"),
  look: fc.constantFrom(
    {},
    { groupClass: "groupOfUniqueNames" as const },
    { flavour: "activeDirectory" as const },
    { samba: { sid: "S-1-5-21-1-2-3", name: "EXAMPLE" } },
  ),
});

async function build(world: World): Promise<Directory> {
  const directory = await emptyDirectory();
  const people = [];
  for (const [i, { name, title, posix, active }] of world.people.entries()) {
    const account = posix ? { posix: { uid: 10_000 + i, gid: 20_000, home: `/home/${name}` } } : {};
    const employee = title === undefined ? {} : { title };
    const state = active ? "active" : "suspended";
    people.push(
      await directory.users.create({
        username: name,
        emails: [
          { value: `${name}@example.com`, primary: true },
          ...(posix ? [{ value: `x-${name}@example.com`, primary: false }] : []),
        ],
        employee,
        state,
        ...account,
      }),
    );
  }
  for (const [i, { boss, title }] of world.people.entries()) {
    const manager = boss === undefined ? undefined : people[boss]?.id;
    if (manager === undefined) continue;
    const employee = { manager, ...(title === undefined ? {} : { title }) };
    await directory.users.update(people[i]?.id as never, { employee });
  }
  const made = [];
  for (const [i, name] of groups.entries())
    made.push(
      await directory.groups.create({ name, ...(world.posixGroups[i] ? { posixGid: 10_000 + i } : {}) }),
    );
  for (const [group, member] of world.edges)
    await directory.groups.addMembers(made[group]?.id as never, [people[member]?.id as never]);
  for (const [outer, inner] of world.nests)
    await directory.groups.addMembers(made[outer]?.id as never, [made[inner]?.id as never]);
  const resource = await directory.resources.create({ kind: "ldap", name: "ldap" });
  const reader = await directory.users.create({ username: "reader", password });
  await directory.grants.add({ user: reader, resource });
  for (const [i, { granted }] of world.people.entries())
    if (granted) await directory.grants.add({ user: people[i]?.id as never, resource });
  return directory;
}

test("what a filter finds is what it is true of, by what entries show", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(filters, { minLength: 20, maxLength: 40 }), async (world, many) => {
      await using directory = await build(world);
      const { nesting, look } = world;
      const types =
        look.flavour !== undefined
          ? activeDirectoryTypes
          : look.samba === undefined
            ? standardTypes
            : sambaTypes;
      await using server = ldapServer({ directory, baseDn, layout: { nesting, ...look } });
      await using client = ldapTestClient(server);
      await client.bind(userDn("reader"), password);
      const all = (await client.search({ base: baseDn, attributes: ["*", "+"] })).entries;
      expect(all.length).toBeGreaterThanOrEqual(3 + 1 + groups.length);
      for (const { attributes } of all)
        for (const name of Object.keys(attributes)) expect(types).toHaveProperty(name);
      for (const filter of many) {
        const { entries, resultCode } = await client.search({ base: baseDn, filter, attributes: ["1.1"] });
        const expected = all.filter((entry) => evaluate(filter, entry, types) === true).map(({ dn }) => dn);
        expect([resultCode, ...entries.map(({ dn }) => dn)], formatFilter(filter)).toEqual([0, ...expected]);
      }
    }),
    { numRuns: 60 },
  );
}, 30_000);
