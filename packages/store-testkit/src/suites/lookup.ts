import assert from "node:assert/strict";
import {
  type AttributeValue,
  createDirectory,
  type Directory,
  ephemeralKeyRing,
  type Filter,
  type Group,
  type GroupId,
  type ResourceId,
  type User,
} from "@directorykit/core";
import { type ConformanceTest, onStore, type ResolvedConformanceOptions } from "../conformance-test.ts";
import { Random } from "../random.ts";

const people = 40;
const departments = ["Sales", "sales", "Straße", "R&D"];

/** A directory over the store: what it looks up at once is what a query finds, whatever else the filter says. */
export function lookupSuite(options: ResolvedConformanceOptions): readonly ConformanceTest[] {
  return [
    onStore(
      "look-ups",
      "a look-up that is answered at once finds what a query finds, while people, groups and grants change",
      async ({ store }) => {
        const random = new Random(options.seed + 30);
        await using directory = await createDirectory({ store, keys: ephemeralKeyRing() });
        const world = await fill(directory, random);
        const answers = store.reader(directory.organizationId).immediate !== undefined;
        let answered = 0;
        for (let i = 0; i < options.filters; i++) {
          if (i % 5 === 0) await change(world, random);
          const [attribute, value] = randomValue(world, random);
          const rest = randomFilter(world, random, 2);
          const filter: Filter = { op: "and", of: [{ op: "equals", attribute, value }, rest] };
          const lookup = directory.lookup("user", attribute, rest);
          const early = lookup.now(value);
          const { records } = await directory.query("user", { filter });
          if (early !== undefined) assert.deepEqual(early, records, JSON.stringify(filter));
          // What the filter says of grants is known by now.
          const found = lookup.now(value);
          if (found === undefined) continue;
          answered += 1;
          assert.deepEqual(found, records, JSON.stringify(filter));
        }
        if (answers) assert.ok(answered > options.filters / 2, `${answered} look-ups were answered at once`);
        else assert.equal(answered, 0);
      },
    ),
  ];
}

interface World {
  readonly directory: Directory;
  readonly users: User[];
  readonly groups: readonly Group[];
  readonly resources: readonly ResourceId[];
}

async function fill(directory: Directory, random: Random): Promise<World> {
  await directory.attributes.define({ owner: "user", name: "badge", unique: true, multiValued: true });
  await directory.attributes.define({ owner: "user", name: "pin", indexed: true, sensitivity: "secret" });
  const users = await directory.users.createMany(
    Array.from({ length: people }, (_, i) => ({
      username: `User${i}`,
      email: `user${i}@example.com`,
      employee: { number: `E-${i}`, department: random.pick(departments) },
      ...(i % 2 === 0 ? { posix: { uid: 1000 + i, gid: i % 3, home: `/home/${i}` } } : {}),
      attributes: { badge: [`B ${i}`, `C ${i}`], pin: [String(i)] },
    })),
  );
  const groups: Group[] = [];
  for (let i = 0; i < 8; i++)
    groups.push(
      await directory.groups.create({
        name: `group ${i}`,
        members: users.filter(() => random.oneIn(4)).map((user) => user.id),
      }),
    );
  const resources: ResourceId[] = [];
  for (const name of ["wiki", "mail"])
    resources.push((await directory.resources.create({ kind: "ldap", name })).id);
  return { directory, users: [...users], groups, resources };
}

/** Makes a random change; one that the directory refuses is none. */
async function change({ directory, users, groups, resources }: World, random: Random): Promise<void> {
  const i = random.int(users.length);
  const user = (users[i] as User).id;
  const group = random.pick(groups).id;
  const changes: (() => Promise<unknown>)[] = [
    () => directory.users.suspend(user),
    () => directory.users.update(user, { state: "active", username: `User${i}x${random.int(9)}` }),
    () => directory.users.update(user, { email: `user${random.int(people)}@example.com` }),
    () => directory.users.update(user, { employee: { department: random.pick(departments) } }),
    () => directory.groups.addMembers(group, [user]),
    () => directory.groups.removeMembers(group, [user]),
    () => directory.groups.addMembers(group, [random.pick(groups).id]),
    () => directory.grants.add({ group, resource: random.pick(resources) }),
    () => directory.grants.add({ user, resource: random.pick(resources) }),
    async () => {
      for (const grant of await directory.grants.ofResource(random.pick(resources)))
        if (random.oneIn(2)) await directory.grants.remove(grant.id);
    },
    async () => {
      const deleted = users.length > people / 2 ? users.pop() : undefined;
      if (deleted !== undefined) await directory.users.delete(deleted.id);
    },
  ];
  await random
    .pick(changes)()
    .catch(() => {});
  const now = await directory.getMany("user", [user]);
  if (now[0] !== undefined) users[i] = now[0] as User;
}

function randomValue({ users }: World, random: Random): readonly [string, AttributeValue] {
  const i = random.int(people + 2);
  const user = users[i % users.length] as User;
  return random.pick<readonly [string, AttributeValue]>([
    ["id", user.id],
    ["id", user.id.toUpperCase()],
    ["id", "no id"],
    ["username", user.username],
    ["username", ` ${user.username.toUpperCase()}`],
    ["email", `USER${i}@example.com`],
    ["uidNumber", 1000 + i],
    ["uidNumber", String(1000 + i)],
    ["uidNumber", "many"],
    ["employeeNumber", `e-${i}`],
    ["badge", `b  ${i}`],
    ["badge", `C ${i}`],
    ["gidNumber", i % 3],
    ["department", "sales"],
    ["pin", String(i)],
    ["nonsense", "x"],
  ]);
}

function randomFilter(world: World, random: Random, depth: number): Filter {
  if (depth > 0 && random.oneIn(2)) {
    if (random.oneIn(3)) return { op: "not", of: randomFilter(world, random, depth - 1) };
    const of = Array.from({ length: random.int(4) }, () => randomFilter(world, random, depth - 1));
    return { op: random.oneIn(3) ? "or" : "and", of };
  }
  const { groups, resources, users } = world;
  const some = <T>(items: readonly T[]): T[] => items.filter(() => random.oneIn(2));
  return random.pick<Filter>([
    { op: "true" },
    { op: "unknown" },
    { op: "equals", attribute: "state", value: "active" },
    { op: "equals", attribute: "department", value: random.pick(departments) },
    { op: "equals", attribute: "username", value: `User${random.int(people)}` },
    { op: "equals", attribute: "pin", value: "1" },
    { op: "present", attribute: "uidNumber" },
    { op: "substrings", attribute: "username", any: [String(random.int(10))] },
    { op: "ids", ids: some(users).map((user) => user.id) },
    { op: "memberOf", groups: [random.pick(groups).id], transitive: false },
    { op: "memberOf", groups: some(groups).map((group): GroupId => group.id), transitive: random.oneIn(2) },
    { op: "hasMember", member: random.pick(users).id, transitive: false },
    { op: "entitledTo", resources: some(resources) },
    { op: "entitledTo", resources },
  ]);
}
