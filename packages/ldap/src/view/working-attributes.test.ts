import { describe, expect, test } from "vitest";
import { LdapResultCode, type ModifyOperation } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { WorkingAttributes } from "./working-attributes.ts";
import type { WrittenValue } from "./written-value.ts";

const mail: AttributeTypeDefinition = { names: ["mail"], oid: "1", syntax: "ia5" };
const number: AttributeTypeDefinition = { names: ["number"], oid: "2", syntax: "integer" };
const value = (text: string, more: Partial<WrittenValue> = {}): WrittenValue => ({
  key: text.toLowerCase(),
  text,
  ...more,
});

function working(type: AttributeTypeDefinition, ...values: readonly (string | WrittenValue)[]) {
  const initial = values.map((one, stored) => (typeof one === "string" ? value(one, { stored }) : one));
  return new WorkingAttributes([[type, initial]]);
}

/** The values after modifications, or the result with which one of them is refused. */
function after(
  start: readonly (string | WrittenValue)[],
  ...modifications: readonly (readonly [ModifyOperation, ...string[]])[]
): readonly string[] | number {
  const type = modifications.some(([operation]) => operation === "increment") ? number : mail;
  const attributes = working(type, ...start);
  try {
    for (const [operation, ...texts] of modifications)
      attributes.apply({ operation, type, values: texts.map((text) => value(text)) });
  } catch (error) {
    return (error as { resultCode: number }).resultCode;
  }
  return attributes.values(type).map(({ text }) => text);
}

const { noSuchAttribute, attributeOrValueExists, protocolError, constraintViolation } = LdapResultCode;

describe("modifications", () => {
  test.each<[string, string[], (readonly [ModifyOperation, ...string[]])[], readonly string[] | number]>([
    ["adds values", ["a"], [["add", "b", "c"]], ["a", "b", "c"]],
    ["adds the first value", [], [["add", "b"]], ["b"]],
    ["refuses to add what is there in another spelling", ["a"], [["add", "A"]], attributeOrValueExists],
    ["refuses to add one value twice", [], [["add", "b", "B"]], attributeOrValueExists],
    ["refuses to add nothing", ["a"], [["add"]], protocolError],
    ["deletes a value by any spelling", ["a", "b"], [["delete", "A"]], ["b"]],
    ["deletes all values", ["a", "b"], [["delete"]], []],
    ["refuses to delete what is not there", ["a"], [["delete", "b"]], noSuchAttribute],
    ["refuses to delete one value twice", ["a"], [["delete", "a", "A"]], attributeOrValueExists],
    ["refuses to delete all of none", [], [["delete"]], noSuchAttribute],
    ["replaces values", ["a", "b"], [["replace", "c"]], ["c"]],
    ["replaces values by none", ["a"], [["replace"]], []],
    ["replaces none by none", [], [["replace"]], []],
    ["refuses to replace by one value twice", ["a"], [["replace", "b", "B"]], attributeOrValueExists],
    [
      "goes by what came before",
      ["a"],
      [
        ["delete", "a"],
        ["add", "A"],
        ["add", "b"],
      ],
      ["A", "b"],
    ],
    ["forgets nothing that came before", ["a"], [["delete"], ["delete"]], noSuchAttribute],
    ["increments every value", ["1", "-7"], [["increment", "3"]], ["4", "-4"]],
    ["decrements", ["1"], [["increment", "-3"]], ["-2"]],
    ["refuses to increment none", [], [["increment", "3"]], noSuchAttribute],
    ["refuses to increment by nothing", ["1"], [["increment"]], protocolError],
    ["refuses to increment by several", ["1"], [["increment", "1", "2"]], protocolError],
    [
      "refuses to increment past what is a number",
      ["9007199254740991"],
      [["increment", "1"]],
      constraintViolation,
    ],
  ])("%s", (_, start, modifications, expected) => {
    expect(after(start, ...modifications)).toEqual(expected);
  });

  test("only numbers are incremented", () => {
    const attributes = working(mail, "7");
    expect(() => attributes.apply({ operation: "increment", type: mail, values: [value("1")] })).toThrow(
      expect.objectContaining({ resultCode: constraintViolation }),
    );
  });
});

describe("what has changed", () => {
  test("is what is different in the end", () => {
    const attributes = working(mail, "a", "b");
    expect(attributes.changed()).toEqual([]);
    attributes.apply({ operation: "replace", type: mail, values: [value("b"), value("a")] });
    expect(attributes.changed()).toEqual([]);
    attributes.apply({ operation: "delete", type: mail, values: [value("a")] });
    expect(attributes.changed()).toEqual([mail]);
    attributes.apply({ operation: "add", type: mail, values: [value("a")] });
    expect(attributes.changed()).toEqual([]);
  });

  test("is another spelling too, of the same value of the record", () => {
    const attributes = working(mail, "a", "b");
    attributes.apply({ operation: "replace", type: mail, values: [value("B")] });
    expect(attributes.isChanged(mail)).toBe(true);
    expect(attributes.values(mail)).toEqual([value("B", { stored: 1 })]);
  });
});

test("values that are not shown stay unless they are named", () => {
  const start = ["a", value("hidden", { isUnshown: true })];
  expect(after(start, ["replace", "b"])).toEqual(["hidden", "b"]);
  expect(after(start, ["delete"])).toEqual(["hidden"]);
  expect(after(start, ["delete"], ["delete"])).toBe(noSuchAttribute);
  expect(after(start, ["delete", "hidden"])).toEqual(["a"]);
  expect(after(start, ["add", "hidden"])).toBe(attributeOrValueExists);
});
