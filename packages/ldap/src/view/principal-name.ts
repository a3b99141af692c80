import {
  type Filter as CoreFilter,
  foldCase,
  matchesSubstrings,
  normalizeValue,
  prepareSubstrings,
  type Substrings,
} from "@directorykit/core";
import type { Assertion } from "./assertion.ts";
import { always, never, unknown } from "./attribute-filter.ts";

/**
 * The people whose username with a domain behind it is as asserted.
 * @param ending - `@` and the domain
 */
export function principalFilter(assertion: Assertion, ending: string): CoreFilter {
  switch (assertion.type) {
    case "present":
      return always;
    case "equal": {
      const { keepsCase, value } = assertion;
      const rule = keepsCase ? "caseExact" : "caseIgnore";
      const [whole, end] = [value.text, ending].map((text) => String(normalizeValue(rule, text))) as [
        string,
        string,
      ];
      if (!whole.endsWith(end)) return never;
      const username = whole.slice(0, -end.length);
      return {
        op: "equals",
        attribute: "username",
        value: username,
        ...(keepsCase ? { matching: "caseExact" } : {}),
      };
    }
    case "substrings": {
      const pieces = prepareSubstrings("caseIgnore", assertion.pieces);
      // Neither part has spaces in it.
      return pieces === undefined || pieces.spaced === true ? unknown : splitPieces(pieces, foldCase(ending));
    }
    default:
      return unknown;
  }
}

/** Every way to divide the pieces between the username and a known ending, of those that fit the ending. */
function splitPieces({ initial = "", any, final = "" }: Substrings, ending: string): CoreFilter {
  const segments = [initial, ...any, final];
  const last = segments.length - 1;
  const fits = (begin: string, from: number): boolean =>
    from > last
      ? begin === ending
      : matchesSubstrings(ending, {
          ...(begin === "" ? {} : { initial: begin }),
          any: segments.slice(from, last),
          ...(final === "" ? {} : { final }),
        });
  const ways: CoreFilter[] = [];
  for (const [i, segment] of segments.entries()) {
    // Between this piece and the next.
    if (i < last && fits("", i + 1)) ways.push(username(initial, segments.slice(1, i + 1), ""));
    // Within this piece, which must not be longer than what is left for it.
    for (let cut = Math.max(1, segment.length - ending.length); cut < segment.length; cut++) {
      if (!fits(segment.slice(cut), i + 1)) continue;
      const begin = segment.slice(0, cut);
      ways.push(
        i === 0
          ? { op: "equals", attribute: "username", value: begin }
          : username(initial, segments.slice(1, i), begin),
      );
    }
  }
  return ways.includes(always) ? always : { op: "or", of: ways };
}

function username(initial: string, any: readonly string[], final: string): CoreFilter {
  const pieces = any.filter((piece) => piece !== "");
  if (initial === "" && final === "" && pieces.length === 0) return always;
  return {
    op: "substrings",
    attribute: "username",
    ...(initial === "" ? {} : { initial }),
    any: pieces,
    ...(final === "" ? {} : { final }),
  };
}
