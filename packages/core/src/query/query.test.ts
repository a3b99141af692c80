import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { UserId } from "../model/ids.ts";
import { plainStore } from "../testing/other-stores.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";
import type { Query } from "./query.ts";

const people = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    username: `user${String(i).padStart(4, "0")}`,
    name: { given: ["Ada", "bob", "Çelik", "", "Ada"][i % 5] ?? "" },
    employee: { department: i % 2 === 0 ? "Sales" : "Research" },
  }));

/** All pages of a query, one after the other. */
async function allIds(
  directory: Directory,
  query: Query,
  between?: () => Promise<unknown>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await directory.query("user", { ...query, ...(after === undefined ? {} : { after }) });
    expect(page.records.length).toBeLessThanOrEqual(query.limit ?? 100);
    ids.push(...page.records.map((user) => user.id));
    if (page.next === undefined) return ids;
    expect(page.records).toHaveLength(query.limit ?? 100);
    after = page.next;
    await between?.();
  }
}

describe.each([
  ["a store with indexes", memoryStore],
  ["a store that applies nothing", plainStore],
])("on %s", (_, makeStore) => {
  test.each([1, 3, 7, 100])(
    "pages of %i together are the whole answer, and as many as are counted",
    async (limit) => {
      const { directory } = await openDirectory({ store: makeStore() });
      const users = await directory.users.createMany(people(50));
      for (const filter of [
        { op: "true" },
        { op: "equals", attribute: "department", value: "SALES" },
        { op: "substrings", attribute: "username", final: "3" },
        { op: "false" },
      ] as const) {
        const ids = await allIds(directory, { filter, limit });
        const streamed = await Array.fromAsync(directory.stream("user", { filter }), (user) => user.id);
        expect(ids).toEqual(streamed);
        expect(await directory.count("user", { filter })).toBe(ids.length);
        expect(ids).toEqual(users.map((user) => user.id as string).filter((id) => ids.includes(id)));
      }
    },
  );

  test("an order by values puts those without one last, either way, and ties in the order they were made", async () => {
    const { directory } = await openDirectory({ store: makeStore() });
    const users = await directory.users.createMany(people(15));
    const named = (...indexes: number[]) => indexes.map((i) => users[i]?.id);
    const ada = named(0, 4, 5, 9, 10, 14);
    const bob = named(1, 6, 11);
    const celik = named(2, 7, 12);
    const nobody = named(3, 8, 13);
    const order = { attribute: "givenName" };
    expect(await allIds(directory, { order, limit: 4 })).toEqual([...ada, ...bob, ...celik, ...nobody]);
    expect(await allIds(directory, { order: { ...order, descending: true }, limit: 4 })).toEqual([
      ...celik,
      ...bob,
      ...ada,
      ...nobody,
    ]);
  });

  test.each([undefined, { attribute: "givenName" }, { attribute: "username", descending: true }])(
    "while others write, no record that stays is missed or given twice, ordered by %j",
    async (order) => {
      const { directory } = await openDirectory({ store: makeStore() });
      const users = await directory.users.createMany(people(40));
      const staying = users.filter((_, i) => i % 4 !== 1);
      const leaving = users.filter((_, i) => i % 4 === 1);
      let turn = 0;
      const ids = await allIds(
        directory,
        { limit: 6, ...(order === undefined ? {} : { order }) },
        async () => {
          const gone = leaving.pop();
          if (gone !== undefined) await directory.users.delete(gone.id);
          await directory.users.create({ username: `new${turn++}`, name: { given: "Bob" } });
        },
      );
      expect(new Set(ids).size).toBe(ids.length);
      for (const user of staying) expect(ids).toContain(user.id);
    },
  );
});

describe("a cursor", () => {
  async function secondPage() {
    const { directory } = await openDirectory();
    await directory.users.createMany(people(10));
    const query: Query = { limit: 3, order: { attribute: "username" }, binding: "connection 1" };
    const { next = "" } = await directory.query("user", query);
    return { directory, query, next };
  }

  test("works again and again with its own query, and with another page size", async () => {
    const { directory, query, next } = await secondPage();
    const once = await directory.query("user", { ...query, after: next });
    expect(await directory.query("user", { ...query, after: next })).toEqual(once);
    expect((await directory.query("user", { ...query, limit: 2, after: next })).records).toEqual(
      once.records.slice(0, 2),
    );
  });

  test.each<[string, Partial<Query>]>([
    ["filter", { filter: { op: "present", attribute: "username" } }],
    ["order", { order: { attribute: "username", descending: true } }],
    ["binding", { binding: "connection 2" }],
  ])("does not work with another %s", async (_, other) => {
    const { directory, query, next } = await secondPage();
    await expect(directory.query("user", { ...query, ...other, after: next })).rejects.toMatchObject(
      failure("invalid-input", { path: "cursor" }),
    );
  });

  test("cannot be made up, changed or taken from another directory", async () => {
    const { directory, query, next } = await secondPage();
    const other = await secondPage();
    const [payload = "", tag = ""] = next.split(".");
    const forged = Buffer.from(JSON.stringify({ id: "0" })).toString("base64url");
    for (const after of [
      "",
      ".",
      "x",
      payload,
      `${forged}.${tag}`,
      `${next}.`,
      `${payload}.${tag}x`,
      other.next,
      "x".repeat(1_000_000),
    ])
      await expect(directory.query("user", { ...query, after })).rejects.toMatchObject(
        failure("invalid-input"),
      );
    await expect(directory.query("group", { limit: 3, after: next })).rejects.toMatchObject(
      failure("invalid-input"),
    );
  });

  test("is read by every node that has the keys", async () => {
    const store = memoryStore();
    const keys = ephemeralKeyRing();
    const one = await openDirectory({ store, keys });
    const two = await openDirectory({ store, keys });
    await one.directory.users.createMany(people(4));
    const first = await one.directory.query("user", { limit: 2 });
    const second = await two.directory.query("user", { limit: 2, after: first.next ?? "" });
    expect([...first.records, ...second.records].map((user) => user.username)).toEqual(
      people(4).map((one) => one.username),
    );
  });
});

describe("limits", () => {
  test("a scan ends after maxScan records, whether any matched or not", async () => {
    const { directory } = await openDirectory();
    await directory.users.createMany(people(50));
    const filter = { op: "equals", attribute: "department", value: "nowhere" } as const;
    for (const maxScan of [1, 10, 49]) {
      const limit = failure("limit-exceeded", { limit: "maxScan", value: maxScan });
      await expect(directory.query("user", { filter, maxScan })).rejects.toMatchObject(limit);
      await expect(directory.count("user", { filter, maxScan })).rejects.toMatchObject(limit);
      await expect(Array.fromAsync(directory.stream("user", { filter, maxScan }))).rejects.toMatchObject(
        limit,
      );
    }
    expect(await directory.count("user", { filter, maxScan: 50 })).toBe(0);
    const found = await directory.query("user", { limit: 5, maxScan: 6 });
    expect(found.records).toHaveLength(5);
  });

  test.each([0, -1, 1.5, Number.NaN, 10_001])("a page of %d is refused", async (limit) => {
    const { directory } = await openDirectory();
    await expect(directory.query("user", { limit })).rejects.toMatchObject(
      failure("limit-exceeded", { limit: "maxPage", value: 10_000 }),
    );
    await expect(directory.query("user", { maxScan: limit === 10_001 ? 0 : limit })).rejects.toMatchObject(
      failure("invalid-input"),
    );
  });

  test("an aborted query ends with a timeout", async () => {
    const { directory } = await openDirectory();
    await directory.users.createMany(people(5));
    await expect(directory.query("user", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      failure("timeout"),
    );
  });
});

test("records are ordered only by what is kept in order and may be seen", async () => {
  const { directory } = await openDirectory();
  await directory.attributes.define({ owner: "user", name: "pin", indexed: true, sensitivity: "secret" });
  for (const attribute of ["department", "nonsense", "pin", "__proto__"])
    await expect(directory.query("user", { order: { attribute } })).rejects.toMatchObject(
      failure("invalid-input", { path: "order" }),
    );
});

test("kinds of records that are not searched are refused, also where types do not see it", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password: "plum velvet harbour tin" });
  const [credential] = await directory.credentials.list(ada.id);
  for (const kind of ["credential", "session", "grant", "nonsense"] as unknown as "user"[]) {
    const refused = failure("invalid-input", { path: "kind" });
    await expect(directory.query(kind, {})).rejects.toMatchObject(refused);
    await expect(directory.count(kind, {})).rejects.toMatchObject(refused);
    await expect(Array.fromAsync(directory.stream(kind, {}))).rejects.toMatchObject(refused);
    await expect(directory.getMany(kind, [credential?.id ?? ""])).rejects.toMatchObject(refused);
  }
});

test("a search by a unique attribute still looks at the rest of the filter", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", employee: { department: "Sales" } });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const named = { op: "equals", attribute: "username", value: "Ada" } as const;
  const found = async (...of: NonNullable<Query["filter"]>[]): Promise<UserId[]> =>
    (await directory.query("user", { filter: { op: "and", of: [named, ...of] } })).records.map(
      (user) => user.id,
    );
  expect(await found()).toEqual([ada.id]);
  expect(await found({ op: "equals", attribute: "department", value: "sales" })).toEqual([ada.id]);
  expect(await found({ op: "equals", attribute: "department", value: "research" })).toEqual([]);
  expect(await found({ op: "memberOf", groups: [staff.id], transitive: false })).toEqual([ada.id]);
  expect(await found({ op: "equals", attribute: "username", value: "bob" })).toEqual([]);
  expect(await found({ op: "equals", attribute: "username", value: "Ada", matching: "caseExact" })).toEqual(
    [],
  );
});
