import { expect, test } from "vitest";
import { AttributeType, attributeOf, attributesOf, integerOf, textOf } from "./attribute-type.ts";
import { standardDictionary } from "./dictionary/standard-dictionary.ts";
import { octetsOf } from "./octets.fixture.ts";
import type { RawAttribute } from "./packet.ts";

const packet = (
  ...attributes: readonly (readonly [type: number, hex: string])[]
): { attributes: RawAttribute[] } => ({
  attributes: attributes.map(([type, hex]) => ({ type, value: octetsOf(hex) })),
});

test("of several attributes of a type the first counts, unless all are asked for", () => {
  const three = packet([33, "01"], [1, "616461"], [33, "02"]);
  expect(attributeOf(three, 33)).toEqual(octetsOf("01"));
  expect(attributesOf(three, 33)).toEqual([octetsOf("01"), octetsOf("02")]);
  expect(attributeOf(three, 24)).toBeUndefined();
  expect(attributesOf(three, 24)).toEqual([]);
});

test("text is UTF-8, and nothing else", () => {
  expect(textOf(packet([1, "5a6fc3ab"]), 1)).toBe("Zoë");
  expect(textOf(packet([1, "efbbbf61"]), 1)).toBe("\ufeffa");
  for (const hex of ["ff", "c0af", "eda080", "5a6fc3"]) expect(textOf(packet([1, hex]), 1)).toBeUndefined();
  expect(textOf(packet(), 1)).toBeUndefined();
});

test("a number has four octets, and no sign", () => {
  expect(integerOf(packet([27, "fffffffe"]), 27)).toBe(4_294_967_294);
  expect(integerOf(packet(), 27)).toBeUndefined();
  for (const hex of ["", "000001", "0000000001"]) expect(integerOf(packet([27, hex]), 27)).toBeUndefined();
});

test("a number is read from the middle of a larger buffer", () => {
  const value = Buffer.from("ffff00000e10ffff", "hex").subarray(2, 6);
  expect(integerOf({ attributes: [{ type: 27, value }] }, 27)).toBe(3_600);
});

test("types are those of the dictionary", () => {
  for (const [name, type] of Object.entries(AttributeType)) {
    const known = standardDictionary.byPath({ type })?.name.replaceAll("-", "").toLowerCase();
    expect(known).toBe(name.toLowerCase());
  }
});
