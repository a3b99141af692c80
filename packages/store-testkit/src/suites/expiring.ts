import assert from "node:assert/strict";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { inParallel } from "../expectations.ts";
import { organizationId, someTime } from "../sample-records.ts";

const acme = organizationId("acme");
const later = someTime + 1000;
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("one-time records", name, body);

/** One-time records, reservations and counters: what must happen at most so many times. */
export function expiringSuite(): readonly ConformanceTest[] {
  return [
    test("a value is taken once and can be looked at before", async ({ store }) => {
      const value = { code: "abc", scopes: ["a", "b"], nested: { n: 1, none: null } };
      await store.transaction(acme, (tx) => tx.putOnce("key", value, later));
      assert.deepEqual(await store.reader(acme).peekOnce("key", someTime), value);
      assert.deepEqual(await store.transaction(acme, (tx) => tx.consumeOnce("key", someTime)), value);
      assert.equal(await store.transaction(acme, (tx) => tx.consumeOnce("key", someTime)), undefined);
      assert.equal(await store.reader(acme).peekOnce("key", someTime), undefined);
    }),
    test("of 50 racers exactly one takes the value", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.putOnce("key", "prize", later));
      const taken = await inParallel(50, () =>
        store.transaction(acme, (tx) => tx.consumeOnce("key", someTime)),
      );
      assert.deepEqual(
        taken.filter((value) => value !== undefined),
        ["prize"],
      );
    }),
    test("a value taken in a transaction that fails is still there", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.putOnce("key", "prize", later));
      const attempt = store.transaction(acme, async (tx) => {
        assert.equal(await tx.consumeOnce("key", someTime), "prize");
        throw new Error("on purpose");
      });
      await assert.rejects(attempt, /on purpose/);
      assert.equal(await store.transaction(acme, (tx) => tx.consumeOnce("key", someTime)), "prize");
    }),
    test("putting again replaces the value and its end", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.putOnce("key", 1, someTime + 1));
      await store.transaction(acme, (tx) => tx.putOnce("key", 2, later));
      assert.equal(await store.transaction(acme, (tx) => tx.consumeOnce("key", someTime + 500)), 2);
    }),
    test("time is what the caller says: a value has gone from the moment it ends", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.putOnce("key", null, later));
      assert.equal(await store.reader(acme).peekOnce("key", later - 1), null);
      assert.equal(await store.reader(acme).peekOnce("key", later), undefined);
      assert.equal(await store.transaction(acme, (tx) => tx.consumeOnce("key", later)), undefined);
    }),
    test("of 50 racers exactly one gets a reservation", async ({ store }) => {
      const won = await inParallel(50, () =>
        store.transaction(acme, (tx) => tx.reserve("key", later, someTime)),
      );
      assert.equal(won.filter(Boolean).length, 1);
    }),
    test("a reservation is free again when it ends or is forgotten", async ({ store }) => {
      const reserve = (now: number): Promise<boolean> =>
        store.transaction(acme, (tx) => tx.reserve("key", now + 100, now));
      assert.equal(await reserve(someTime), true);
      assert.equal(await reserve(someTime + 99), false);
      assert.equal(await reserve(someTime + 100), true);
      await store.transaction(acme, (tx) => tx.forget("key"));
      assert.equal(await reserve(someTime + 101), true);
    }),
    test("a counter starts at 0, tells when it was changed, and can be read", async ({ store }) => {
      const step = { by: 2, expiresAt: later, now: someTime };
      assert.equal(await store.reader(acme).counter("key", someTime), undefined);
      const first = await store.transaction(acme, (tx) => tx.increment("key", step));
      assert.deepEqual({ ...first }, { value: 2, updatedAt: someTime, applied: true });
      const second = await store.transaction(acme, (tx) =>
        tx.increment("key", { ...step, now: someTime + 5 }),
      );
      assert.deepEqual({ ...second }, { value: 4, updatedAt: someTime + 5, applied: true });
      const read = await store.reader(acme).counter("key", someTime + 6);
      assert.deepEqual({ ...read }, { value: 4, updatedAt: someTime + 5 });
    }),
    test("a guarded increment never passes its maximum: of 50 racers for 5 places 5 get one", async ({
      store,
    }) => {
      const results = await inParallel(50, () =>
        store.transaction(acme, (tx) =>
          tx.increment("key", { by: 1, max: 5, expiresAt: later, now: someTime }),
        ),
      );
      const applied = results.filter((result) => result.applied);
      assert.deepEqual(applied.map((result) => result.value).sort(), [1, 2, 3, 4, 5]);
      assert.ok(results.every((result) => result.value <= 5));
      assert.equal((await store.reader(acme).counter("key", someTime))?.value, 5);
    }),
    test("an increment that would pass the maximum changes nothing, not even the time", async ({ store }) => {
      const step = { by: 3, max: 5, expiresAt: later, now: someTime };
      await store.transaction(acme, (tx) => tx.increment("key", step));
      const refused = await store.transaction(acme, (tx) =>
        tx.increment("key", { ...step, now: someTime + 9 }),
      );
      assert.deepEqual({ ...refused }, { value: 3, updatedAt: someTime, applied: false });
      const smaller = await store.transaction(acme, (tx) => tx.increment("key", { ...step, by: 2 }));
      assert.equal(smaller.value, 5);
    }),
    test("a counter keeps the end it was given first, and starts anew after it", async ({ store }) => {
      const increment = (now: number, expiresAt: number): Promise<number> =>
        store
          .transaction(acme, (tx) => tx.increment("key", { by: 1, expiresAt, now }))
          .then((result) => result.value);
      assert.equal(await increment(someTime, someTime + 100), 1);
      assert.equal(await increment(someTime + 50, someTime + 900), 2);
      assert.equal(await store.reader(acme).counter("key", someTime + 100), undefined);
      assert.equal(await increment(someTime + 100, someTime + 200), 1);
      await store.transaction(acme, (tx) => tx.forget("key"));
      assert.equal(await increment(someTime + 101, someTime + 200), 1);
    }),
    test("one-time records, reservations and counters of one name do not meet", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await tx.putOnce("key", "value", later);
        assert.equal(await tx.reserve("key", later, someTime), true);
        assert.equal((await tx.increment("key", { by: 1, expiresAt: later, now: someTime })).value, 1);
        await tx.forget("key");
      });
      const reader = store.reader(acme);
      assert.equal(await reader.peekOnce("key", someTime), "value");
      assert.equal(await reader.counter("key", someTime), undefined);
    }),
    test("none of them is in the change feed", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await tx.putOnce("a", 1, later);
        await tx.reserve("b", later, someTime);
        await tx.increment("c", { by: 1, expiresAt: later, now: someTime });
      });
      assert.equal(await store.reader(acme).revision(), 0);
    }),
    test("garbage collection drops what has ended, in every organization, and says how many", async ({
      store,
    }) => {
      for (const name of ["acme", "other"]) {
        await store.transaction(organizationId(name), async (tx) => {
          await tx.putOnce("short", 1, someTime + 1);
          await tx.putOnce("long", 2, later);
          await tx.reserve("short", someTime + 1, someTime);
          await tx.increment("short", { by: 1, expiresAt: someTime + 1, now: someTime });
          await tx.increment("long", { by: 1, expiresAt: later, now: someTime });
        });
      }
      assert.equal(await store.collectGarbage(someTime), 0);
      assert.equal(await store.collectGarbage(someTime + 10), 6);
      assert.equal(await store.collectGarbage(someTime + 10), 0);
      for (const name of ["acme", "other"]) {
        const reader = store.reader(organizationId(name));
        // Asked as of before its end, so that only deletion explains that it is gone.
        assert.equal(await reader.peekOnce("short", someTime), undefined);
        assert.equal(await reader.peekOnce("long", someTime), 2);
        assert.equal((await reader.counter("long", someTime))?.value, 1);
      }
    }),
  ];
}
