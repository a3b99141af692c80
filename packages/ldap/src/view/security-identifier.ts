import { type Filter as CoreFilter, foldCase } from "@directorykit/core";
import type { Assertion } from "./assertion.ts";
import { never, unknown } from "./attribute-filter.ts";

/** Identifiers made of that of a domain and twice a number above a base. */
export interface NumberedSid {
  /** Identifier of the domain. */
  readonly sid: string;
  /** The identifier of number 0. */
  readonly base: number;
  /** The attribute of the directory that holds the number. */
  readonly attribute: string;
  /** The largest number that has an identifier. */
  readonly maxNumber: number;
}

/** The records whose identifier is, or begins, as asserted. Other pieces of it are not looked for. */
export function sidFilter(assertion: Assertion, numbered: NumberedSid): CoreFilter {
  const { sid, maxNumber, attribute } = numbered;
  const all: CoreFilter = { op: "atMost", attribute, value: maxNumber };
  const start = foldCase(`${sid}-`);
  switch (assertion.type) {
    case "present":
      return all;
    case "equal": {
      const { value, keepsCase } = assertion;
      if (keepsCase && !value.text.trimStart().startsWith("S")) return never;
      const text = foldCase(value.text);
      const digits = text.slice(start.length);
      if (!text.startsWith(start) || !/^[1-9]\d{0,9}$/.test(digits)) return never;
      return withIdentifiers(Number(digits), Number(digits), numbered);
    }
    case "substrings": {
      const { initial, any, final } = assertion.pieces;
      if (initial === undefined || any.length > 0 || final !== undefined) return unknown;
      // The schema says caseExactIA5SubstringsMatch; nobody writes the S small.
      const text = foldCase(initial);
      if (start.startsWith(text)) return all;
      const digits = text.slice(start.length);
      if (!text.startsWith(start) || !/^[1-9]\d{0,9}$/.test(digits)) return never;
      const ranges: CoreFilter[] = [];
      for (let scale = 1; digits.length + String(scale).length - 1 <= 10; scale *= 10) {
        const from = Number(digits) * scale;
        ranges.push(withIdentifiers(from, from + scale - 1, numbered));
      }
      return { op: "or", of: ranges };
    }
    default:
      return unknown;
  }
}

/** The records whose identifier lies between two, both included. */
function withIdentifiers(from: number, to: number, { base, attribute, maxNumber }: NumberedSid): CoreFilter {
  const least = Math.max(0, Math.ceil((from - base) / 2));
  const most = Math.min(maxNumber, Math.floor((to - base) / 2));
  if (least > most) return never;
  return {
    op: "and",
    of: [
      { op: "atLeast", attribute, value: least },
      { op: "atMost", attribute, value: most },
    ],
  };
}
