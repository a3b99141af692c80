import assert from "node:assert/strict";
import type { Reader, Store, Transaction } from "@directorykit/core";
import { type ConformanceTest, onStore } from "../conformance-test.ts";
import { rejectsWith } from "../expectations.ts";
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
const later = someTime + 1000;

type Read = Exclude<keyof Reader, "immediate">;

/**
 * For every method a call in an organization that is empty, asking for exactly what lies in another one. Each asserts
 * what an empty organization answers. The types make this list as long as the contract.
 */
const readProbes: Readonly<Record<Read, (reader: Pick<Reader, Read>) => Promise<void>>> = {
  revision: async (reader) => assert.equal(await reader.revision(), 0),
  get: async (reader) => assert.equal(await reader.get("user", idOf(1)), undefined),
  getMany: async (reader) => assert.deepEqual(await reader.getMany("user", [idOf(1), idOf(2)]), []),
  getByKey: async (reader) => assert.equal(await reader.getByKey("user", "username", "user1"), undefined),
  query: async (reader) => {
    const filters = [
      { op: "true" },
      { op: "ids", ids: [idOf(1)] },
      { op: "memberOf", groups: [idOf(50)] },
      { op: "equals", attribute: "username", indexed: true, value: "user1" },
      { op: "present", attribute: "username", indexed: true },
    ] as const;
    for (const filter of filters) {
      for (const order of [undefined, { attribute: "username", descending: false }]) {
        const page = await reader.query("user", {
          filter,
          limit: 9,
          ...(order === undefined ? {} : { order }),
        });
        assert.deepEqual(page.records, []);
        assert.equal(page.more, false);
      }
    }
  },
  count: async (reader) => {
    assert.ok([0, undefined].includes(await reader.count("user", { op: "true" })));
    const filter = { op: "present", attribute: "username", indexed: true } as const;
    assert.ok([0, undefined].includes(await reader.count("user", filter)));
  },
  groupsOf: async (reader) => assert.deepEqual(await reader.groupsOf([idOf(1)]), []),
  membersOf: async (reader) => assert.deepEqual(await reader.membersOf(idOf(50), { limit: 9 }), []),
  changes: async (reader) => {
    const page = await reader.changes(0, 9);
    assert.deepEqual(page.changes, []);
    assert.equal(page.revision, 0);
  },
  audit: async (reader) => {
    assert.deepEqual(await reader.audit({ limit: 9 }), []);
    assert.deepEqual(await reader.audit({ limit: 9, action: "user." }), []);
  },
  counter: async (reader) => assert.equal(await reader.counter("count", someTime), undefined),
  peekOnce: async (reader) => assert.equal(await reader.peekOnce("once", someTime), undefined),
};

const writeProbes: Readonly<
  Record<Exclude<keyof Transaction, keyof Reader>, (tx: Transaction) => Promise<void>>
> = {
  appendChanges: async (tx) => assert.equal(await tx.appendChanges([created(1)]), 1),
  insert: async (tx) => {
    await tx.insert("user", [sampleUser(1)]);
    assert.equal((await tx.get("user", idOf(1)))?.version, 1);
  },
  update: async (tx) => {
    await rejectsWith("not-found", tx.update("user", nextVersion(sampleUser(1)), 1));
  },
  remove: async (tx) => {
    await rejectsWith("not-found", tx.remove("user", idOf(1), 1));
  },
  addMembers: async (tx) => assert.deepEqual(await tx.addMembers([edge(50, 1)]), [edge(50, 1)]),
  removeMembers: async (tx) => assert.deepEqual(await tx.removeMembers([edge(50, 1)]), []),
  appendAudit: async (tx) => {
    await tx.appendAudit([auditEvent(1)]);
    assert.deepEqual(await tx.audit({ limit: 9 }), [auditEvent(1)]);
  },
  putOnce: async (tx) => {
    await tx.putOnce("once", "theirs", later);
    assert.equal(await tx.peekOnce("once", someTime), "theirs");
  },
  consumeOnce: async (tx) => assert.equal(await tx.consumeOnce("once", someTime), undefined),
  reserve: async (tx) => assert.equal(await tx.reserve("held", later, someTime), true),
  increment: async (tx) => {
    const result = await tx.increment("count", { by: 1, expiresAt: later, now: someTime });
    assert.equal(result.value, 1);
  },
  forget: async (tx) => {
    await tx.forget("count");
    await tx.forget("held");
  },
};

/** Names that a store which glues keys together could take for one another, or for a part of another. */
const neighbors = ["acme2", "acm", "ACME", "acme ", "acme:user", "acme\u0000", "acme/", "%", "_cme", ""];

/** Nothing of one organization is ever seen from another. */
export function organizationsSuite(): readonly ConformanceTest[] {
  return [
    onStore(
      "organizations",
      "every method of the reader and the transaction has a test here",
      async ({ store }) => {
        const probes = new Set<string>([...Object.keys(readProbes), ...Object.keys(writeProbes)]);
        for (const method of methodsOf(store.reader(acme))) {
          // Reads that are answered at once have a suite of their own, and no place in a transaction.
          if (method === "immediate") continue;
          assert.ok(probes.has(method), `reader.${method} has no test that organizations are apart`);
        }
        const methods = await store.transaction(acme, async (tx) => methodsOf(tx));
        for (const method of methods) {
          assert.ok(probes.has(method), `transaction.${method} has no test that organizations are apart`);
        }
        for (const method of probes) assert.ok(methods.includes(method), `transaction.${method} is missing`);
      },
    ),
    ...Object.entries(readProbes).map(([method, probe]) =>
      onStore("organizations", `${method} does not see another organization`, async ({ store }) => {
        await fill(store);
        for (const name of neighbors) await probe(store.reader(organizationId(name)));
        await store.transaction(organizationId("acme2"), probe);
        // Once more where the other organization exists and has records of its own.
        await store.transaction(organizationId("third"), (tx) => tx.insert("group", []));
        await probe(store.reader(organizationId("third")));
      }),
    ),
    ...Object.entries(writeProbes).map(([method, probe]) =>
      onStore(
        "organizations",
        `${method} neither sees nor changes another organization`,
        async ({ store }) => {
          await fill(store);
          const before = await snapshot(store.reader(acme));
          for (const name of neighbors) await store.transaction(organizationId(name), probe);
          assert.deepEqual(await snapshot(store.reader(acme)), before);
          assert.equal(await store.transaction(acme, (tx) => tx.reserve("held", later, someTime)), false);
        },
      ),
    ),
    onStore("organizations", "what one organization removes stays in the other", async ({ store }) => {
      const other = organizationId("other");
      await fill(store);
      await fill(store, other);
      const before = await snapshot(store.reader(acme));
      await store.transaction(other, async (tx) => {
        await tx.update("user", nextVersion(sampleUser(1, { username: "renamed" })), 1);
        await tx.remove("user", idOf(2), 1);
        await tx.removeMembers([edge(50, 1)]);
        await tx.consumeOnce("once", someTime);
        await tx.forget("count");
        await tx.forget("held");
      });
      assert.deepEqual(await snapshot(store.reader(acme)), before);
      assert.equal(await store.transaction(acme, (tx) => tx.reserve("held", later, someTime)), false);
    }),
  ];
}

async function fill(store: Store, organization: typeof acme = acme): Promise<void> {
  await store.transaction(organization, async (tx) => {
    await tx.insert("user", [sampleUser(1), sampleUser(2)]);
    await tx.addMembers([edge(50, 1), edge(50, 2)]);
    await tx.appendChanges([created(1), created(2)]);
    await tx.appendAudit([auditEvent(1), auditEvent(2)]);
    await tx.putOnce("once", "ours", later);
    await tx.reserve("held", later, someTime);
    await tx.increment("count", { by: 7, expiresAt: later, now: someTime });
  });
}

/** Names of the methods an object answers to, its own and its class's. */
function methodsOf(object: object): readonly string[] {
  const names = new Set<string>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name !== "constructor" && typeof (object as Record<string, unknown>)[name] === "function")
        names.add(name);
    }
  }
  return [...names];
}
