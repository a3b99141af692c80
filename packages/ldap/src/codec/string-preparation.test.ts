import { describe, expect, test } from "vitest";
import { isProhibited, prepareCaseIgnore } from "./string-preparation.ts";

describe("one spelling for what matches", () => {
  test.each([
    ["Ada  Lovelace ", "ada lovelace"],
    ["STRASSE", prepareCaseIgnore("straße")],
    ["tab\tand\u0085line\u2028", "tab and line"],
    ["a\u0000d\u00ada\u202e\ufeff\u{e0100}", "ada"],
    ["\u00a8", " \u0308"],
    ["ı", "ı"],
  ])("%j gives %j", (value, prepared) => expect(prepareCaseIgnore(value)).toBe(prepared));
});

test.each([
  ["a private character", "a\ue000"],
  ["a code point that nobody has assigned", "\u{2fffd}"],
  ["what is no character", "\ufdd0"],
  ["half a surrogate pair", "\ud800"],
  ["the sign for what could not be read", "\ufffd"],
])("%s is prohibited", (_, value) => expect(isProhibited(value)).toBe(true));

test.each([["", "Ada", "ĳ", "\u0000\u200b", "🐎", "諾瓦克", "\u0340"]])("%j is not", (...values) =>
  expect(values.filter(isProhibited)).toEqual([]),
);
