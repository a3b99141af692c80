import assert from "node:assert/strict";
import type { ImmediateReader, Reader, Store, User, UserId } from "@directorykit/core";
import { type ConformanceTest, onStore, type ResolvedConformanceOptions } from "../conformance-test.ts";
import { Random } from "../random.ts";
import { randomEdges, randomUsers } from "../random-query.ts";
import { edge, idOf, nextVersion, organizationId, sampleUser } from "../sample-records.ts";

const acme = organizationId("acme");
const people = 60;

/** A test of point reads that are answered at once. A store without them has nothing to show. */
function test(name: string, body: (store: Store) => Promise<void>): ConformanceTest {
  return onStore("immediate reads", name, async ({ store }) => {
    if (store.reader(acme).immediate !== undefined) await body(store);
  });
}

/** Point reads that are answered at once say what those that are waited for say. */
export function immediateSuite({ seed }: ResolvedConformanceOptions): readonly ConformanceTest[] {
  return [
    test("every record, key, index entry and membership is found as it is when waited for", async (store) => {
      const random = new Random(seed + 20);
      const users = randomUsers(random, people);
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", users);
        await tx.addMembers(randomEdges(random, people));
      });
      const reader = store.reader(acme);
      await compareAll(reader, users);
      await store.transaction(acme, async (tx) => {
        await tx.update("user", nextVersion(sampleUser(3, { username: "renamed" })), 1);
        await tx.remove("user", idOf(4), 1);
        await tx.removeMembers([0, 1, 2].map((group) => edge(1000 + group, 5)));
      });
      await compareAll(reader, [...users, sampleUser(3, { username: "renamed" })]);
    }),
    test("what does not exist is not found, also in an organization nobody has written to", async (store) => {
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1)]);
        await tx.addMembers([edge(50, 1)]);
      });
      const missing = [
        [store.reader(acme), idOf(7), "user7"],
        [store.reader(organizationId("nobody")), idOf(1), "user1"],
      ] as const;
      for (const [reader, id, username] of missing) {
        const reads = answering(reader);
        assert.equal(reads.get("user", id), undefined);
        assert.equal(reads.getByKey("user", "username", username), undefined);
        assert.equal(reads.getByKey("user", "no-such-key", username), undefined);
        assert.deepEqual(reads.getByEntry("user", "username", username, 5), []);
        assert.deepEqual(reads.getByEntry("user", "no-such-attribute", username, 5), []);
        assert.equal(reads.isMember(idOf(50), id), false);
        assert.deepEqual(reads.groupIdsOf(id), []);
      }
      assert.equal(answering(store.reader(acme)).get("group", idOf(1)), undefined);
    }),
    test("more records than the limit are not answered", async (store) => {
      const users = [1, 2, 3].map((n) => sampleUser(n, { index: [["team", "red"]] }));
      await store.transaction(acme, (tx) => tx.insert("user", users));
      const reads = answering(store.reader(acme));
      assert.equal(reads.getByEntry("user", "team", "red", 2), undefined);
      assert.equal(reads.getByEntry("user", "team", "red", 3)?.length, 3);
    }),
    test("a write is seen as soon as it is committed, and not before", async (store) => {
      const reader = store.reader(acme);
      const state = (): unknown => {
        const reads = reader.immediate?.();
        return reads === undefined ? undefined : seen(reads);
      };
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      for (let version = 1; version <= 20; version++) {
        const before = { version, byKey: version, byEntry: 1, member: version > 1, groups: version - 1 };
        assert.deepEqual(state(), before);
        await store.transaction(acme, async (tx) => {
          await tx.update("user", nextVersion(sampleUser(1, { version })), version);
          await tx.addMembers([edge(50 + version, 1)]);
          // Some stores do not answer at once while a transaction runs.
          const meanwhile = state();
          if (meanwhile !== undefined) assert.deepEqual(meanwhile, before);
        });
      }
    }),
    test("a write that was taken back is never seen", async (store) => {
      const reader = store.reader(acme);
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      const attempt = store.transaction(acme, async (tx) => {
        await tx.remove("user", idOf(1), 1);
        await tx.insert("user", [sampleUser(2)]);
        throw new Error("changed my mind");
      });
      await assert.rejects(attempt, /changed my mind/);
      const reads = answering(reader);
      assert.equal(reads.get("user", idOf(1))?.version, 1);
      assert.equal(reads.get("user", idOf(2)), undefined);
      assert.equal(reads.getByKey("user", "username", "user2"), undefined);
    }),
    test("what a caller does to an answer does not change what is stored", async (store) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      const reads = answering(store.reader(acme));
      for (const record of [reads.get("user", idOf(1)), reads.getByKey("user", "username", "user1")]) {
        try {
          (record as { username: string }).username = "spoiled";
        } catch {
          // Frozen is fine.
        }
      }
      assert.equal(reads.get("user", idOf(1))?.username, "user1");
    }),
    test("organizations do not see each other", async (store) => {
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1)]);
        await tx.addMembers([edge(50, 1)]);
      });
      for (const name of ["acme2", "acm", "ACME", ""]) {
        const reads = answering(store.reader(organizationId(name)));
        assert.deepEqual(seen(reads), {
          version: undefined,
          byKey: undefined,
          byEntry: 0,
          member: false,
          groups: 0,
        });
      }
    }),
  ];
}

/** The reads of a store at rest: one that has the method uses it. */
function answering(reader: Reader): ImmediateReader {
  const reads = reader.immediate?.();
  assert.ok(reads !== undefined, "a store at rest does not answer at once");
  return reads;
}

/** What every read shows of the first user, and of the groups from 50 on. */
function seen(reads: ImmediateReader): unknown {
  return {
    version: reads.get("user", idOf(1))?.version,
    byKey: reads.getByKey("user", "username", "user1")?.version,
    byEntry: reads.getByEntry("user", "username", "user1", 5)?.length,
    member: reads.isMember(idOf(50 + 1), idOf(1)),
    groups: reads.groupIdsOf(idOf(1)).length,
  };
}

async function compareAll(reader: Reader, users: ReturnType<typeof randomUsers>): Promise<void> {
  // Whatever an index has put off for later is done once it was asked.
  await reader.query("user", { filter: { op: "present", attribute: "team", indexed: true }, limit: 1 });
  const ids = Array.from({ length: people + 2 }, (_, n) => idOf(n));
  const edges = await reader.groupsOf(ids);
  for (const id of ids) {
    const own = edges.filter((one) => one.member === id).map((one) => one.group as string);
    assert.deepEqual(answering(reader).get("user", id), await reader.get("user", id));
    assert.deepEqual([...answering(reader).groupIdsOf(id)].sort(), own.sort());
    for (const group of [1000, 1001, 1002, 1003, 1004, 1005].map(idOf))
      assert.equal(answering(reader).isMember(group, id), own.includes(group));
  }
  for (const { keys, index } of users) {
    for (const [name, value] of keys)
      assert.deepEqual(
        answering(reader).getByKey("user", name, value),
        await reader.getByKey("user", name, value),
      );
    for (const [attribute, value] of index) {
      const filter = { op: "equals", attribute, indexed: true, value } as const;
      const { records, residual } = await reader.query("user", { filter, limit: people });
      // What the store leaves over is the evaluator's, which other suites hold the query to.
      if (residual !== undefined) continue;
      const found = answering(reader).getByEntry("user", attribute, value, people);
      assert.deepEqual(found === undefined ? undefined : byId(found), byId(records));
    }
  }
}

function byId(records: readonly User[]): readonly [UserId, User][] {
  return records.map((record): [UserId, User] => [record.id, record]).sort(([a], [b]) => (a < b ? -1 : 1));
}
