import assert from "node:assert/strict";
import { type ConformanceTest, onStore } from "../conformance-test.ts";
import { inParallel, rejectsWith } from "../expectations.ts";
import { auditEvent, created, edge, idOf, organizationId, sampleUser, someTime } from "../sample-records.ts";
import { snapshot } from "../snapshot.ts";

const acme = organizationId("acme");

/** What was acknowledged is there after the store is closed and opened again. */
export function durabilitySuite(): readonly ConformanceTest[] {
  return [
    onStore(
      "durability",
      "everything is there after closing and opening again",
      async ({ store, reopen }) => {
        assert.ok(reopen !== undefined, "the store is declared durable but makeStore gives no reopen()");
        await store.transaction(acme, async (tx) => {
          await tx.insert("user", [sampleUser(1), sampleUser(2, { index: [["team", "red"]] })]);
          await tx.addMembers([edge(50, 1), edge(50, 2)]);
          await tx.appendChanges([created(1), created(2)]);
          await tx.appendAudit([auditEvent(1)]);
          await tx.putOnce("once", { kept: true }, someTime + 9);
          await tx.increment("count", { by: 2, expiresAt: someTime + 9, now: someTime });
          await tx.reserve("held", someTime + 9, someTime);
        });
        await store.transaction(acme, (tx) =>
          tx.update("user", sampleUser(1, { version: 2, username: "new" }), 1),
        );
        await store.transaction(acme, (tx) => tx.removeMembers([edge(50, 1)]));
        const before = await snapshot(store.reader(acme));
        const again = await reopen();
        assert.deepEqual(await snapshot(again.reader(acme)), before);
        assert.equal((await again.reader(acme).getByKey("user", "username", "new"))?.version, 2);
        assert.equal(
          await again.transaction(acme, (tx) => tx.reserve("held", someTime + 9, someTime)),
          false,
        );
        assert.equal(await again.transaction(acme, (tx) => tx.appendChanges([created(3)])), 3);
        await rejectsWith(
          "conflict",
          again.transaction(acme, (tx) => tx.insert("user", [sampleUser(7, { username: "new" })])),
        );
      },
    ),
    onStore(
      "durability",
      "concurrent transactions are all there after opening again",
      async ({ store, reopen }) => {
        assert.ok(reopen !== undefined, "the store is declared durable but makeStore gives no reopen()");
        await inParallel(100, (n) =>
          store.transaction(acme, async (tx) => {
            await tx.insert("user", [sampleUser(n)]);
            await tx.appendChanges([created(n)]);
          }),
        );
        const again = await reopen();
        assert.equal(
          (
            await again.reader(acme).getMany(
              "user",
              Array.from({ length: 100 }, (_, n) => idOf(n)),
            )
          ).length,
          100,
        );
        assert.equal(await again.reader(acme).revision(), 100);
      },
    ),
  ];
}

/** Data of a newer version is left alone. */
export function versionsSuite(): readonly ConformanceTest[] {
  return [
    onStore(
      "versions",
      "data written by a newer version is refused with misconfigured",
      async ({ store, pretendNewer }) => {
        assert.ok(
          pretendNewer !== undefined,
          "the store declares versioned but makeStore gives no pretendNewer()",
        );
        await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
        const newer = await pretendNewer();
        await rejectsWith("misconfigured", newer.open());
        await rejectsWith("misconfigured", newer.open());
        await newer.close();
      },
    ),
  ];
}
