import assert from "node:assert/strict";
import { evaluateStoreFilter, type StoreFilter } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { drain } from "../drain.ts";
import { edge, idOf, organizationId, sampleUser, someTime, subjectOf } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("limits", name, body);

/** Large things that a store has to take. */
export function limitsSuite(): readonly ConformanceTest[] {
  return [
    test("a value of a megabyte comes back whole", async ({ store }) => {
      const big = "0123456789abcde\u00e9".repeat(65_536);
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1, { attributes: { big: [big] } })]);
        await tx.putOnce("big", big, someTime + 1);
      });
      assert.deepEqual((await store.reader(acme).get("user", idOf(1)))?.attributes["big"], [big]);
      assert.equal(await store.reader(acme).peekOnce("big", someTime), big);
    }),
    test("10,000 ids are one question", async ({ store }) => {
      const numbers = Array.from({ length: 10_000 }, (_, n) => n);
      await store.transaction(acme, (tx) =>
        tx.insert(
          "user",
          numbers.filter((n) => n % 10 === 0).map((n) => sampleUser(n, { index: [["n", n]] })),
        ),
      );
      const reader = store.reader(acme);
      const ids = numbers.map((n) => idOf(n)).reverse();
      const found = await reader.getMany("user", ids);
      assert.equal(found.length, 1000);
      assert.equal(found[0]?.id, idOf(9990));
      const filters: readonly StoreFilter[] = [
        { op: "ids", ids },
        { op: "in", attribute: "n", indexed: true, values: numbers },
      ];
      for (const filter of filters) {
        const page = await reader.query("user", { filter, limit: 2000 });
        if (page.residual === undefined) assert.equal(page.records.length, 1000);
        assert.ok([1000, undefined].includes(await reader.count("user", filter)));
      }
    }),
    test("10,000 groups and members are one question", async ({ store }) => {
      const ids = Array.from({ length: 10_000 }, (_, n) => idOf(n));
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1), sampleUser(2)]);
        await tx.addMembers([edge(5000, 1)]);
      });
      const reader = store.reader(acme);
      assert.deepEqual(await reader.groupsOf(ids), [edge(5000, 1)]);
      const filter = { op: "memberOf", groups: ids } as const;
      const groups = (id: string): ReadonlySet<string> => new Set(id === idOf(1) ? [idOf(5000)] : []);
      const found = await drain(reader, { filter }, 10, (user) =>
        subjectOf({ record: user, keys: [], index: [] }, groups(user.id)),
      );
      assert.deepEqual(found, [idOf(1)]);
    }),
    test("filters nested 12 deep and 64 wide are answered", async ({ store }) => {
      const users = [0, 1, 2, 3].map((n) => sampleUser(n, { index: [["n", n]] }));
      await store.transaction(acme, (tx) => tx.insert("user", users));
      const equals = (value: number): StoreFilter => ({ op: "equals", attribute: "n", indexed: true, value });
      const wide = (op: "and" | "or", of: (i: number) => StoreFilter): StoreFilter => ({
        op,
        of: Array.from({ length: 64 }, (_, i) => of(i)),
      });
      let deep: StoreFilter = equals(2);
      for (let level = 0; level < 12; level++) {
        if (level % 3 === 2) deep = { op: "not", of: deep };
        else deep = { op: level % 3 === 0 ? "and" : "or", of: [deep, equals(level % 4)] };
      }
      const filters: readonly StoreFilter[] = [
        deep,
        wide("or", (i) => equals(i)),
        wide("and", (i) => ({ op: "not", of: equals(i + 1) })),
        wide("or", (i) => wide("and", () => equals(i))),
        {
          op: "not",
          of: wide("or", (i) => ({
            op: "substrings",
            attribute: "username",
            indexed: true,
            any: [`${i + 1}`],
          })),
        },
      ];
      for (const filter of filters) {
        const found = await drain(store.reader(acme), { filter }, 3, (record) =>
          subjectOf(users.find((user) => user.record.id === record.id) ?? sampleUser(99)),
        );
        const expected = users.filter((user) => evaluateStoreFilter(filter, subjectOf(user)));
        assert.deepEqual(
          found,
          expected.map((user) => user.record.id),
        );
      }
    }),
    test("5,000 records, edges and changes are one transaction", async ({ store }) => {
      const numbers = Array.from({ length: 5000 }, (_, n) => n);
      await store.transaction(acme, async (tx) => {
        await tx.insert(
          "user",
          numbers.map((n) => sampleUser(n, { index: [["n", n]] })),
        );
        await tx.addMembers(numbers.map((n) => edge(9000, n)));
        await tx.appendChanges(
          numbers.map((n) => ({ at: someTime, kind: "user", id: idOf(n), operation: "created" })),
        );
      });
      const reader = store.reader(acme);
      assert.equal(await reader.revision(), 5000);
      assert.equal((await reader.membersOf(idOf(9000), { limit: 6000 })).length, 5000);
      assert.equal((await reader.getByKey("user", "username", "user4999"))?.id, idOf(4999));
      assert.equal(
        (await reader.query("user", { filter: { op: "true" }, limit: 6000 })).records.length,
        5000,
      );
    }),
  ];
}
