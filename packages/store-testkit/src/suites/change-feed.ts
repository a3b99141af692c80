import assert from "node:assert/strict";
import type { Change } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { inParallel } from "../expectations.ts";
import { created, edge, idOf, organizationId, sampleUser, someTime } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("change feed", name, body);

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Revisions 1, 2, 3 … in the order of commit. */
export function changeFeedSuite(): readonly ConformanceTest[] {
  return [
    test("an organization without changes is at revision 0", async ({ store }) => {
      const reader = store.reader(acme);
      assert.equal(await reader.revision(), 0);
      const page = await reader.changes(0, 10);
      assert.deepEqual(page.changes, []);
      assert.equal(page.revision, 0);
    }),
    test("changes come back in order, as they were appended, with their revision", async ({ store }) => {
      const removed = { ...edge(50, 1) };
      const first = await store.transaction(acme, (tx) => tx.appendChanges([created(1), created(2)]));
      const second = await store.transaction(acme, (tx) =>
        tx.appendChanges([
          { at: someTime, kind: "user", id: idOf(1), operation: "updated", fields: ["state"], user: idOf(1) },
          {
            at: someTime,
            kind: "membership",
            id: removed.group,
            operation: "deleted",
            member: removed.member,
            memberKind: "user",
          },
        ]),
      );
      assert.deepEqual([first, second], [1, 3]);
      const { changes, revision } = await store.reader(acme).changes(0, 100);
      assert.equal(revision, 4);
      assert.deepEqual(
        changes.map((change) => ({ ...change })),
        [
          { ...created(1), revision: 1 },
          { ...created(2), revision: 2 },
          {
            at: someTime,
            kind: "user",
            id: idOf(1),
            operation: "updated",
            fields: ["state"],
            user: idOf(1),
            revision: 3,
          },
          {
            at: someTime,
            kind: "membership",
            id: removed.group,
            operation: "deleted",
            member: removed.member,
            memberKind: "user",
            revision: 4,
          },
        ],
      );
    }),
    test("after and limit cut the feed exactly", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.appendChanges(range(1, 25).map(created)));
      const reader = store.reader(acme);
      for (const limit of [1, 2, 7, 24, 25, 26]) {
        const seen: Change[] = [];
        for (;;) {
          const page = await reader.changes(seen.length, limit);
          assert.ok(page.changes.length <= limit);
          assert.equal(page.revision, 25);
          assert.ok(page.oldest <= seen.length + 1);
          if (page.changes.length === 0) break;
          seen.push(...page.changes);
        }
        assert.deepEqual(
          seen.map((change) => change.revision),
          range(1, 25),
        );
      }
      assert.deepEqual((await reader.changes(25, 10)).changes, []);
      assert.deepEqual((await reader.changes(99, 10)).changes, []);
    }),
    test("a transaction that fails leaves no gap", async ({ store }) => {
      for (let n = 1; n <= 10; n++) {
        const attempt = store.transaction(acme, async (tx) => {
          const revision = await tx.appendChanges([created(n)]);
          if (n % 2 === 0) throw new Error("on purpose");
          return revision;
        });
        if (n % 2 === 0) await assert.rejects(attempt);
        else assert.equal(await attempt, (n + 1) / 2);
      }
      await assertGapless(store.reader(acme), 5);
    }),
    test("50 concurrent writers, some failing: gapless, in the order of commit, and true to the records", async ({
      store,
    }) => {
      const outcomes = await inParallel(50, (n) =>
        store
          .transaction(acme, async (tx) => {
            await tx.insert("user", [sampleUser(n)]);
            const first = await tx.appendChanges([created(n)]);
            if (n % 5 === 0) throw new Error("on purpose");
            const second = await tx.appendChanges([
              {
                at: someTime,
                kind: "membership",
                id: idOf(900),
                operation: "created",
                member: idOf(n),
                memberKind: "user",
              },
            ]);
            assert.equal(second, first + 1);
            return first;
          })
          .catch(() => undefined),
      );
      const changes = await assertGapless(store.reader(acme), 80);
      for (const [n, revision] of outcomes.entries()) {
        const found = changes.filter((change) => change.kind === "user" && change.id === idOf(n));
        assert.deepEqual(
          found.map((change) => change.revision),
          revision === undefined ? [] : [revision],
        );
        assert.equal((await store.reader(acme).get("user", idOf(n))) !== undefined, revision !== undefined);
      }
    }),
    test("a reader that polls while others write never misses a change", async ({ store }) => {
      const reader = store.reader(acme);
      let writing = true;
      const seen: number[] = [];
      const poll = (async () => {
        for (let last = false; !last; ) {
          last = !writing;
          const page = await reader.changes(seen.at(-1) ?? 0, 7);
          seen.push(...page.changes.map((change) => change.revision));
          if (page.changes.length > 0) last = false;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await inParallel(60, (n) =>
        store.transaction(acme, (tx) => tx.appendChanges([created(n), created(n)])),
      );
      writing = false;
      await poll;
      assert.deepEqual(seen, range(1, 120));
    }),
    test("each organization has a feed of its own", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.appendChanges([created(1), created(2)]));
      const other = organizationId("other");
      assert.equal(await store.transaction(other, (tx) => tx.appendChanges([created(3)])), 1);
      assert.equal(await store.reader(acme).revision(), 2);
      assert.equal(await store.reader(other).revision(), 1);
    }),
  ];
}

/** Reads the whole feed and asserts that it counts from 1 to `length`. */
export async function assertGapless(
  reader: { changes(after: number, limit: number): Promise<{ readonly changes: readonly Change[] }> },
  length: number,
): Promise<readonly Change[]> {
  const { changes } = await reader.changes(0, length + 100);
  assert.deepEqual(
    changes.map((change) => change.revision),
    range(1, length),
  );
  return changes;
}
