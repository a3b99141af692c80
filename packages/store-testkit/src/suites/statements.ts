import assert from "node:assert/strict";
import type { Reader } from "@directorykit/core";
import { type ConformanceTest, onStore } from "../conformance-test.ts";
import { edge, idOf, organizationId, sampleUser } from "../sample-records.ts";

const acme = organizationId("acme");

/** Reads whose number of statements must not grow with the number of records. */
const reads: Readonly<Record<string, (reader: Reader, size: number) => Promise<unknown>>> = {
  "a page of users": (reader, limit) => reader.query("user", { filter: { op: "true" }, limit }),
  "a page of users in an order": (reader, limit) =>
    reader.query("user", {
      filter: { op: "present", attribute: "team", indexed: true },
      order: { attribute: "team", descending: false },
      limit,
    }),
  getMany: (reader, size) => reader.getMany("user", numbers(size).map(idOf)),
  "a list of ids": (reader, size) =>
    reader.query("user", { filter: { op: "ids", ids: numbers(size).map(idOf) }, limit: size }),
  "a count": (reader) =>
    reader.count("user", { op: "equals", attribute: "team", indexed: true, value: "team1" }),
  groupsOf: (reader, size) => reader.groupsOf(numbers(size).map(idOf)),
  membersOf: (reader, limit) => reader.membersOf(idOf(5000), { limit }),
  "the members of a group as users": (reader, limit) =>
    reader.query("user", { filter: { op: "memberOf", groups: [idOf(5000)] }, limit }),
  changes: (reader, limit) => reader.changes(0, limit),
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** No read sends one statement for each record. */
export function statementsSuite(): readonly ConformanceTest[] {
  return Object.entries(reads).map(([name, read]) =>
    onStore(
      "statements",
      `${name} takes as many statements for 1000 records as for 10`,
      async ({ store, statements }) => {
        assert.ok(
          statements !== undefined,
          "the store declares countsStatements but makeStore gives no statements()",
        );
        await store.transaction(acme, async (tx) => {
          await tx.insert(
            "user",
            numbers(1000).map((n) => sampleUser(n, { index: [["team", `team${n % 3}`]] })),
          );
          await tx.addMembers(numbers(1000).map((n) => edge(5000, n)));
          await tx.appendChanges(
            numbers(1000).map((n) => ({ at: n, kind: "user", id: idOf(n), operation: "created" })),
          );
        });
        const reader = store.reader(acme);
        const cost = async (size: number): Promise<number> => {
          await read(reader, size);
          const before = statements();
          await read(reader, size);
          return statements() - before;
        };
        const [few, many] = [await cost(10), await cost(1000)];
        assert.ok(few > 0, "statements() does not count");
        assert.ok(many <= few + 2, `${few} statements for 10 records, ${many} for 1000`);
      },
    ),
  );
}
