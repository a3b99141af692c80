import { describe, expect, test } from "vitest";
import { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { checkDefinition } from "../services/attributes.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";
import { compileAttributeFilter, compileFilter, defaultFilterLimits } from "./compile-filter.ts";
import type { Filter, StoreFilter } from "./filter.ts";

const registry = new AttributeRegistry([
  checkDefinition({ owner: "user", name: "pin", indexed: true, sensitivity: "secret" }),
]);
const compile = (filter: Filter): StoreFilter => compileAttributeFilter(filter, "user", registry);
const equals = (attribute: string, value: string): Filter => ({ op: "equals", attribute, value });
const no: StoreFilter = { op: "false" };

test("names and values become what stores compare", () => {
  expect(compile(equals("username", " ADA "))).toEqual({
    op: "equals",
    attribute: "username",
    indexed: true,
    value: "ada",
  });
  expect(compile({ op: "atLeast", attribute: "uidNumber", value: "1000" })).toMatchObject({ value: 1000 });
  expect(compile(equals("department", "R&D"))).toMatchObject({ indexed: false, value: "r&d" });
});

test("a test on case goes to the values as they are written", () => {
  const filter: Filter = { op: "equals", attribute: "username", value: "Ada", matching: "caseExact" };
  expect(compile(filter)).toMatchObject({ op: "equals", value: "Ada", exact: true });
});

test.each<[string, Filter]>([
  ["an unknown attribute", equals("nonsense", "x")],
  ["a secret attribute", equals("pin", "1")],
  ["presence of a secret attribute", { op: "present", attribute: "pin" }],
  ["a value the syntax does not allow", equals("uidNumber", "many")],
  ["substrings of a number", { op: "substrings", attribute: "uidNumber", initial: "1" }],
  ["an order of ids", { op: "atLeast", attribute: "id", value: "0190a8c4-7b5e-7000-8000-000000000001" }],
  ["an id that is none", equals("id", "*")],
  [
    "a rule the attribute cannot be compared by",
    { op: "equals", attribute: "uidNumber", value: 1, matching: "caseExact" },
  ],
  ["folding what was kept exact", { op: "equals", attribute: "sshKey", value: "x", matching: "caseIgnore" }],
  ["something a front end could not translate", { op: "unknown" }],
])("%s is neither true nor false", (_, filter) => {
  expect(compile(filter)).toEqual(no);
  expect(compile({ op: "not", of: filter })).toEqual(no);
  expect(compile({ op: "not", of: { op: "not", of: filter } })).toEqual(no);
  expect(compile({ op: "or", of: [filter, { op: "true" }] })).toEqual({ op: "true" });
  expect(compile({ op: "not", of: { op: "and", of: [filter, { op: "false" }] } })).toEqual({ op: "true" });
});

test("equalities on one attribute become one test of a set", () => {
  const filter: Filter = {
    op: "or",
    of: [
      equals("username", "ada"),
      equals("email", "x@y"),
      equals("username", "Bob"),
      equals("username", "ADA"),
    ],
  };
  expect(compile(filter)).toEqual({
    op: "or",
    of: [
      { op: "in", attribute: "username", indexed: true, values: ["ada", "bob"] },
      { op: "equals", attribute: "email", indexed: true, value: "x@y" },
    ],
  });
});

test("constants fold, nested conjunctions join, and nothing is left of an empty one", () => {
  const present: Filter = { op: "present", attribute: "username" };
  expect(compile({ op: "and", of: [] })).toEqual({ op: "true" });
  expect(compile({ op: "or", of: [] })).toEqual(no);
  expect(compile({ op: "and", of: [{ op: "true" }, { op: "and", of: [present, present] }] })).toMatchObject({
    op: "and",
    of: [{ op: "present" }, { op: "present" }],
  });
  expect(compile({ op: "and", of: [present, { op: "false" }] })).toEqual(no);
});

describe("limits", () => {
  const { maxFilterDepth, maxFilterNodes } = defaultFilterLimits;
  const nested = (depth: number): Filter =>
    Array.from({ length: depth - 1 }).reduce<Filter>((of) => ({ op: "not", of }), equals("username", "ada"));
  const wide = (nodes: number): Filter => ({
    op: "or",
    of: Array.from({ length: nodes - 1 }, (_, i) => equals("username", `u${i}`)),
  });

  test("nesting is taken to the limit and refused beyond, however deep", () => {
    expect(() => compile(nested(maxFilterDepth))).not.toThrow();
    for (const depth of [maxFilterDepth + 1, 100_000]) {
      expect(() => compile(nested(depth))).toThrow(
        expect.objectContaining(
          failure("limit-exceeded", { limit: "maxFilterDepth", value: maxFilterDepth }),
        ),
      );
    }
  });

  test("parts are counted, those of substrings too", () => {
    expect(() => compile(wide(maxFilterNodes))).not.toThrow();
    const parts: Filter = { op: "substrings", attribute: "username", any: Array(maxFilterNodes).fill("a") };
    for (const filter of [wide(maxFilterNodes + 1), parts]) {
      expect(() => compile(filter)).toThrow(
        expect.objectContaining(
          failure("limit-exceeded", { limit: "maxFilterNodes", value: maxFilterNodes }),
        ),
      );
    }
  });

  test("a query refuses what is too big, naming the limit", async () => {
    const { directory } = await openDirectory();
    await expect(directory.query("user", { filter: nested(65) })).rejects.toMatchObject(
      failure("limit-exceeded", { limit: "maxFilterDepth", value: 64 }),
    );
  });

  test("limits can be set by whoever compiles", async () => {
    const none = {
      descendants: async () => [],
      groupsOf: async () => [],
      entitled: async () => ({ groups: [], users: [] }),
    };
    const limits = { maxFilterDepth: 2, maxFilterNodes: 3 };
    await expect(compileFilter(nested(3), "user", registry, none, limits)).rejects.toMatchObject(
      failure("limit-exceeded"),
    );
    await expect(compileFilter(wide(4), "user", registry, none, limits)).rejects.toMatchObject(
      failure("limit-exceeded"),
    );
    expect(await compileFilter(nested(2), "user", registry, none, limits)).toMatchObject({ op: "not" });
  });
});
