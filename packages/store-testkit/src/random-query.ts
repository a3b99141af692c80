import type { AttributeTest, IndexedRecord, IndexValue, Membership, StoreFilter } from "@directorykit/core";
import type { Random } from "./random.ts";
import { edge, idOf, sampleUser } from "./sample-records.ts";

/** Texts that are hard to order, to quote and to find parts of. */
const words: readonly string[] = [
  "ada",
  "adam",
  "adada",
  "bob",
  "b%b",
  "b_b",
  "100%",
  "_",
  "'; --",
  '"quoted"',
  "back\\slash",
  "nul\u0000inside",
  "nul\u0000",
  "aaa",
  "aaaa",
  "straße",
  "東京",
  "\uFFFD",
  "\u{1F600}",
  "\u{1F600}\u{1F601}",
  "\uE000",
  "\u{10FFFF}",
  "z\u{10FFFF}",
  "z\uD7FF",
  "z\uE000",
  "0",
  "1",
  "1.5",
  "12",
  "100",
  "",
  " spaced  out ",
];

const numbers: readonly number[] = [-2, 0, 1, 1.5, 12, 100, 2 ** 31, Number.MAX_SAFE_INTEGER];

/** Indexed attributes of the random users: of text, of numbers, of both, with many values, of few. */
const indexedAttributes: readonly string[] = ["name", "level", "mixed", "tag", "team"];

/** Users with random index entries, in random order. */
export function randomUsers(random: Random, count: number): readonly IndexedRecord<"user">[] {
  const users = Array.from({ length: count }, (_, n) => {
    const values = new Map<string, IndexValue[]>();
    if (!random.oneIn(6)) values.set("name", [word(random)]);
    if (!random.oneIn(4)) values.set("level", [random.pick(numbers)]);
    if (!random.oneIn(3))
      values.set(
        "mixed",
        several(random, () => (random.oneIn(2) ? word(random) : random.pick(numbers))),
      );
    if (!random.oneIn(2))
      values.set(
        "tag",
        several(random, () => word(random)),
      );
    values.set("team", [`team${random.int(3)}`]);
    const index = [...values].flatMap(([attribute, all]) => all.map((value) => [attribute, value] as const));
    const plain = several(random, () => word(random));
    return sampleUser(n, { index, attributes: { plain, name: (values.get("name") ?? []).map(String) } });
  });
  return random.shuffled(users);
}

/** Random memberships of those users in the groups 1000 to 1004. */
export function randomEdges(random: Random, count: number): readonly Membership[] {
  return Array.from({ length: count }, (_, n) =>
    [0, 1, 2, 3, 4].filter(() => random.oneIn(4)).map((group) => edge(1000 + group, n)),
  ).flat();
}

/** A random filter, nested at most `depth` deep. */
export function randomFilter(random: Random, depth: number, count: number): StoreFilter {
  if (depth === 0 || random.oneIn(3)) return randomLeaf(random, count);
  if (random.oneIn(4)) return { op: "not", of: randomFilter(random, depth - 1, count) };
  const of = Array.from({ length: random.int(4) }, () => randomFilter(random, depth - 1, count));
  return { op: random.oneIn(2) ? "and" : "or", of };
}

function randomLeaf(random: Random, count: number): StoreFilter {
  switch (random.int(10)) {
    case 0:
      return { op: random.oneIn(2) ? "true" : "false" };
    case 1:
      return {
        op: "ids",
        ids: Array.from({ length: random.int(8) }, () => idOf(random.int(count + 3))),
      };
    case 2:
      return { op: "memberOf", groups: [0, 1].slice(random.int(3)).map(() => idOf(1000 + random.int(6))) };
    default:
      return randomTest(random);
  }
}

function randomTest(random: Random): AttributeTest {
  const plain = random.oneIn(10);
  const attribute = plain ? "plain" : random.oneIn(15) ? "unheard-of" : random.pick(indexedAttributes);
  const base = { attribute, indexed: !plain };
  const value = (): IndexValue => {
    if (attribute === "team") return `team${random.int(4)}`;
    return random.oneIn(attribute === "level" ? 6 : 2) ? word(random) : random.pick(numbers);
  };
  switch (random.int(6)) {
    case 0:
      return { ...base, op: "present" };
    case 1:
      return { ...base, op: "in", values: Array.from({ length: random.int(5) }, value) };
    case 2:
    case 3:
      return { ...base, op: "substrings", ...randomParts(random) };
    default:
      return {
        ...base,
        op: random.pick(["equals", "equals", "atLeast", "atMost"] as const),
        value: value(),
        // The same text without folding case: only the record itself can tell.
        ...(attribute === "name" && random.oneIn(5) ? { exact: true } : {}),
      };
  }
}

function randomParts(random: Random): { initial?: string; any: readonly string[]; final?: string } {
  const part = (): string => {
    const text = Array.from(word(random));
    const from = random.int(text.length + 1);
    return text.slice(from, from + 1 + random.int(3)).join("");
  };
  return {
    any: Array.from({ length: random.pick([0, 0, 1, 1, 2, 3]) }, part),
    ...(random.oneIn(2) ? { initial: part() } : {}),
    ...(random.oneIn(3) ? { final: part() } : {}),
  };
}

function word(random: Random): string {
  return random.oneIn(4) ? random.pick(words) + random.pick(words) : random.pick(words);
}

function several<T>(random: Random, make: () => T): T[] {
  return [...new Set(Array.from({ length: 1 + random.int(3) }, make))];
}
