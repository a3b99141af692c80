import { describe, expect, test } from "vitest";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { User } from "../model/user.ts";
import type { QueryPosition } from "../store/store.ts";
import { plainStore } from "../testing/other-stores.ts";
import { openDirectory } from "../testing/test-directory.ts";
import type { ScanQuery } from "./query.ts";

const people = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    username: `user${String(i).padStart(4, "0")}`,
    name: { given: ["Ada", "bob", "", "Ada"][i % 4] ?? "" },
  }));

describe.each([
  ["a store with indexes", memoryStore],
  ["a store that applies nothing", plainStore],
])("on %s", (_, makeStore) => {
  test.each([
    {},
    { order: { attribute: "givenName" } },
    { order: { attribute: "username", descending: true } },
    { filter: { op: "equals", attribute: "givenName", value: "ada" } },
  ] satisfies ScanQuery[])("%j is read on from the place of any of its records", async (query) => {
    const { directory } = await openDirectory({ store: makeStore() });
    await directory.users.createMany(people(12));
    const all: { user: User; position: QueryPosition }[] = [];
    for await (const page of directory.scan("user", { ...query, expected: 5 })) {
      expect(page.positions).toHaveLength(page.records.length);
      for (const [i, user] of page.records.entries())
        all.push({ user, position: page.positions[i] as QueryPosition });
    }
    expect(all.map(({ user }) => user.id)).toEqual(
      await Array.fromAsync(directory.stream("user", query), (user) => user.id),
    );
    for (const [i, { user, position }] of all.entries()) {
      // What a place was taken from may be gone.
      if (i === 3) await directory.users.delete(user.id);
      const rest: string[] = [];
      for await (const page of directory.scan("user", { ...query, after: position }))
        rest.push(...page.records.map((one) => one.id));
      expect(rest).toEqual(all.slice(i + 1).map((one) => one.user.id));
    }
  });

  test("a record that is found by its unique key stands where the order puts it", async () => {
    const { directory } = await openDirectory({ store: makeStore() });
    await directory.users.createMany(people(3));
    const filter = { op: "equals", attribute: "username", value: "USER0001" } as const;
    for (const [attribute, value] of [
      ["username", "user0001"],
      ["givenName", "bob"],
      ["employeeNumber", undefined],
    ] as const) {
      const pages = await Array.fromAsync(directory.scan("user", { filter, order: { attribute } }));
      expect(pages.map((page) => page.positions.map((position) => position.value))).toEqual([[value]]);
    }
  });
});

test("what a client brings back is read with the binding it was sealed with, in its organization, and no other", async () => {
  const keys = ephemeralKeyRing();
  const { directory } = await openDirectory({ keys });
  const { directory: other } = await openDirectory({ keys, organization: "elsewhere" });
  const sealed = directory.sealCursor({ place: ["ž", 3, null] }, "ada");
  expect(directory.openCursor(sealed, "ada")).toEqual({ place: ["ž", 3, null] });
  for (const open of [
    () => directory.openCursor(sealed, "grace"),
    () => other.openCursor(sealed, "ada"),
    () => directory.openCursor(`${sealed}x`, "ada"),
    () => directory.openCursor("", "ada"),
  ])
    expect(open).toThrowError(expect.objectContaining({ code: "invalid-input" }));
});

test("a cursor of a query is none that was sealed for something else", async () => {
  const { directory } = await openDirectory();
  await directory.users.createMany(people(3));
  const { next = "" } = await directory.query("user", { limit: 1 });
  const binding = JSON.stringify([directory.organizationId, "user", null, null, ""]);
  expect(() => directory.openCursor(next, binding)).toThrowError(
    expect.objectContaining({ code: "invalid-input" }),
  );
});

test("a place may hold a value as long as values may be", async () => {
  const { directory } = await openDirectory();
  const value = "\u0001".repeat(65_536);
  expect(directory.openCursor(directory.sealCursor({ value }, ""), "")).toEqual({ value });
});
