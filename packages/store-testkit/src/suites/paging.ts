import assert from "node:assert/strict";
import type { IndexedRecord, StoreQuery } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { drain } from "../drain.ts";
import { Random } from "../random.ts";
import { edge, idOf, nextVersion, organizationId, sampleUser, subjectOf } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("paging under writes", name, body);

/** Lists that are read page by page while the directory changes. */
export function pagingSuite(seed: number): readonly ConformanceTest[] {
  return [
    ...[undefined, { attribute: "team", descending: false }, { attribute: "team", descending: true }].map(
      (order) =>
        test(`users are listed by ${order === undefined ? "id" : `team, ${order.descending ? "falling" : "rising"}`}: none twice, none that stayed skipped`, (under) =>
          pageWhileWriting(under, order, new Random(seed))),
    ),
    test("members are listed: none twice, none that stayed skipped", async ({ store }) => {
      const random = new Random(seed);
      const stable = Array.from({ length: 40 }, (_, n) => 2 * n);
      await store.transaction(acme, (tx) => tx.addMembers(stable.map((n) => edge(500, n))));
      const seen: string[] = [];
      for (;;) {
        const after = seen.at(-1);
        const page = await store
          .reader(acme)
          .membersOf(idOf(500), { limit: 3, ...(after === undefined ? {} : { after }) });
        seen.push(...page.map(({ member }) => member));
        if (page.length < 3) break;
        const [a, b] = [2 * random.int(40) + 1, 2 * random.int(40) + 1];
        await store.transaction(acme, async (tx) => {
          await tx.addMembers([edge(500, a)]);
          await tx.removeMembers([edge(500, b)]);
        });
      }
      assert.equal(new Set(seen).size, seen.length);
      for (const n of stable) assert.ok(seen.includes(idOf(n)), `member ${n} was skipped`);
    }),
  ];
}

async function pageWhileWriting(
  { store }: StoreUnderTest,
  order: StoreQuery["order"],
  random: Random,
): Promise<void> {
  // Even numbers stay as they are; odd ones come, change and go between the pages.
  const user = (n: number): IndexedRecord<"user"> => sampleUser(n, { index: [["team", `team${n % 5}`]] });
  const stable = Array.from({ length: 40 }, (_, n) => 2 * n);
  const there = new Map<number, IndexedRecord<"user">>();
  await store.transaction(acme, (tx) => tx.insert("user", stable.map(user)));
  const churn = (): Promise<void> =>
    store.transaction(acme, async (tx) => {
      for (let i = 0; i < 4; i++) {
        const n = 2 * random.int(40) + 1;
        const now = there.get(n);
        if (now === undefined) {
          there.set(n, user(n));
          await tx.insert("user", [user(n)]);
        } else if (random.oneIn(2)) {
          there.delete(n);
          await tx.remove("user", idOf(n), now.record.version);
        } else {
          const next = nextVersion(now, { state: "suspended" });
          there.set(n, next);
          await tx.update("user", next, now.record.version);
        }
      }
    });
  const query = { filter: { op: "true" } as const, ...(order === undefined ? {} : { order }) };
  const seen = await drain(store.reader(acme), query, 3, () => subjectOf(user(0)), churn);
  assert.equal(new Set(seen).size, seen.length, "a record was listed twice");
  for (const n of stable) assert.ok(seen.includes(idOf(n)), `user ${n} was skipped`);
}
