import { type AttributeRules, type Filter as CoreFilter, normalizeValue } from "@directorykit/core";
import type { Assertion } from "./assertion.ts";

/** What {@link attributeFilter} must know of an attribute of the directory. */
export type TestedAttribute = Pick<AttributeRules, "name" | "syntax" | "matching">;

/** True of every entry. */
export const always: CoreFilter = { op: "true" };
/** False of every entry. */
export const never: CoreFilter = { op: "false" };
/** Undefined of every entry. */
export const unknown: CoreFilter = { op: "unknown" };

/** Translates what is asked of a type whose values are those of one attribute of the directory. */
export function attributeFilter(assertion: Assertion, attribute: TestedAttribute): CoreFilter {
  const { name, matching } = attribute;
  switch (assertion.type) {
    case "present":
      return { op: "present", attribute: name };
    case "substrings": {
      if (attribute.syntax === "binary") return unknown;
      const exact = exactly(assertion.keepsCase, matching);
      return { op: "substrings", attribute: name, ...assertion.pieces, ...exact };
    }
    case "equal":
    case "atLeast":
    case "atMost":
    case "below": {
      const { octets, text } = assertion.value;
      const op = operators[assertion.type];
      if (attribute.syntax === "binary") return op === "equals" ? octetsFilter(octets, name) : unknown;
      if (matching === "time") return timeFilter(assertion.type, name, text);
      if (matching === "integer" && !Number.isSafeInteger(Number(text)))
        return beyondFilter(assertion.type, name, text);
      const value = matching === "octetString" ? Buffer.from(octets).toString("utf8") : text;
      return { op, attribute: name, value, ...exactly(assertion.keepsCase, matching) };
    }
    case "inChain":
    case "allBits":
    case "anyBits":
      return unknown;
  }
}

const operators = { equal: "equals", atLeast: "atLeast", atMost: "atMost", below: "below" } as const;

function exactly(
  keepsCase: boolean,
  matching: AttributeRules["matching"],
): { readonly matching?: "caseExact" } {
  return keepsCase && matching === "caseIgnore" ? { matching: "caseExact" } : {};
}

/** No value is as large as this, or as small: whoever has one is below it, or above. */
function beyondFilter(type: keyof typeof operators, attribute: string, text: string): CoreFilter {
  const isAbove = !text.startsWith("-");
  const holds = type !== "equal" && (type === "atLeast") !== isAbove;
  return holds ? { op: "present", attribute } : never;
}

/** Times are shown in whole seconds, and compared as they are shown. */
function timeFilter(type: keyof typeof operators, attribute: string, text: string): CoreFilter {
  const ms = normalizeValue("time", text);
  if (typeof ms !== "number") return unknown;
  const floor = Math.floor(ms / 1000) * 1000;
  const ceiling = Math.ceil(ms / 1000) * 1000;
  const from: CoreFilter = { op: "atLeast", attribute, value: ceiling };
  const to: CoreFilter = { op: "atMost", attribute, value: floor + 999 };
  switch (type) {
    case "atLeast":
      return from;
    case "atMost":
      return to;
    case "below":
      return { op: "atMost", attribute, value: ceiling - 1 };
    case "equal":
      return floor === ms ? { op: "and", of: [from, to] } : never;
  }
}

/** The directory keeps octets as base64, with or without padding. */
function octetsFilter(value: Uint8Array, attribute: string): CoreFilter {
  const padded = Buffer.from(value).toString("base64");
  const plain = padded.replace(/=+$/, "");
  const equals = (text: string): CoreFilter => ({ op: "equals", attribute, value: text });
  return plain === padded ? equals(padded) : { op: "or", of: [equals(padded), equals(plain)] };
}
