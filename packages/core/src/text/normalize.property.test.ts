import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints, foldCase, foldSpaces } from "./normalize.ts";
import { matchesSubstrings, prepareSubstrings } from "./substrings.ts";

/** Text in which everything that folds comes up often. */
const text: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        " ",
        "  ",
        "ß",
        "ẞ",
        "Σ",
        "ς",
        "σ",
        "İ",
        "ı",
        "ﬁ",
        "é",
        "e",
        "\u0301",
        "\u0345",
        "\u00ad",
        "\u200d",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.string({ maxLength: 6 }),
      fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

test("folding twice is folding once", () => {
  fc.assert(
    fc.property(text, (value) => {
      const folded = foldCase(value);
      expect(foldCase(folded)).toBe(folded);
      const spaced = foldSpaces(value);
      expect(foldSpaces(spaced)).toBe(spaced);
    }),
    { numRuns: 2000 },
  );
});

test("upper case, lower case, composed and decomposed all fold to the same", () => {
  fc.assert(
    fc.property(text, (value) => {
      const folded = foldCase(value);
      for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const)
        expect(foldCase(value.normalize(form))).toBe(folded);
      expect(foldCase(value.toLowerCase())).toBe(folded);
      // A mark at the beginning would take the space for its letter.
      if (!/^\P{L}*\p{M}/u.test(value.normalize("NFKC"))) expect(foldCase(` ${value} `)).toBe(folded);
    }),
    { numRuns: 2000 },
  );
});

test("what is plain already is answered without work, and the answer is the same", () => {
  // A private-use character takes the long way and is left as it is.
  const marker = "\ue000";
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."abzAZ019 -_.~!@[`{"), maxLength: 20 }), (value) => {
      expect(foldCase(`${marker}${value}`).slice(1).trim()).toBe(foldCase(value));
    }),
    { numRuns: 2000 },
  );
});

test("a value has whatever was cut out of it", () => {
  const words = fc.string({ unit: fc.constantFrom(..."abcAB é ß"), maxLength: 20 });
  fc.assert(
    fc.property(words, fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }), (value, cuts) => {
      const [one, two, three, four] = cuts.sort((a, b) => a - b) as [number, number, number, number];
      const middle = value.slice(two, three);
      // Of one run of spaces two pieces can have a share, three cannot.
      const any = middle.trim() === "" ? [] : [middle];
      const pieces = { initial: value.slice(0, one), any, final: value.slice(four) };
      const prepared = prepareSubstrings("caseIgnore", pieces);
      expect(prepared !== undefined && matchesSubstrings(foldCase(value), prepared)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("the order by code point is a total order, and that of UTF-8", () => {
  const wellFormed = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(wellFormed, wellFormed, (one, other) => {
      expect(Math.sign(compareCodePoints(one, other))).toBe(
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      );
    }),
    { numRuns: 2000 },
  );
});
