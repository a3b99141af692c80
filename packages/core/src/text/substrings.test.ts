import { expect, test } from "vitest";
import { foldCase, normalizeValue } from "./normalize.ts";
import { matchesSubstrings, prepareSubstrings, type Substrings } from "./substrings.ts";

/** `a*b*c` as pieces. */
function pieces(pattern: string): Substrings {
  const [initial = "", ...rest] = pattern.split("*");
  return { initial, any: rest.slice(0, -1), final: rest.at(-1) ?? "" };
}

const has = (pattern: string, value: string): boolean => {
  const prepared = prepareSubstrings("caseIgnore", pieces(pattern));
  return prepared !== undefined && matchesSubstrings(foldCase(value), prepared);
};

test.each([
  ["AD*LACE", "Ada Lovelace"],
  ["ada love*", "Ada   Lovelace"],
  ["*STRASSE", "Lange Straße"],
  ["a*a*a", "aaa"],
  // In RFC 4518 §2.6.1 every value begins and ends with a space, and has two where it has any within.
  ["foo *", "foo bar"],
  ["foo *", "foo"],
  ["foo * bar", "foo bar"],
  ["foo *  *bar", "foo x bar"],
  ["* bar", "foo bar"],
  ["* bar", "bar"],
  ["* *", "foo"],
  ["  foo*", "foo bar"],
  ["*bar  ", "foo bar"],
  ["*  *", "foo bar"],
])("%j fits %j", (pattern, value) => expect(has(pattern, value)).toBe(true));

test.each([
  ["ada*ada", "ada"],
  ["a*a*a", "aa"],
  ["*ada  love", "Ada Lovelace"],
  ["foo *", "foobar"],
  ["* bar", "foobar"],
  ["foo *b ar", "foo bar"],
  ["foo * * bar", "foo bar"],
])("%j does not fit %j", (pattern, value) => expect(has(pattern, value)).toBe(false));

test("telephone numbers have their pieces with any filling", () => {
  const prepared = prepareSubstrings("telephone", { any: ["0 7-9", "00"] });
  expect(
    matchesSubstrings(String(normalizeValue("telephone", "+44 20 7946 0018")), prepared ?? { any: ["x"] }),
  ).toBe(true);
});

test.each(["integer", "boolean", "time", "uuid"] as const)("%s has no pieces", (rule) =>
  expect(prepareSubstrings(rule, { any: ["1"] })).toBeUndefined(),
);
