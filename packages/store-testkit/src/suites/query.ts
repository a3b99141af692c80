import assert from "node:assert/strict";
import {
  compareCodePoints,
  compareIndexValues,
  type EvaluationSubject,
  evaluateStoreFilter,
  type IndexedRecord,
  type IndexValue,
  type Reader,
  type StoreFilter,
  type StoreQuery,
  type Transaction,
  type User,
} from "@directorykit/core";
import {
  type ConformanceTest,
  onStore,
  type ResolvedConformanceOptions,
  type StoreUnderTest,
} from "../conformance-test.ts";
import { drain } from "../drain.ts";
import { Random } from "../random.ts";
import { randomEdges, randomFilter, randomUsers } from "../random-query.ts";
import { idOf, nextVersion, organizationId, subjectOf } from "../sample-records.ts";

const acme = organizationId("acme");
const people = 80;
const test = (name: string, body: (under: StoreUnderTest) => Promise<void>): ConformanceTest =>
  onStore("query", name, body);

type Order = NonNullable<StoreQuery["order"]>;

/** Every query against the evaluator: the store's answer and the residual together are what the filter says. */
export function querySuite(options: ResolvedConformanceOptions): readonly ConformanceTest[] {
  return [
    test("random filters find what the evaluator finds, in order, whatever the page size", async (under) => {
      const world = await fill(under, options.seed);
      const random = new Random(options.seed + 1);
      for (let i = 0; i < options.filters; i++) {
        await world.check(randomFilter(random, 3, people), randomOrder(random), 1 + random.int(people + 5));
      }
    }),
    test("each kind of test, and its negation, finds what the evaluator finds", async (under) => {
      const world = await fill(under, options.seed + 2);
      const random = new Random(options.seed + 3);
      for (let i = 0; i < options.filters; i++) {
        const leaf = randomFilter(random, 0, people);
        await world.check(leaf, undefined, people);
        await world.check({ op: "not", of: leaf }, undefined, people);
        await world.check({ op: "and", of: [leaf, { op: "not", of: leaf }] }, undefined, people);
      }
    }),
    test("filters find what the evaluator finds after records changed and went", async (under) => {
      const world = await fill(under, options.seed + 4);
      await world.churn(new Random(options.seed + 5));
      const random = new Random(options.seed + 6);
      for (let i = 0; i < options.filters; i++) {
        await world.check(randomFilter(random, 2, people), randomOrder(random), 1 + random.int(people));
      }
    }),
    test("a transaction's queries see its own writes", async (under) => {
      const world = await fill(under, options.seed + 7);
      const random = new Random(options.seed + 8);
      await under.store.transaction(acme, async (tx) => {
        await world.churn(random, tx);
        for (let i = 0; i < options.filters / 4; i++) {
          await world.check(randomFilter(random, 2, people), randomOrder(random), 1 + random.int(people), tx);
        }
      });
    }),
    test("pages of every size make up the same list, in every order", async (under) => {
      const world = await fill(under, options.seed + 9, 30);
      for (const attribute of [undefined, "name", "level", "mixed", "tag", "team", "unheard-of"]) {
        for (const descending of [false, true]) {
          const order = attribute === undefined ? undefined : { attribute, descending };
          for (let limit = 1; limit <= 32; limit++) await world.check({ op: "true" }, order, limit);
        }
      }
    }),
    test("numbers come before text, text in the order of code points, records without a value last", async (under) => {
      const values: (IndexValue | undefined)[] = [
        -1,
        0,
        2,
        10,
        "",
        "\u0000",
        "10",
        "2",
        "A",
        "a",
        "a\u0000",
        "aa",
        "b",
        "\uD7FF",
        "\uE000",
        "\uFFFF",
        "\u{10000}",
        "\u{1F600}",
        "\u{10FFFF}",
        undefined,
        undefined,
      ];
      const users = values.map((value, n) => userWith(values.length - n, value));
      await under.store.transaction(acme, (tx) =>
        tx.insert("user", new Random(options.seed).shuffled(users)),
      );
      const list = (descending: boolean): Promise<readonly string[]> =>
        drain(
          under.store.reader(acme),
          { filter: { op: "true" }, order: { attribute: "key", descending } },
          4,
          () => subjectOf(users[0] as IndexedRecord<"user">),
        );
      const ids = users.map((user) => user.record.id);
      // Where two tie, the smaller id is first, whichever way the order goes.
      const absent = ids.slice(-2).sort();
      assert.deepEqual(await list(false), [...ids.slice(0, -2), ...absent]);
      assert.deepEqual(await list(true), [...ids.slice(0, -2).reverse(), ...absent]);
    }),
    test("the number 12 and the text 12 are different values, in every test", async (under) => {
      const values: IndexValue[] = [12, "12", 13, "13", -1, "-1", ""];
      const users = values.map((value, n) => userWith(n, value));
      await under.store.transaction(acme, (tx) => tx.insert("user", users));
      const base = { attribute: "key", indexed: true } as const;
      for (const value of values) {
        const filters: StoreFilter[] = [
          { ...base, op: "equals", value },
          { ...base, op: "atLeast", value },
          { ...base, op: "atMost", value },
          { ...base, op: "in", values: [value] },
          { ...base, op: "substrings", initial: String(value), any: [] },
          { ...base, op: "substrings", any: [String(value)] },
          { ...base, op: "substrings", any: [], final: String(value) },
        ];
        for (const filter of filters) {
          const found = await drain(under.store.reader(acme), { filter }, 10, (record) =>
            subjectOf(users.find((user) => user.record.id === record.id) as IndexedRecord<"user">),
          );
          const expected = users.filter((user) => evaluateStoreFilter(filter, subjectOf(user)));
          assert.deepEqual(
            found,
            expected.map((user) => user.record.id),
            JSON.stringify(filter),
          );
        }
      }
    }),
    test("a count is the length of the list, or the store says that it cannot tell", async (under) => {
      const world = await fill(under, options.seed + 10);
      const random = new Random(options.seed + 11);
      for (let i = 0; i < options.filters; i++) {
        const filter = randomFilter(random, 3, people);
        const count = await under.store.reader(acme).count("user", filter);
        if (count !== undefined) assert.equal(count, world.expected(filter).length, JSON.stringify(filter));
      }
      assert.equal((await under.store.reader(acme).count("group", { op: "true" })) ?? 0, 0);
    }),
    test("queries of a kind nobody has written answer empty pages", async ({ store }) => {
      const page = await store.reader(acme).query("system", {
        filter: { op: "true" },
        order: { attribute: "name", descending: false },
        limit: 3,
      });
      assert.deepEqual(page.records, []);
      assert.equal(page.more, false);
      assert.deepEqual(page.values ?? [], []);
    }),
    test("a list of ids may repeat itself and name what does not exist", async (under) => {
      const world = await fill(under, options.seed + 12, 10);
      const ids = [idOf(3), idOf(3), idOf(77), idOf(1)];
      await world.check({ op: "ids", ids }, undefined, 1);
      await world.check({ op: "ids", ids }, undefined, 10);
    }),
  ];
}

/** A store with random users, and the same users at hand for the evaluator. */
async function fill(under: StoreUnderTest, seed: number, count: number = people): Promise<World> {
  const random = new Random(seed);
  const commit: Commit = (work) => under.store.transaction(acme, work);
  const world = new World(under.store.reader(acme), commit, randomUsers(random, count));
  const edges = randomEdges(random, count);
  await commit(async (tx) => {
    await tx.insert("user", [...world.users.values()]);
    await tx.addMembers(edges);
  });
  for (const { group, member } of edges) world.groupsOf(member).add(group);
  return world;
}

type Commit = (work: (tx: Transaction) => Promise<void>) => Promise<void>;

class World {
  readonly users: Map<string, IndexedRecord<"user">>;
  readonly #reader: Reader;
  readonly #groups = new Map<string, Set<string>>();
  readonly #commit: Commit;

  constructor(reader: Reader, commit: Commit, users: readonly IndexedRecord<"user">[]) {
    this.#reader = reader;
    this.#commit = commit;
    this.users = new Map(users.map((user) => [user.record.id, user]));
  }

  groupsOf(member: string): Set<string> {
    let groups = this.#groups.get(member);
    if (groups === undefined) {
      groups = new Set();
      this.#groups.set(member, groups);
    }
    return groups;
  }

  expected(filter: StoreFilter, order?: Order): readonly string[] {
    const found = [...this.users.values()].filter((user) => evaluateStoreFilter(filter, this.#subject(user)));
    return found.sort((a, b) => inOrder(a, b, order)).map((user) => user.record.id);
  }

  async check(filter: StoreFilter, order: Order | undefined, limit: number, reader?: Reader): Promise<void> {
    const query = order === undefined ? { filter } : { filter, order };
    const found = await drain(reader ?? this.#reader, query, limit, (record) =>
      this.#subjectOfRecord(record),
    );
    assert.deepEqual(found, this.expected(filter, order), `${JSON.stringify(query)} by pages of ${limit}`);
  }

  /** Gives a third of the users the index entries of others and removes a tenth of them. */
  async churn(random: Random, tx?: Transaction): Promise<void> {
    const all = [...this.users.values()];
    const steps = async (into: Transaction): Promise<void> => {
      for (const user of all) {
        if (random.oneIn(10)) {
          await into.remove("user", user.record.id, user.record.version);
          this.users.delete(user.record.id);
        } else if (random.oneIn(3)) {
          const other = random.pick(all);
          const own = user.index.filter(([attribute]) => attribute === "username");
          const theirs = other.index.filter(([attribute]) => attribute !== "username");
          const next = nextVersion(
            { ...user, index: [...own, ...theirs] },
            { attributes: other.record.attributes },
          );
          await into.update("user", next, user.record.version);
          this.users.set(user.record.id, next);
        }
      }
    };
    if (tx === undefined) await this.#commit(steps);
    else await steps(tx);
  }

  #subject(user: IndexedRecord<"user">): EvaluationSubject {
    return subjectOf(user, this.groupsOf(user.record.id));
  }

  #subjectOfRecord(record: User): EvaluationSubject {
    const user = this.users.get(record.id);
    assert.ok(user !== undefined, `a query answered with a record that does not exist: ${record.id}`);
    assert.deepEqual(record, user.record);
    return this.#subject(user);
  }
}

function randomOrder(random: Random): Order | undefined {
  const attribute = random.pick([undefined, "name", "level", "mixed", "tag", "team"]);
  return attribute === undefined ? undefined : { attribute, descending: random.oneIn(2) };
}

function inOrder(a: IndexedRecord<"user">, b: IndexedRecord<"user">, order: Order | undefined): number {
  const byId = compareCodePoints(a.record.id, b.record.id);
  if (order === undefined) return byId;
  const [x, y] = [place(a, order), place(b, order)];
  if (x === undefined || y === undefined) return x === y ? byId : x === undefined ? 1 : -1;
  const byValue = compareIndexValues(x, y);
  if (byValue === 0) return byId;
  return order.descending ? -byValue : byValue;
}

function place(user: IndexedRecord<"user">, order: Order): IndexValue | undefined {
  const values = user.index.flatMap(([attribute, value]) => (attribute === order.attribute ? [value] : []));
  values.sort(compareIndexValues);
  return order.descending ? values.at(-1) : values[0];
}

function userWith(n: number, value: IndexValue | undefined): IndexedRecord<"user"> {
  const [user] = randomUsers(new Random(n), 1);
  const { record } = user as IndexedRecord<"user">;
  return {
    record: { ...record, id: idOf(n) },
    keys: [],
    index: value === undefined ? [] : [["key", value]],
  };
}
