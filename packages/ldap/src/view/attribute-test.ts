import {
  type AttributeRules,
  type Filter as CoreFilter,
  type MatchingRule,
  normalizeValue,
} from "@directorykit/core";
import { type Filter, parseDn } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** A filter that is no combination of others. */
export type Test = Exclude<Filter, { type: "and" | "or" | "not" }>;

/** What {@link attributeTest} must know of an attribute. */
export type TestedAttribute = Pick<AttributeRules, "name" | "syntax" | "matching">;

export const always: CoreFilter = { op: "true" };
export const never: CoreFilter = { op: "false" };
export const unknown: CoreFilter = { op: "unknown" };

/** Rules by name and OID (RFC 4517 §4.2, RFC 4530 §2.2), with the attributes that each can be applied to. */
const rules: ReadonlyMap<string, readonly MatchingRule[]> = new Map(
  (
    [
      [["caseIgnoreMatch", "2.5.13.2", "caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2"], ["caseIgnore"]],
      [
        ["caseExactMatch", "2.5.13.5", "caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1"],
        ["caseExact", "caseIgnore"],
      ],
      [["integerMatch", "2.5.13.14"], ["integer"]],
      [["uuidMatch", "1.3.6.1.1.16.2"], ["uuid"]],
      [["generalizedTimeMatch", "2.5.13.27"], ["time"]],
      [["telephoneNumberMatch", "2.5.13.20"], ["telephone"]],
      [["booleanMatch", "2.5.13.13"], ["boolean"]],
      [["octetStringMatch", "2.5.13.17"], ["octetString"]],
    ] as const
  ).flatMap(([names, fits]) => names.map((name) => [name.toLowerCase(), fits] as const)),
);

/** Rules that go with the syntax of a type, for those that {@link rules} does not know by it. */
const dnRules: readonly string[] = ["distinguishednamematch", "2.5.13.1", "1.2.840.113556.1.4.1941"];
const oidRules: readonly string[] = ["objectidentifiermatch", "2.5.13.0"];

/**
 * Whether a test is true or false of every entry, with or without the attribute. One whose value or kind the type's
 * syntax does not allow is Undefined of all of them (RFC 4511 §4.5.1.7).
 */
export function isDefined(test: Test, { syntax }: AttributeTypeDefinition): boolean {
  if (test.type === "present") return true;
  const isText = !["dn", "oid", "ia5Name", "integer", "boolean", "time", "uuid"].includes(syntax);
  if (test.type === "substrings") {
    const pieces = [test.initial, ...test.any, test.final];
    return isText && pieces.every((piece) => piece === undefined || decodeText(piece) !== undefined);
  }
  const isOrder = test.type === "greaterOrEqual" || test.type === "lessOrEqual";
  if (isOrder && !isText && syntax !== "integer" && syntax !== "time") return false;
  if (test.type === "extensibleMatch" && test.matchingRule !== undefined) {
    const rule = test.matchingRule.toLowerCase();
    const isKnown =
      syntax === "dn" ? dnRules.includes(rule) : syntax === "oid" ? oidRules.includes(rule) : rules.has(rule);
    if (!isKnown) return false;
  }
  return syntax === "octets" || isValue(test.value, syntax);
}

function isValue(octets: Uint8Array, syntax: AttributeTypeDefinition["syntax"]): boolean {
  const text = decodeText(octets);
  if (text === undefined) return false;
  switch (syntax) {
    case "integer":
    case "boolean":
    case "time":
    case "uuid":
      return normalizeValue(syntax, text) !== undefined;
    case "dn":
      try {
        parseDn(text);
        return true;
      } catch {
        return false;
      }
    default:
      return true;
  }
}

/** Translates a test on one attribute of the directory. */
export function attributeTest(test: Test, attribute: TestedAttribute): CoreFilter {
  const { name, matching } = attribute;
  if (test.type === "present") return { op: "present", attribute: name };
  if (test.type === "substrings") return substringsTest(test, attribute);
  let exact = false;
  if (test.type === "extensibleMatch" && test.matchingRule !== undefined) {
    const fits = rules.get(test.matchingRule.toLowerCase());
    if (fits?.includes(matching) !== true) return unknown;
    exact = matching === "caseIgnore" && fits.includes("caseExact");
  }
  const op = test.type === "greaterOrEqual" ? "atLeast" : test.type === "lessOrEqual" ? "atMost" : "equals";
  if (attribute.syntax === "binary") return op === "equals" ? octetsTest(test.value, name) : unknown;
  const value = decodeText(test.value);
  if (value === undefined) return unknown;
  if (matching === "time") return timeTest(op, name, value);
  return { op, attribute: name, value, ...(exact ? { matching: "caseExact" } : {}) };
}

function substringsTest(test: Extract<Test, { type: "substrings" }>, attribute: TestedAttribute): CoreFilter {
  const initial = test.initial === undefined ? "" : decodeText(test.initial);
  const any = test.any.map(decodeText);
  const final = test.final === undefined ? "" : decodeText(test.final);
  if (attribute.syntax === "binary" || initial === undefined || final === undefined) return unknown;
  if (any.includes(undefined)) return unknown;
  return {
    op: "substrings",
    attribute: attribute.name,
    any: any as string[],
    ...(test.initial === undefined ? {} : { initial }),
    ...(test.final === undefined ? {} : { final }),
  };
}

/** Times are shown in whole seconds, and compared as they are shown. */
function timeTest(op: "equals" | "atLeast" | "atMost", attribute: string, text: string): CoreFilter {
  const ms = normalizeValue("time", text);
  if (typeof ms !== "number") return unknown;
  const floor = Math.floor(ms / 1000) * 1000;
  const from: CoreFilter = { op: "atLeast", attribute, value: Math.ceil(ms / 1000) * 1000 };
  const to: CoreFilter = { op: "atMost", attribute, value: floor + 999 };
  if (op === "atLeast") return from;
  if (op === "atMost") return to;
  return floor === ms ? { op: "and", of: [from, to] } : never;
}

/** The directory keeps octets as base64, with or without padding. */
function octetsTest(value: Uint8Array, attribute: string): CoreFilter {
  const padded = Buffer.from(value).toString("base64");
  const plain = padded.replace(/=+$/, "");
  const equals = (text: string): CoreFilter => ({ op: "equals", attribute, value: text });
  return plain === padded ? equals(padded) : { op: "or", of: [equals(padded), equals(plain)] };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An assertion value as text; `undefined` when it is not UTF-8. */
export function decodeText(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}
