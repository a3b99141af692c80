import fc from "fast-check";
import { expect, test } from "vitest";
import { createDirectory, type Directory } from "../directory.ts";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { GrantId, GroupId, ResourceId, UserId } from "../model/ids.ts";
import type { Store } from "../store/store.ts";
import { plainStore, rerunningStore } from "../testing/other-stores.ts";
import { epoch, quickHasher, testClock } from "../testing/test-directory.ts";

const counts = { users: 4, groups: 5, resources: 3 };
const index = (count: number) => fc.nat({ max: count - 1 });
const user = index(counts.users);
const group = index(counts.groups);
const resource = index(counts.resources);
const member = fc.oneof(
  user.map((i) => ["user", i] as const),
  group.map((i) => ["group", i] as const),
);

const step = fc.oneof(
  fc.record({ do: fc.constant("join" as const), group, member }),
  fc.record({ do: fc.constant("leave" as const), group, member }),
  fc.record({
    do: fc.constant("grant" as const),
    to: fc.oneof(
      user.map((i) => ["user", i] as const),
      group.map((i) => ["group", i] as const),
    ),
    resource,
    mfa: fc.boolean(),
    hours: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    role: fc.integer({ min: 0, max: 3 }),
    priority: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ do: fc.constant("revoke" as const), nth: fc.nat({ max: 9 }) }),
  fc.record({
    do: fc.constant("state" as const),
    user,
    state: fc.constantFrom("active" as const, "suspended" as const),
  }),
  fc.record({ do: fc.constant("rename" as const), resource, suffix: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant("remake" as const), group }),
  fc.record({ do: fc.constant("wait" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One person's hands on a directory: what they made, by number. */
interface Hands {
  readonly users: UserId[];
  readonly groups: GroupId[];
  readonly resources: ResourceId[];
  readonly grants: GrantId[];
}

async function begin(directory: Directory): Promise<Hands> {
  const users = await directory.users.createMany(
    Array.from({ length: counts.users }, (_, i) => ({ username: `u${i}` })),
  );
  const groups: GroupId[] = [];
  for (let i = 0; i < counts.groups; i++) groups.push((await directory.groups.create({ name: `g${i}` })).id);
  const resources: ResourceId[] = [];
  for (let i = 0; i < counts.resources; i++)
    resources.push((await directory.resources.create({ kind: "ldap", name: `r${i}` })).id);
  return { users: users.map((one) => one.id), groups, resources, grants: [] };
}

async function take(
  directory: Directory,
  clock: { advance(ms: number): void; (): number },
  hands: Hands,
  one: Step,
): Promise<void> {
  const who = ([kind, i]: readonly ["user" | "group", number]) =>
    (kind === "user" ? hands.users[i] : hands.groups[i]) as never;
  switch (one.do) {
    case "join":
      await directory.groups
        .addMembers(hands.groups[one.group] as GroupId, [who(one.member)])
        .catch(() => {});
      return;
    case "leave":
      await directory.groups.removeMembers(hands.groups[one.group] as GroupId, [who(one.member)]);
      return;
    case "grant": {
      const { id } = await directory.grants.add({
        ...(one.to[0] === "user" ? { user: who(one.to) } : { group: who(one.to) }),
        resource: hands.resources[one.resource] as ResourceId,
        priority: one.priority,
        attributes: { role: one.role },
        conditions: one.mfa ? { mfa: true } : {},
        ...(one.hours === undefined ? {} : { notAfter: clock() + one.hours * 3_600_000 }),
      });
      hands.grants.push(id);
      return;
    }
    case "revoke":
      for (const id of hands.grants.splice(one.nth, 1)) await directory.grants.remove(id).catch(() => {});
      return;
    case "state":
      await directory.users.update(hands.users[one.user] as UserId, { state: one.state });
      return;
    case "rename":
      await directory.resources.update(hands.resources[one.resource] as ResourceId, {
        name: `r${one.resource}-${one.suffix}`,
      });
      return;
    case "remake":
      await directory.groups.delete(hands.groups[one.group] as GroupId);
      hands.groups[one.group] = (await directory.groups.create({ name: `g${one.group}` })).id;
      return;
    case "wait":
      clock.advance(3_600_000);
  }
}

/** Every decision about everyone, by the directory given. */
async function decisions(directory: Directory, hands: Hands): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [r, id] of hands.resources.entries()) {
    for (const one of hands.users) {
      for (const factors of [["password"], ["password", "totp"]] as const) {
        all.push(await directory.authorize(one, id, { factors }));
        for (let suffix = 0; suffix < 4; suffix++)
          all.push(await directory.authorize(one, { kind: "ldap", name: `R${r}-${suffix}` }, { factors }));
      }
    }
    const entitled = await directory.query("user", { filter: { op: "entitledTo", resources: [id] } });
    all.push(entitled.records.map((one) => one.id));
  }
  return all;
}

const open = (store: Store, clock: () => number, more: object = {}) =>
  createDirectory({ store, clock, keys: ephemeralKeyRing(), hasher: quickHasher, ...more });

test("whatever is done, cached decisions are those of a directory that has just been opened", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const store = memoryStore();
      const clock = testClock();
      const directory = await open(store, clock);
      const hands = await begin(directory);
      for (const one of steps) {
        await take(directory, clock, hands, one);
        expect(await decisions(directory, hands)).toEqual(await decisions(await open(store, clock), hands));
      }
    }),
    { numRuns: 25 },
  );
}, 30_000);

test.each([
  ["that applies no filter", plainStore],
  ["that runs every transaction twice", rerunningStore],
])(
  "a store %s leads to the same decisions",
  async (_, makeStore) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const answers = [];
        for (const store of [memoryStore(), makeStore()]) {
          const clock = testClock();
          const directory = await open(store, clock);
          const hands = await begin(directory);
          for (const one of steps) await take(directory, clock, hands, one);
          const names = new Map<string, string>(
            [...hands.users, ...hands.groups, ...hands.resources, ...hands.grants].map((id, i) => [
              id,
              `#${i}`,
            ]),
          );
          const text = JSON.stringify(await decisions(directory, hands));
          answers.push(
            text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => names.get(id) ?? "gone"),
          );
          expect(directory.revision).toBeGreaterThan(0);
        }
        expect(answers[1]).toBe(answers[0]);
      }),
      { numRuns: 25 },
    );
  },
  30_000,
);

test("decisions asked for while others write are never cached past the write", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const store = memoryStore();
      const clock = testClock();
      const directory = await open(store, clock);
      const hands = await begin(directory);
      for (const one of steps) {
        // Reads and the write run interleaved: whatever a read has seen half-way must not stay.
        await Promise.all([
          decisions(directory, hands),
          take(directory, clock, hands, one),
          decisions(directory, hands),
        ]);
      }
      expect(await decisions(directory, hands)).toEqual(await decisions(await open(store, clock), hands));
    }),
    { numRuns: 25 },
  );
}, 30_000);

test("another node decides by what this one has written, once it has looked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const store = memoryStore();
      const clock = testClock();
      const writer = await open(store, clock);
      // May not be behind at all, and so looks before each answer.
      const reader = await open(store, clock, { pollMs: 1_000_000, maxStalenessMs: 0 });
      const hands = await begin(writer);
      for (const one of steps) {
        await take(writer, clock, hands, one);
        expect(await decisions(reader, hands)).toEqual(await decisions(writer, hands));
      }
      await reader.close();
      expect(clock()).toBeGreaterThanOrEqual(epoch);
    }),
    { numRuns: 15 },
  );
}, 30_000);
