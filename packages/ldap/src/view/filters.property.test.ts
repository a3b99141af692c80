import { type Directory, foldCase, normalizeValue } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dnKey, type Filter, formatFilter, parseDn } from "../codec/index.ts";
import { ldapServer } from "../server/ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestEntry, ldapTestClient } from "../testing.ts";

/** How the types of this test compare, by their published rules. */
const kinds: Readonly<
  Record<string, "text" | "exact" | "name" | "integer" | "dn" | "class" | "time" | "uuid" | "boolean">
> = {
  objectClass: "class",
  cn: "text",
  sn: "text",
  uid: "text",
  mail: "text",
  title: "text",
  displayName: "text",
  description: "text",
  ou: "text",
  dc: "text",
  homeDirectory: "exact",
  uidNumber: "integer",
  gidNumber: "integer",
  member: "dn",
  memberUid: "name",
  memberOf: "dn",
  manager: "dn",
  entryDN: "dn",
  entryUUID: "uuid",
  createTimestamp: "time",
  hasSubordinates: "boolean",
  subschemaSubentry: "dn",
};
const classes = [
  "top",
  "person",
  "inetOrgPerson",
  "posixAccount",
  "groupOfNames",
  "posixGroup",
  "organizationalUnit",
];
const names = ["ann", "bo", "cy", "dee"];
const groups = ["red", "green", "blue"];
const words = ["ann", "bo", "x", "Chief", "chief x", "red", "example", "Users"];

type Truth = boolean | undefined;
const not = (value: Truth): Truth => (value === undefined ? undefined : !value);
const and = (all: readonly Truth[]): Truth =>
  all.includes(false) ? false : all.includes(undefined) ? undefined : true;

/** The filter on the entry as it was shown, by RFC 4511 §4.5.1.7 and nothing of the server's own code. */
function evaluate(filter: Filter, entry: LdapTestEntry): Truth {
  switch (filter.type) {
    case "and":
      return and(filter.filters.map((part) => evaluate(part, entry)));
    case "or":
      return not(and(filter.filters.map((part) => not(evaluate(part, entry)))));
    case "not":
      return not(evaluate(filter.filter, entry));
    case "extensibleMatch":
      return undefined;
    default: {
      const kind = kinds[filter.attribute];
      if (kind === undefined) return undefined;
      const values = entry.attributes[filter.attribute] ?? [];
      if (filter.type === "present") return values.length > 0;
      if (filter.type === "substrings") {
        if (kind !== "text" && kind !== "exact") return undefined;
        const text = (octets: Uint8Array): string => {
          const given = Buffer.from(octets).toString();
          return kind === "text" ? given.toLowerCase() : given;
        };
        const pieces = [filter.initial, ...filter.any, filter.final].map((one) =>
          one ? literal(text(one)) : "",
        );
        const pattern = new RegExp(`^${pieces.join(".*")}$`, "s");
        return values.some((value) => pattern.test(kind === "text" ? value.toLowerCase() : value));
      }
      const asserted = Buffer.from(filter.value).toString();
      if (kind === "class") {
        if (filter.type !== "equalityMatch" && filter.type !== "approxMatch") return undefined;
        return values.some((value) => value.toLowerCase() === asserted.toLowerCase());
      }
      const key = keyOf(kind, asserted);
      if (key === undefined) return undefined;
      if (filter.type === "greaterOrEqual" || filter.type === "lessOrEqual") {
        if (["dn", "uuid", "boolean", "name"].includes(kind)) return undefined;
        return values.some((value) => {
          const own = keyOf(kind, value) ?? "";
          return filter.type === "greaterOrEqual" ? own >= key : own <= key;
        });
      }
      return values.some((value) => keyOf(kind, value) === key);
    }
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function keyOf(kind: string, value: string): string | number | undefined {
  if (kind === "text" || kind === "name") return foldCase(value);
  if (kind === "exact") return value;
  if (kind !== "dn") return normalizeValue(kind as "integer", value);
  try {
    return dnKey(parseDn(value));
  } catch {
    return undefined;
  }
}

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
});

const octets = (text: string): Uint8Array => Buffer.from(text);
const attributes = fc.constantFrom(...Object.keys(kinds), "unheardOf", "userPassword", "cn;lang-de");
const values: fc.Arbitrary<Uint8Array> = fc
  .constantFrom(
    ...[
      ...words,
      ...classes,
      ...names.map(userDn),
      ...groups.map(groupDn),
      "10000",
      "10001",
      "-1",
      "TRUE",
      "false",
    ],
    ...[
      "/home/ann",
      "/HOME/ann",
      "ann@example.com",
      "cn=Subschema",
      "20200101000000Z",
      "20991231235959Z",
      "no such",
    ],
  )
  .map(octets);
const pieces = fc.constantFrom("a", "n", "bo", "Ch", "e", "@", "/", "home").map(octets);
const leaves: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    type: fc.constantFrom("equalityMatch", "approxMatch", "greaterOrEqual", "lessOrEqual"),
    attribute: attributes,
    value: values,
  }),
  fc.record({ type: fc.constant("present" as const), attribute: attributes }),
  fc
    .record(
      { attribute: attributes, initial: pieces, any: fc.array(pieces, { maxLength: 2 }), final: pieces },
      { requiredKeys: ["attribute", "any"] },
    )
    .filter(({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0)
    .map((parts): Filter => ({ type: "substrings", ...parts })),
);
const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaves,
    fc.record({
      type: fc.constantFrom("and" as const, "or" as const),
      filters: fc.array(tie("filter"), { maxLength: 3 }),
    }),
    fc.record({ type: fc.constant("not" as const), filter: tie("filter") }),
  ),
})).filter;

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
        email: `${name}@example.com`,
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
      await using server = ldapServer({ directory, baseDn, layout: { nesting: world.nesting } });
      await using client = ldapTestClient(server);
      await client.bind(userDn("reader"), password);
      const all = (await client.search({ base: baseDn, attributes: ["*", "+"] })).entries;
      expect(all.length).toBeGreaterThanOrEqual(3 + 1 + groups.length);
      for (const filter of many) {
        const { entries, resultCode } = await client.search({ base: baseDn, filter, attributes: ["1.1"] });
        const expected = all.filter((entry) => evaluate(filter, entry) === true).map(({ dn }) => dn);
        expect([resultCode, ...entries.map(({ dn }) => dn)], formatFilter(filter)).toEqual([0, ...expected]);
      }
    }),
    { numRuns: 60 },
  );
}, 30_000);
