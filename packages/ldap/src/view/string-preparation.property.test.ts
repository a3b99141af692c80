import { foldCase } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { prepareCaseIgnore } from "../codec/index.ts";

test("names in DNs compare as the directory compares them", () => {
  const awkward = fc.constantFrom(..." ßẞΣςİıﬁ\u0301\u0345\u0308\u00a8\u00ad\u0085\t\u2003\u{e0100}");
  const text = fc.array(fc.oneof(awkward, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 10 });
  fc.assert(
    fc.property(text, (parts) => {
      const value = parts.join("");
      expect(prepareCaseIgnore(value)).toBe(foldCase(value));
      expect(prepareCaseIgnore(foldCase(value))).toBe(foldCase(value));
    }),
    { numRuns: 3000 },
  );
});
