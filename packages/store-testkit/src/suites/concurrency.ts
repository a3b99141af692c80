import assert from "node:assert/strict";
import { errorCodeOf, type User } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { inParallel } from "../expectations.ts";
import { edge, idOf, organizationId, sampleUser } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("concurrency", name, body);

/** Many at once, none lost. */
export function concurrencySuite(): readonly ConformanceTest[] {
  return [
    test("of 100 updates from the same version exactly one wins", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      const outcomes = await inParallel(100, (n) =>
        store
          .transaction(acme, (tx) =>
            tx.update("user", sampleUser(1, { version: 2, attributes: { by: [n] } }), 1),
          )
          .then(() => "won", errorCodeOf),
      );
      assert.equal(outcomes.filter((outcome) => outcome === "won").length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === "stale-write").length, 99);
      const winner = outcomes.indexOf("won");
      assert.deepEqual((await store.reader(acme).get("user", idOf(1)))?.attributes["by"], [winner]);
    }),
    test("100 read-and-update transactions count to 100", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1, { attributes: { n: [0] } })]));
      await inParallel(100, () =>
        store.transaction(acme, async (tx) => {
          const now = (await tx.get("user", idOf(1))) as User;
          const n = ((now.attributes["n"] ?? [])[0] as number) + 1;
          await tx.update(
            "user",
            sampleUser(1, { version: now.version + 1, attributes: { n: [n] } }),
            now.version,
          );
        }),
      );
      const after = await store.reader(acme).get("user", idOf(1));
      assert.deepEqual(after?.attributes["n"], [100]);
      assert.equal(after?.version, 101);
    }),
    test("100 members added at once are all there", async ({ store }) => {
      const added = await inParallel(100, (n) =>
        store.transaction(acme, (tx) => tx.addMembers([edge(500, n)])),
      );
      assert.ok(added.every((edges) => edges.length === 1));
      const members = await store.reader(acme).membersOf(idOf(500), { limit: 1000 });
      assert.deepEqual(
        members.map(({ member }) => member),
        Array.from({ length: 100 }, (_, n) => idOf(n)),
      );
    }),
    test("the same member added 50 times at once is new exactly once", async ({ store }) => {
      const added = await inParallel(50, () =>
        store.transaction(acme, (tx) => tx.addMembers([edge(500, 1)])),
      );
      assert.equal(added.filter((edges) => edges.length === 1).length, 1);
      assert.equal((await store.reader(acme).membersOf(idOf(500), { limit: 10 })).length, 1);
    }),
    test("of 50 that want the same unique key exactly one gets it", async ({ store }) => {
      const outcomes = await inParallel(50, (n) =>
        store
          .transaction(acme, (tx) => tx.insert("user", [sampleUser(n, { username: "wanted" })]))
          .then(() => "won", errorCodeOf),
      );
      assert.equal(outcomes.filter((outcome) => outcome === "won").length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === "conflict").length, 49);
      const holder = await store.reader(acme).getByKey("user", "username", "wanted");
      assert.equal(holder?.id, idOf(outcomes.indexOf("won")));
    }),
    test("two transactions that each read what the other writes leave the world of one after the other", async ({
      store,
    }) => {
      // At least one of two must stay active: each suspends one only if the other is active.
      for (let round = 0; round < 10; round++) {
        const [a, b] = [2 * round, 2 * round + 1];
        await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(a), sampleUser(b)]));
        const suspend = (mine: number, other: number): Promise<void> =>
          store.transaction(acme, async (tx) => {
            if ((await tx.get("user", idOf(other)))?.state !== "active") return;
            const user = sampleUser(mine, { version: 2 });
            await tx.update("user", { ...user, record: { ...user.record, state: "suspended" } }, 1);
          });
        await Promise.allSettled([suspend(a, b), suspend(b, a)]);
        const users = await store.reader(acme).getMany("user", [idOf(a), idOf(b)]);
        assert.ok(users.some((user) => user.state === "active"));
      }
    }),
    test("organizations do not hold each other up for good", async ({ store }) => {
      const names = Array.from({ length: 10 }, (_, n) => organizationId(`organization-${n}`));
      await Promise.all(
        names.flatMap((name) =>
          Array.from({ length: 10 }, (_, n) =>
            store.transaction(name, async (tx) => {
              await tx.insert("user", [sampleUser(n)]);
              await tx.appendChanges([{ at: 1, kind: "user", id: idOf(n), operation: "created" }]);
            }),
          ),
        ),
      );
      for (const name of names) assert.equal(await store.reader(name).revision(), 10);
    }),
  ];
}
