import {
  evaluateStoreFilter,
  type Filter,
  foldCase,
  prepareSubstrings,
  type StoreFilter,
} from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Assertion } from "./assertion.ts";
import { principalFilter } from "./principal-name.ts";

/** Whether a filter over usernames holds of one. */
function holds(filter: Filter, username: string): boolean {
  switch (filter.op) {
    case "true":
      return true;
    case "or":
      return filter.of.some((part) => holds(part, username));
    case "equals":
      return foldCase(username) === filter.value;
    case "substrings": {
      const pieces = prepareSubstrings("caseIgnore", { any: [], ...filter });
      const test: StoreFilter = {
        op: "substrings",
        attribute: "username",
        indexed: true,
        any: [],
        ...pieces,
      };
      const values = () => [foldCase(username)];
      return evaluateStoreFilter(test, { id: "", values, exactValues: values, groups: () => new Set() });
    }
    default:
      return false;
  }
}

const letters = fc.string({ unit: fc.constantFrom(..."aeb@.xm"), maxLength: 4 });

test("pieces of a username with its domain are found as in the whole", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."aeb.xm"), minLength: 1, maxLength: 5 }),
      fc.constantFrom("@ex.am", "@a", "@ab.ab"),
      letters,
      fc.array(letters, { maxLength: 3 }),
      letters,
      (username, ending, initial, any, final) => {
        const assertion: Assertion = {
          type: "substrings",
          pieces: { initial, any, final },
          keepsCase: false,
        };
        const pattern = [initial, ...any, final].map((one) => one.replaceAll(".", "\\.")).join(".*");
        const expected = new RegExp(`^${pattern}$`).test(`${username}${ending}`);
        expect(holds(principalFilter(assertion, ending), username)).toBe(expected);
      },
    ),
    { numRuns: 3000 },
  );
});
