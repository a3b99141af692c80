import assert from "node:assert/strict";
import type { Transaction } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { inParallel, rejectsWith } from "../expectations.ts";
import {
  auditEvent,
  created,
  edge,
  idOf,
  nextVersion,
  organizationId,
  sampleUser,
  someTime,
} from "../sample-records.ts";
import { snapshot } from "../snapshot.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("transactions", name, body);

/** All or none, seen by nobody before the commit and by everybody after. */
export function transactionsSuite(): readonly ConformanceTest[] {
  return [
    test("resolves with what the work returns", async ({ store }) => {
      assert.equal(await store.transaction(acme, async () => 42), 42);
    }),
    test("a transaction sees its own writes, through every kind of read", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await writeOneOfEach(tx);
        assert.equal((await tx.get("user", idOf(1)))?.version, 2);
        assert.equal((await tx.getByKey("user", "username", "user1"))?.id, idOf(1));
        assert.equal((await tx.getMany("user", [idOf(1), idOf(2)])).length, 1);
        assert.equal((await tx.query("user", { filter: { op: "true" }, limit: 5 })).records.length, 1);
        assert.ok([1, undefined].includes(await tx.count("user", { op: "true" })));
        assert.equal((await tx.groupsOf([idOf(1)])).length, 1);
        assert.equal((await tx.membersOf(idOf(50), { limit: 5 })).length, 1);
        assert.equal(await tx.revision(), 1);
        assert.equal((await tx.changes(0, 5)).changes.length, 1);
        assert.equal((await tx.audit({ limit: 5 })).length, 1);
        assert.equal((await tx.counter("count", someTime))?.value, 3);
        assert.equal(await tx.peekOnce("once", someTime), "value");
        assert.equal(await tx.reserve("held", someTime + 9, someTime), false);
      });
    }),
    test("nobody outside sees a write before the commit", async ({ store }) => {
      const reader = store.reader(acme);
      // Some stores answer a read only when the transaction is over; either way it must not show half of one.
      const seen: Promise<unknown>[] = [];
      const attempt = store.transaction(acme, async (tx) => {
        await writeOneOfEach(tx);
        seen.push(
          reader.get("user", idOf(1)),
          reader.getByKey("user", "username", "user1"),
          reader.getMany("user", [idOf(1)]).then((records) => records[0]),
          reader.query("user", { filter: { op: "true" }, limit: 5 }).then((page) => page.records[0]),
          reader.groupsOf([idOf(1)]).then((edges) => edges[0]),
          reader.membersOf(idOf(50), { limit: 5 }).then((edges) => edges[0]),
          reader.revision().then((revision) => (revision === 0 ? undefined : revision)),
          reader.changes(0, 5).then((page) => page.changes[0]),
          reader.audit({ limit: 5 }).then((events) => events[0]),
          reader.counter("count", someTime),
          reader.peekOnce("once", someTime),
        );
        throw new Error("changed my mind");
      });
      await assert.rejects(attempt, /changed my mind/);
      for (const value of await Promise.all(seen)) assert.equal(value, undefined);
    }),
    test("work that throws changes nothing, and its own error comes out", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1), sampleUser(2)]);
        await tx.addMembers([edge(50, 2)]);
        await tx.appendChanges([created(1)]);
        await tx.increment("count", { by: 1, expiresAt: someTime + 9, now: someTime });
        await tx.putOnce("once", "before", someTime + 9);
        await tx.reserve("held", someTime + 9, someTime);
      });
      const before = await snapshot(store.reader(acme));
      class Mine extends Error {}
      const attempt = store.transaction(acme, async (tx) => {
        await tx.update("user", nextVersion(sampleUser(1, { username: "renamed" })), 1);
        await tx.remove("user", idOf(2), 1);
        await tx.insert("user", [sampleUser(3), sampleUser(4, { username: "user1" })]);
        await tx.removeMembers([edge(50, 2)]);
        await tx.addMembers([edge(50, 3), edge(51, 2)]);
        await tx.appendChanges([created(3), created(4)]);
        await tx.appendAudit([auditEvent(1)]);
        await tx.increment("count", { by: 5, expiresAt: someTime + 9, now: someTime });
        await tx.consumeOnce("once", someTime);
        await tx.putOnce("another", "x", someTime + 9);
        await tx.forget("held");
        throw new Mine();
      });
      await assert.rejects(attempt, Mine);
      assert.deepEqual(await snapshot(store.reader(acme)), before);
    }),
    test("a write that is refused takes the whole transaction with it", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      await rejectsWith(
        "conflict",
        store.transaction(acme, async (tx) => {
          await writeOneOfEach(tx, 7);
          await tx.insert("user", [sampleUser(8), sampleUser(9, { username: "user1" })]);
        }),
      );
      const reader = store.reader(acme);
      assert.equal(await reader.get("user", idOf(7)), undefined);
      assert.equal(await reader.get("user", idOf(8)), undefined);
      assert.equal(await reader.revision(), 0);
      assert.deepEqual(await reader.groupsOf([idOf(7)]), []);
    }),
    test("one that fails does not disturb those that run at the same time", async ({ store }) => {
      const outcomes = await inParallel(30, (n) =>
        store
          .transaction(acme, async (tx) => {
            await tx.insert("user", [sampleUser(n)]);
            await tx.appendChanges([created(n)]);
            if (n % 3 === 0) throw new Error("on purpose");
            return true;
          })
          .catch(() => false),
      );
      const reader = store.reader(acme);
      for (const [n, committed] of outcomes.entries()) {
        assert.equal(committed, n % 3 !== 0);
        assert.equal((await reader.get("user", idOf(n))) !== undefined, committed);
      }
      assert.equal(await reader.revision(), 20);
    }),
    test("a transaction refuses every call once it has ended", async ({ store }) => {
      const kept: Transaction[] = [];
      await store.transaction(acme, async (tx) => {
        kept.push(tx);
      });
      const failed = store.transaction(acme, async (tx) => {
        kept.push(tx);
        throw new Error("on purpose");
      });
      await assert.rejects(failed);
      for (const tx of kept) {
        await assert.rejects(tx.insert("user", [sampleUser(1)]));
        await assert.rejects(tx.addMembers([edge(50, 1)]));
        await assert.rejects(tx.appendChanges([created(1)]));
        await assert.rejects(tx.putOnce("key", 1, someTime + 1));
        await assert.rejects(tx.get("user", idOf(1)));
      }
      assert.equal(await store.reader(acme).get("user", idOf(1)), undefined);
      assert.equal(await store.reader(acme).revision(), 0);
    }),
    test("a signal that is already aborted stops a transaction before it begins", async ({ store }) => {
      let ran = false;
      const attempt = store.transaction(
        acme,
        async () => {
          ran = true;
        },
        { signal: AbortSignal.abort() },
      );
      await rejectsWith("timeout", attempt);
      assert.equal(ran, false);
    }),
    test("opening again and closing again do nothing", async (under) => {
      await under.store.open();
      await under.store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      await under.store.open();
      assert.equal((await under.store.reader(acme).get("user", idOf(1)))?.username, "user1");
      await under.store.close();
      await under.store.close();
    }),
    test("closing lets a running transaction finish", async (under) => {
      const running = under.store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1)]);
        await new Promise((resolve) => setImmediate(resolve));
        await tx.appendChanges([created(1)]);
        return "done";
      });
      await Promise.all([under.store.close(), running]);
      assert.equal(await running, "done");
    }),
  ];
}

async function writeOneOfEach(tx: Transaction, n: number = 1): Promise<void> {
  await tx.insert("user", [sampleUser(n)]);
  await tx.update("user", nextVersion(sampleUser(n)), 1);
  await tx.addMembers([edge(50, n)]);
  await tx.appendChanges([created(n)]);
  await tx.appendAudit([auditEvent(n)]);
  await tx.increment("count", { by: 3, expiresAt: someTime + 9, now: someTime });
  await tx.putOnce("once", "value", someTime + 9);
  await tx.reserve("held", someTime + 9, someTime);
}
