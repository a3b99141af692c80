import assert from "node:assert/strict";
import type { Membership } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { Random } from "../random.ts";
import { edge, idOf, organizationId, sampleUser } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("graph", name, body);

/** Memberships, from either end. */
export function graphSuite(seed: number): readonly ConformanceTest[] {
  return [
    test("an edge is found from its group and from its member, as it was added", async ({ store }) => {
      const edges: Membership[] = [
        edge(50, 1),
        { ...edge(50, 2), origin: "rule" },
        edge(51, 1),
        edge(51, 50, "group"),
      ];
      await store.transaction(acme, (tx) => tx.addMembers(edges));
      const reader = store.reader(acme);
      assert.deepEqual(sorted(await reader.groupsOf([idOf(1)])), sorted([edge(50, 1), edge(51, 1)]));
      assert.deepEqual(await reader.groupsOf([idOf(50)]), [edge(51, 50, "group")]);
      assert.deepEqual(await reader.membersOf(idOf(50), { limit: 10 }), edges.slice(0, 2));
      assert.deepEqual(await reader.groupsOf([]), []);
      assert.deepEqual(await reader.groupsOf([idOf(99)]), []);
      assert.deepEqual(await reader.membersOf(idOf(99), { limit: 10 }), []);
    }),
    test("groupsOf takes many members at once and answers each edge once", async ({ store }) => {
      const edges = [edge(50, 1), edge(50, 2), edge(51, 2), edge(52, 3)];
      await store.transaction(acme, (tx) => tx.addMembers(edges));
      const found = await store.reader(acme).groupsOf([idOf(2), idOf(1), idOf(2), idOf(9)]);
      assert.deepEqual(sorted(found), sorted(edges.slice(0, 3)));
    }),
    test("adding an edge again leaves the first as it is and tells only of new ones", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        assert.deepEqual(await tx.addMembers([edge(50, 1)]), [edge(50, 1)]);
        assert.deepEqual(await tx.addMembers([{ ...edge(50, 1), origin: "rule" }, edge(50, 2)]), [
          edge(50, 2),
        ]);
        assert.deepEqual(await tx.addMembers([edge(50, 3), edge(50, 3)]), [edge(50, 3)]);
      });
      assert.equal((await store.reader(acme).membersOf(idOf(50), { limit: 10 }))[0]?.origin, "static");
    }),
    test("removing an edge tells what was there, and nothing the second time", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.addMembers([edge(50, 1), edge(50, 2), edge(51, 1)]));
      await store.transaction(acme, async (tx) => {
        assert.deepEqual(await tx.removeMembers([edge(50, 1), edge(50, 9)]), [edge(50, 1)]);
        assert.deepEqual(await tx.removeMembers([edge(50, 1)]), []);
      });
      const reader = store.reader(acme);
      assert.deepEqual(await reader.groupsOf([idOf(1)]), [edge(51, 1)]);
      assert.deepEqual(await reader.membersOf(idOf(50), { limit: 10 }), [edge(50, 2)]);
    }),
    test("members come in the order of their ids, page by page, of every size", async ({ store }) => {
      const random = new Random(seed);
      const numbers = random.shuffled(Array.from({ length: 60 }, (_, n) => n));
      const kinds = ["user", "group", "system"] as const;
      const edges = numbers.map((n) => edge(500, n, kinds[n % 3]));
      await store.transaction(acme, (tx) => tx.addMembers(edges));
      await store.transaction(acme, (tx) => tx.addMembers([edge(499, 1), edge(501, 2)]));
      const reader = store.reader(acme);
      for (const kind of [undefined, ...kinds]) {
        const expected = Array.from({ length: 60 }, (_, n) => n)
          .filter((n) => kind === undefined || kinds[n % 3] === kind)
          .map((n) => idOf(n) as string);
        for (const limit of [1, 2, 3, 7, 19, 20, 21, 59, 60, 61]) {
          const seen: string[] = [];
          for (;;) {
            const after = seen.at(-1);
            const page = await reader.membersOf(idOf(500), {
              limit,
              ...(after === undefined ? {} : { after }),
              ...(kind === undefined ? {} : { kind }),
            });
            assert.ok(page.length <= limit);
            seen.push(...page.map(({ member }) => member));
            if (page.length < limit) break;
          }
          assert.deepEqual(seen, expected);
        }
      }
    }),
    test("paging goes on from a member that has left", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.addMembers([1, 2, 3, 4].map((n) => edge(50, n))));
      await store.transaction(acme, (tx) => tx.removeMembers([edge(50, 2)]));
      const page = await store.reader(acme).membersOf(idOf(50), { after: idOf(2), limit: 10 });
      assert.deepEqual(page, [edge(50, 3), edge(50, 4)]);
    }),
    test("edges may form cycles and self-loops without hanging a read", async ({ store }) => {
      const cycle = [edge(1, 2, "group"), edge(2, 3, "group"), edge(3, 1, "group"), edge(4, 4, "group")];
      await store.transaction(acme, (tx) => tx.addMembers(cycle));
      const reader = store.reader(acme);
      assert.deepEqual(await reader.groupsOf([idOf(2)]), [edge(1, 2, "group")]);
      assert.deepEqual(sorted(await reader.groupsOf([1, 2, 3, 4].map(idOf))), sorted(cycle));
      assert.deepEqual(await reader.membersOf(idOf(4), { limit: 5 }), [edge(4, 4, "group")]);
    }),
    test("edges stay when a record goes, and need no record to begin with", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1)]);
        await tx.addMembers([edge(50, 1), edge(50, 2)]);
      });
      await store.transaction(acme, (tx) => tx.remove("user", idOf(1), 1));
      const reader = store.reader(acme);
      assert.deepEqual(await reader.groupsOf([idOf(1)]), [edge(50, 1)]);
      assert.equal((await reader.membersOf(idOf(50), { limit: 10 })).length, 2);
      const filter = { op: "memberOf", groups: [idOf(50)] } as const;
      assert.deepEqual((await reader.query("user", { filter, limit: 10 })).records, []);
    }),
  ];
}

function sorted(edges: readonly Membership[]): readonly Membership[] {
  return [...edges].sort((a, b) => (`${a.group}${a.member}` < `${b.group}${b.member}` ? -1 : 1));
}
