import assert from "node:assert/strict";
import { evaluateStoreFilter, type Organization, recordKinds, type User } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { rejectsWith } from "../expectations.ts";
import { idOf, nextVersion, organizationId, sampleUser, someTime, subjectOf } from "../sample-records.ts";

const acme = organizationId("acme");
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("crud", name, body);

/** Single records: what goes in comes out, versions guard writes, keys are unique. */
export function crudSuite(): readonly ConformanceTest[] {
  return [
    test("a record is found by id and by each of its unique keys", async ({ store }) => {
      const user = sampleUser(1, { keys: [["email", "one@example.com"]] });
      await store.transaction(acme, (tx) => tx.insert("user", [user, sampleUser(2)]));
      const reader = store.reader(acme);
      assert.deepEqual(await reader.get("user", idOf(1)), user.record);
      assert.deepEqual(await reader.getByKey("user", "username", "user1"), user.record);
      assert.deepEqual(await reader.getByKey("user", "email", "one@example.com"), user.record);
    }),
    test("what does not exist is undefined, also in an organization nobody has written to", async ({
      store,
    }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      for (const reader of [store.reader(acme), store.reader(organizationId("nobody"))]) {
        assert.equal(await reader.get("user", idOf(7)), undefined);
        assert.equal(await reader.getByKey("user", "username", "user7"), undefined);
        assert.equal(await reader.getByKey("user", "no-such-key", "user1"), undefined);
        assert.deepEqual(await reader.getMany("user", [idOf(7)]), []);
        assert.deepEqual(await reader.getMany("user", []), []);
      }
    }),
    test("getMany answers in the order of the ids and leaves out what is missing", async ({ store }) => {
      await store.transaction(acme, (tx) =>
        tx.insert(
          "user",
          [1, 2, 3].map((n) => sampleUser(n)),
        ),
      );
      const found = await store.reader(acme).getMany("user", [idOf(3), idOf(9), idOf(1)]);
      assert.deepEqual(
        found.map((user) => user.id),
        [idOf(3), idOf(1)],
      );
    }),
    test("kinds are apart: the same id and the same key may exist in each", async ({ store }) => {
      const group = { ...sampleUser(1).record, name: "staff", kind: "user" } as unknown;
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", [sampleUser(1)]);
        await tx.insert("group", [{ record: group as never, keys: [["username", "user1"]], index: [] }]);
      });
      assert.deepEqual(await store.reader(acme).get("group", idOf(1)), group);
      assert.equal((await store.reader(acme).get("user", idOf(1)))?.username, "user1");
      assert.equal(await store.reader(acme).get("system", idOf(1)), undefined);
    }),
    test("an organization's record has its short name as its id", async ({ store }) => {
      const record: Organization = {
        id: acme,
        version: 1,
        revision: 1,
        createdAt: someTime,
        updatedAt: someTime,
        name: "Acme",
      };
      await store.transaction(acme, (tx) => tx.insert("organization", [{ record, keys: [], index: [] }]));
      assert.deepEqual(await store.reader(acme).get("organization", "acme"), record);
      const page = await store.reader(acme).query("organization", { filter: { op: "true" }, limit: 10 });
      assert.deepEqual(page.records, [record]);
    }),
    test("JSON comes back as it went in", async ({ store }) => {
      const attributes = {
        ...(JSON.parse(
          '{"__proto__": ["own"], "constructor": ["x"], "toString": [1]}',
        ) as User["attributes"]),
        text: [
          "",
          " ",
          "\u0000",
          "'\"\\%_;--",
          "naïve Straße 東京 \u{1F469}\u200D\u{1F680} \u{10FFFF} \uFFFF",
        ],
        numbers: [0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 5e-324],
        truth: [true, false],
        none: [],
      };
      const user = sampleUser(1, { attributes });
      await store.transaction(acme, (tx) => tx.insert("user", [user]));
      const found = await store.reader(acme).get("user", idOf(1));
      assert.equal(JSON.stringify(found?.attributes), JSON.stringify(attributes));
      assert.ok(Object.hasOwn(found?.attributes ?? {}, "__proto__"));
    }),
    test("unique keys are compared exactly, whatever characters they have", async ({ store }) => {
      const values = [
        "a",
        "A",
        "a ",
        " a",
        "a\u0000",
        "a\u0000b",
        "%",
        "_",
        "'",
        "ä",
        "a\u0308",
        "\u{1F600}",
        "",
      ];
      await store.transaction(acme, (tx) =>
        tx.insert(
          "user",
          values.map((username, n) => sampleUser(n, { username })),
        ),
      );
      for (const [n, username] of values.entries()) {
        assert.equal((await store.reader(acme).getByKey("user", "username", username))?.id, idOf(n));
      }
      assert.equal(await store.reader(acme).getByKey("user", "username", "b"), undefined);
    }),
    test("records handed out and taken in are not shared with the caller", async ({ store }) => {
      const user = sampleUser(1, { attributes: { color: ["red"] } });
      await store.transaction(acme, (tx) => tx.insert("user", [user]));
      spoil(user.record);
      const reader = store.reader(acme);
      const reads = [
        async () => reader.get("user", idOf(1)),
        async () => reader.getByKey("user", "username", "user1"),
        async () => (await reader.getMany("user", [idOf(1)]))[0],
        async () => (await reader.query("user", { filter: { op: "true" }, limit: 5 })).records[0],
        async () => store.transaction(acme, (tx) => tx.get("user", idOf(1))),
      ];
      for (const read of reads) {
        spoil(await read());
        assert.deepEqual((await read())?.attributes["color"], ["red"]);
        assert.equal((await read())?.username, "user1");
      }
    }),
    test("a taken id or unique key is a conflict that names the key and changes nothing", async ({
      store,
    }) => {
      await store.transaction(acme, (tx) =>
        tx.insert("user", [sampleUser(1, { keys: [["email", "one@example.com"]] }), sampleUser(2)]),
      );
      const insert = (n: number, sample: Parameters<typeof sampleUser>[1]): Promise<void> =>
        store.transaction(acme, (tx) => tx.insert("user", [sampleUser(8), sampleUser(n, sample)]));
      assert.equal((await rejectsWith("conflict", insert(1, { username: "other" })))["key"], "id");
      assert.equal((await rejectsWith("conflict", insert(3, { username: "user2" })))["key"], "username");
      const email = insert(3, { keys: [["email", "one@example.com"]] });
      assert.equal((await rejectsWith("conflict", email))["key"], "email");
      const taken = nextVersion(sampleUser(2, { username: "user1" }));
      const update = store.transaction(acme, (tx) => tx.update("user", taken, 1));
      assert.equal((await rejectsWith("conflict", update))["key"], "username");
      const twice = store.transaction(acme, (tx) =>
        tx.insert("user", [sampleUser(5, { username: "same" }), sampleUser(6, { username: "same" })]),
      );
      assert.equal((await rejectsWith("conflict", twice))["key"], "username");
      const page = await store.reader(acme).query("user", { filter: { op: "true" }, limit: 10 });
      assert.deepEqual(
        page.records.map((user) => [user.id, user.username]),
        [
          [idOf(1), "user1"],
          [idOf(2), "user2"],
        ],
      );
    }),
    test("a unique key is free again once its holder gives it up or is gone", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1), sampleUser(2)]));
      await store.transaction(acme, (tx) =>
        tx.update("user", nextVersion(sampleUser(1, { username: "renamed" })), 1),
      );
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(3, { username: "user1" })]));
      await store.transaction(acme, (tx) => tx.remove("user", idOf(2), 1));
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(4, { username: "user2" })]));
      const reader = store.reader(acme);
      assert.equal((await reader.getByKey("user", "username", "renamed"))?.id, idOf(1));
      assert.equal((await reader.getByKey("user", "username", "user1"))?.id, idOf(3));
      assert.equal((await reader.getByKey("user", "username", "user2"))?.id, idOf(4));
      assert.equal(await reader.get("user", idOf(2)), undefined);
    }),
    test("two records swap a unique key in one transaction by way of a third value", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1), sampleUser(2)]));
      await store.transaction(acme, async (tx) => {
        await tx.update("user", sampleUser(1, { username: "spare", version: 2 }), 1);
        await tx.update("user", sampleUser(2, { username: "user1", version: 2 }), 1);
        await tx.update("user", sampleUser(1, { username: "user2", version: 3 }), 2);
      });
      const reader = store.reader(acme);
      assert.equal((await reader.getByKey("user", "username", "user1"))?.id, idOf(2));
      assert.equal((await reader.getByKey("user", "username", "user2"))?.id, idOf(1));
      assert.equal(await reader.getByKey("user", "username", "spare"), undefined);
    }),
    test("an update replaces the record, its keys and its index entries", async ({ store }) => {
      const before = sampleUser(1, {
        index: [
          ["team", "red"],
          ["team", "blue"],
          ["level", 3],
        ],
      });
      const after = sampleUser(1, {
        version: 2,
        attributes: { x: [1] },
        index: [
          ["team", "blue"],
          ["level", 4],
        ],
      });
      await store.transaction(acme, (tx) => tx.insert("user", [before]));
      await store.transaction(acme, (tx) => tx.update("user", after, 1));
      const reader = store.reader(acme);
      assert.deepEqual(await reader.get("user", idOf(1)), after.record);
      const matches = async (attribute: string, value: string | number): Promise<number> => {
        const query = { filter: { op: "equals", attribute, indexed: true, value }, limit: 5 } as const;
        const { records, residual } = await reader.query("user", query);
        return records.filter(() => residual === undefined || evaluateStoreFilter(residual, subjectOf(after)))
          .length;
      };
      assert.equal(await matches("team", "red"), 0);
      assert.equal(await matches("team", "blue"), 1);
      assert.equal(await matches("level", 3), 0);
      assert.equal(await matches("level", 4), 1);
    }),
    test("a write from an old version is stale, one to a missing record not found; neither changes anything", async ({
      store,
    }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1, { version: 4 })]));
      const update = (n: number, expected: number): Promise<void> =>
        store.transaction(acme, (tx) =>
          tx.update("user", sampleUser(n, { username: "changed", version: expected + 1 }), expected),
        );
      await rejectsWith("stale-write", update(1, 3));
      await rejectsWith("stale-write", update(1, 5));
      await rejectsWith("not-found", update(2, 1));
      await rejectsWith(
        "stale-write",
        store.transaction(acme, (tx) => tx.remove("user", idOf(1), 3)),
      );
      await rejectsWith(
        "not-found",
        store.transaction(acme, (tx) => tx.remove("user", idOf(2), 1)),
      );
      assert.equal((await store.reader(acme).get("user", idOf(1)))?.username, "user1");
      await update(1, 4);
      assert.equal((await store.reader(acme).get("user", idOf(1)))?.version, 5);
    }),
    test("a removed record is gone from every read, and its id may be used again", async ({ store }) => {
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1, { index: [["team", "red"]] })]));
      await store.transaction(acme, (tx) => tx.remove("user", idOf(1), 1));
      const reader = store.reader(acme);
      assert.equal(await reader.get("user", idOf(1)), undefined);
      assert.deepEqual(await reader.getMany("user", [idOf(1)]), []);
      for (const attribute of ["team", "username"]) {
        const filter = { op: "present", attribute, indexed: true } as const;
        assert.deepEqual((await reader.query("user", { filter, limit: 5 })).records, []);
        assert.ok([0, undefined].includes(await reader.count("user", filter)));
      }
      await store.transaction(acme, (tx) => tx.insert("user", [sampleUser(1)]));
      const filter = { op: "equals", attribute: "team", indexed: true, value: "red" } as const;
      assert.ok([0, undefined].includes(await reader.count("user", filter)));
      assert.equal((await reader.get("user", idOf(1)))?.version, 1);
    }),
    test("every kind of record is stored", async ({ store }) => {
      const { record } = sampleUser(1);
      await store.transaction(acme, async (tx) => {
        for (const kind of recordKinds)
          await tx.insert(kind, [{ record: record as never, keys: [], index: [] }]);
      });
      for (const kind of recordKinds) assert.deepEqual(await store.reader(acme).get(kind, record.id), record);
    }),
    test("an empty list of anything to write does nothing", async ({ store }) => {
      await store.transaction(acme, async (tx) => {
        await tx.insert("user", []);
        await tx.appendChanges([]);
        await tx.appendAudit([]);
        assert.deepEqual(await tx.addMembers([]), []);
        assert.deepEqual(await tx.removeMembers([]), []);
      });
      assert.equal(await store.reader(acme).revision(), 0);
    }),
  ];
}

/** Tries to change a record in place, at the top and inside. */
function spoil(record: unknown): void {
  try {
    (record as { username: string }).username = "spoiled";
  } catch {
    // Frozen is fine.
  }
  try {
    (record as { attributes: { color: string[] } }).attributes.color.push("spoiled");
  } catch {
    // Frozen is fine.
  }
}
