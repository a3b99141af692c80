import { describe, expect, test } from "vitest";
import {
  compareCodePoints,
  compareIndexValues,
  foldCase,
  foldSpaces,
  normalizeValue,
  parseTime,
} from "./normalize.ts";

describe("spellings that people hold for equal", () => {
  test.each([
    ["Straße", "STRASSE"],
    ["STRAẞE", "straße"],
    ["ΟΔΥΣΣΕΥΣ", "οδυσσευς"],
    ["Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"],
    ["caf\u00e9", "CAFE\u0301"],
    ["ﬁsh", "FISH"],
    ["ＡＤＡ", "ada"],
    ["①", "1"],
    ["Å", "\u212b"],
    ["  ada   lovelace ", "Ada Lovelace"],
    ["ada\u00a0lovelace", "ada\u2003lovelace"],
    ["so\u00adft", "soft"],
    ["ada\u0085lovelace", "ada\u2028 lovelace"],
    ["\u0000a\u001fd\u009fa\u202e", "ada"],
    ["\u06dd\u070f\ufff9\u{1d173}\u{e0041}a\ufffc\u{e0100}", "a"],
    ["a \u0308b", "a\u00a8b"],
    ["e\u200b\u0301", "\u00e9"],
    ["ДЖ", "дж"],
    ["ꭰ", "Ꭰ"],
  ])("%j and %j fold to the same", (one, other) => {
    expect(foldCase(one)).toBe(foldCase(other));
  });

  test.each([
    ["ada", "adа"],
    ["resume", "résumé"],
    ["a b", "ab"],
    ["İ", "i"],
    // The lower case of the dotless letter is its own (RFC 3454 table B.2).
    ["ı", "i"],
    // A space with a mark on it is no space (RFC 4518 §2.6.1).
    ["a  \u0308b", "a \u0308b"],
    [" \u0308b", "\u0308b"],
    ["o", "ø"],
  ])("%j and %j do not", (one, other) => {
    expect(foldCase(one)).not.toBe(foldCase(other));
  });

  test("case counts where only spaces fold", () => {
    expect(foldSpaces(" Ada  Lovelace")).toBe("Ada Lovelace");
    expect(foldSpaces("ADA")).not.toBe(foldSpaces("ada"));
  });
});

describe("a value under its matching rule", () => {
  test.each([
    ["telephone", "+44 20-7946 0001", "+442079460001"],
    ["telephone", "\u201044\u2212\u058a20\u2011\ufe63\uff0d7", "44207"],
    ["integer", "42", 42],
    ["integer", "-7", -7],
    ["integer", 42, 42],
    ["integer", "007", undefined],
    ["integer", "4.2", undefined],
    ["integer", "9007199254740992", undefined],
    ["integer", Number.NaN, undefined],
    ["boolean", "TRUE", "true"],
    ["boolean", false, "false"],
    ["boolean", "yes", undefined],
    ["uuid", "0190A8C4-7B5E-7000-8000-000000000001", "0190a8c4-7b5e-7000-8000-000000000001"],
    ["uuid", "not one", undefined],
    ["octetString", "QUJD", "QUJD"],
    ["time", Number.POSITIVE_INFINITY, undefined],
    ["time", 1.5, undefined],
  ] as const)("%s of %j is %j", (rule, value, normal) => {
    expect(normalizeValue(rule, value)).toBe(normal);
  });
});

describe("a time", () => {
  const midnight = Date.UTC(2027, 0, 31);

  test.each([
    "20270131000000Z",
    "202701310000Z",
    "2027013100Z",
    "20270131010000+0100",
    "20270130193000-0430",
    "20270131000000.0Z",
    "2027-01-31",
    "2027-01-31T00:00Z",
    "2027-01-31T00:00:00Z",
    "2027-01-31T00:00:00.000Z",
    "2027-01-31T01:00:00+01:00",
  ])("%s is that moment everywhere", (text) => {
    expect(parseTime(text)).toBe(midnight);
  });

  test.each([
    ["20270131003030.5Z", 30 * 60_000 + 30_500],
    ["202701310030.5Z", 30 * 60_000 + 30_000],
    ["2027013100,5Z", 30 * 60_000],
  ])("the fraction of %s counts in its smallest unit", (text, offset) => {
    expect(parseTime(text)).toBe(midnight + offset);
  });

  test.each([
    "",
    "now",
    "2027",
    "2027-02-30",
    "2027-13-01",
    "2027-01-31T00:00:00",
    "2027-01-31 00:00:00Z",
    "2027-01-31T24:00:00Z",
    "2027-01-31T00:00:00+99:00",
    "20270230000000Z",
    "20270131240000Z",
    "20270131006000Z",
    "20270131000060Z",
    "20270131000000",
    "20270131000000Z\n",
  ])("%j is none", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});

test("strings compare by code point, where UTF-16 would put an emoji before a private character", () => {
  expect(compareCodePoints("\u{1f600}", "\uffff")).toBeGreaterThan(0);
  expect(["b", "\u{1f600}", "a", "\ue000", ""].toSorted(compareCodePoints)).toEqual([
    "",
    "a",
    "b",
    "\ue000",
    "\u{1f600}",
  ]);
});

test("numbers come before strings and compare as numbers", () => {
  expect(["10", 10, 9, "9"].toSorted(compareIndexValues)).toEqual([9, 10, "10", "9"]);
});
