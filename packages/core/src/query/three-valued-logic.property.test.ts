import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { Directory } from "../directory.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { MatchingRule } from "../model/attribute-definition.ts";
import type { Group } from "../model/group.ts";
import type { User } from "../model/user.ts";
import { plainStore } from "../testing/other-stores.ts";
import { openDirectory } from "../testing/test-directory.ts";
import { compareIndexValues, normalizeValue } from "../text/normalize.ts";
import type { Filter } from "./filter.ts";

/** True, false, or neither. */
type Truth = boolean | undefined;

/** The people and groups a filter is asked of. */
interface World {
  readonly directory: Directory;
  readonly registry: AttributeRegistry;
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  /** By user, the groups they are a direct member of. */
  readonly direct: ReadonlyMap<string, ReadonlySet<string>>;
  /** By user, also those through nesting. */
  readonly effective: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a filter means, straight from its definition, one record at a time and without compiling anything. */
function truthOf(filter: Filter, user: User, world: World): Truth {
  switch (filter.op) {
    case "true":
      return true;
    case "false":
      return false;
    case "unknown":
      return undefined;
    case "not":
      return negate(truthOf(filter.of, user, world));
    case "and":
      return negate(either(filter.of.map((part) => negate(truthOf(part, user, world)))));
    case "or":
      return either(filter.of.map((part) => truthOf(part, user, world)));
    case "ids":
      return filter.ids.includes(user.id);
    case "memberOf": {
      const groups = (filter.transitive ? world.effective : world.direct).get(user.id);
      return filter.groups.some((group) => groups?.has(group));
    }
    case "hasMember":
    case "entitledTo":
      return false;
    default:
      return attributeTruth(filter, user, world.registry);
  }
}

type AttributeFilter = Extract<Filter, { attribute: string }>;

function attributeTruth(filter: AttributeFilter, user: User, registry: AttributeRegistry): Truth {
  const attribute = registry.get("user", filter.attribute);
  if (attribute === undefined || attribute.sensitivity === "secret") return undefined;
  const own = attribute.matching;
  const wantedRule = "matching" in filter ? filter.matching : undefined;
  if (wantedRule !== undefined && wantedRule !== own && !(own === "caseIgnore" && wantedRule === "caseExact"))
    return undefined;
  const rule = wantedRule ?? own;
  const values = registry
    .values("user", user, filter.attribute)
    .flatMap((value) => normalizeValue(rule, value) ?? []);
  switch (filter.op) {
    case "present":
      return values.length > 0;
    case "substrings":
      if (attribute.syntax !== "string") return undefined;
      return values.some((value) => spacedForm(filter, rule).test(` ${doubled(String(value))} `));
    default: {
      const wanted = normalizeValue(rule, filter.value);
      if (wanted === undefined) return undefined;
      return values.some((value) => orders[filter.op](compareIndexValues(value, wanted)));
    }
  }
}

const orders = {
  equals: (order: number) => order === 0,
  atLeast: (order: number) => order >= 0,
  atMost: (order: number) => order <= 0,
  above: (order: number) => order > 0,
  below: (order: number) => order < 0,
};

/** What values must look like, in the form of RFC 4518 §2.6.1 with its two spaces within and one at each end. */
function spacedForm(filter: Extract<Filter, { op: "substrings" }>, rule: MatchingRule): RegExp {
  // Between other letters the spaces at the ends of a piece stay.
  const piece = (text: string): string => String(normalizeValue(rule, `x${text}x`)).slice(1, -1);
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const initial = piece(filter.initial ?? "").trimStart();
  const final = piece(filter.final ?? "").trimEnd();
  const middle = (filter.any ?? []).map((text) => `.*${literal(doubled(piece(text)))}`);
  return new RegExp(
    `^${literal(initial === "" ? "" : ` ${doubled(initial)}`)}${middle.join("")}.*${literal(final === "" ? "" : `${doubled(final)} `)}$`,
    "su",
  );
}

function doubled(text: string): string {
  return text.replace(/(?<=.) (?=.)/gsu, "  ");
}

function negate(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

function either(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
}

const departments = ["Sales", "sales", "Straße", "R&D", "Über uns", ""];

async function makeWorld(directory: Directory): Promise<World> {
  for (const [name, syntax, indexed] of [
    ["level", "integer", true],
    ["vip", "boolean", false],
    ["since", "time", true],
    ["tag", "string", true],
  ] as const)
    await directory.attributes.define({ owner: "user", name, syntax, indexed, multiValued: true });
  await directory.attributes.define({ owner: "user", name: "pin", indexed: true, sensitivity: "secret" });
  const users = await directory.users.createMany(
    Array.from({ length: 24 }, (_, i) => ({
      username: `User${i}`,
      ...(i % 3 === 0 ? {} : { employee: { department: departments[i % departments.length] ?? "" } }),
      ...(i % 4 === 0 ? { posix: { uid: 1000 + i, gid: i % 3, home: `/home/${i}` } } : {}),
      phones: i % 5 === 0 ? [`+44 20 ${i}`, "+1"] : [],
      attributes: {
        ...(i % 2 === 0 ? { level: [i, i % 7] } : {}),
        ...(i % 3 === 1 ? { vip: [i % 2 === 0] } : {}),
        ...(i % 4 === 1 ? { since: [i * 86_400_000] } : {}),
        ...(i % 3 === 2 ? { tag: ["Alpha Beta", `t${i % 4}`] } : {}),
        pin: [String(i)],
      },
    })),
  );
  const groups: Group[] = [];
  for (let i = 0; i < 5; i++) {
    const below = groups[Math.floor(i / 2)];
    const members = [
      ...users.filter((_, n) => n % (i + 2) === 0).map((user) => user.id),
      ...(below ? [below.id] : []),
    ];
    groups.push(await directory.groups.create({ name: `g${i}`, members }));
  }
  const direct = new Map<string, Set<string>>();
  const effective = new Map<string, ReadonlySet<string>>();
  for (const user of users) {
    direct.set(user.id, new Set((await directory.groups.of(user.id)).map((group) => group.id)));
    effective.set(user.id, await directory.effectiveGroups(user.id));
  }
  return { directory, registry: directory.attributes.registry, users, groups, direct, effective };
}

const attribute = fc.constantFrom(
  ...[
    "username",
    "department",
    "uidNumber",
    "gidNumber",
    "phone",
    "level",
    "vip",
    "since",
    "tag",
    "homeDirectory",
  ],
  ...["pin", "nonsense", "__proto__", "state"],
);
const value = fc.oneof(
  fc.constantFrom(
    "user3",
    "USER12",
    "sales",
    "STRASSE",
    "r&d",
    "alpha  beta",
    "t1",
    "+44 2010",
    "/home/4",
    "active",
  ),
  fc.constantFrom("1004", "3", "true", "TRUE", "19700103000000Z", "1970-01-06", "x", ""),
  fc.integer({ min: -1, max: 1030 }),
  fc.boolean(),
);
const part = fc.constantFrom("us", "ER1", "a", "a ", " b", "  Beta", " ", "l", "t", "+4", "ß", "s");
const matching = fc.constantFrom("caseExact" as const, "caseIgnore" as const);

function filters(world: World): fc.Arbitrary<Filter> {
  const groups = fc.subarray(world.groups.map((group) => group.id));
  const ids = fc.subarray([...world.users.map((user) => user.id as string), "none"]);
  return fc.letrec<{ node: Filter }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.record({ op: fc.constantFrom("true", "false", "unknown") }),
      fc.record(
        { op: fc.constantFrom("equals", "atLeast", "atMost", "above", "below"), attribute, value, matching },
        { requiredKeys: ["op", "attribute", "value"] },
      ),
      fc.record({ op: fc.constant("present"), attribute }),
      fc.record(
        {
          op: fc.constant("substrings"),
          attribute,
          initial: part,
          any: fc.array(part, { maxLength: 2 }),
          final: part,
          matching,
        },
        { requiredKeys: ["op", "attribute"] },
      ),
      fc.record({ op: fc.constant("ids"), ids }),
      fc.record({ op: fc.constant("memberOf"), groups, transitive: fc.boolean() }),
      fc.record({ op: fc.constantFrom("and", "or"), of: fc.array(tie("node"), { maxLength: 4 }) }),
      fc.record({ op: fc.constant("not"), of: tie("node") }),
    ) as fc.Arbitrary<Filter>,
  })).node;
}

describe.each([
  ["a store with indexes", memoryStore],
  ["a store that applies nothing", plainStore],
])("on %s", (_, makeStore) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld((await openDirectory({ store: makeStore() })).directory);
  });

  test("a query finds exactly the records for which the filter is true", async () => {
    await fc.assert(
      fc.asyncProperty(filters(world), async (filter) => {
        const wanted = world.users
          .filter((user) => truthOf(filter, user, world) === true)
          .map((user) => user.id);
        const { records } = await world.directory.query("user", { filter, limit: 100 });
        expect(records.map((user) => user.id)).toEqual(wanted);
        expect(await world.directory.count("user", { filter })).toBe(wanted.length);
      }),
      { numRuns: 500 },
    );
  });

  test("what is undefined stays so under negation: a filter and its negation never both match", async () => {
    await fc.assert(
      fc.asyncProperty(filters(world), async (filter) => {
        const yes = await world.directory.query("user", { filter, limit: 100 });
        const no = await world.directory.query("user", { filter: { op: "not", of: filter }, limit: 100 });
        const seen = new Set(yes.records.map((user) => user.id));
        for (const user of no.records) expect(seen.has(user.id)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
