import type { MatchingRule } from "../model/attribute-definition.ts";
import { prepared, withoutTelephoneFill } from "./normalize.ts";

/** Pieces of a value: how it begins, what follows in order, how it ends (RFC 4511 §4.5.1.7.2). */
export interface Substrings {
  /** How the value begins. Absent: anyhow. */
  readonly initial?: string;
  /** Pieces that follow in order, without overlap. */
  readonly any: readonly string[];
  /** How it ends. Absent: anyhow. */
  readonly final?: string;
}

/** Pieces that are prepared, to be looked for in values that are. */
export interface PreparedSubstrings extends Substrings {
  /**
   * The pieces begin or end with spaces, in the form of RFC 4518 §2.6.1: two within, one at each end. Values are brought
   * to that form to be compared.
   */
  readonly spaced?: true;
}

/**
 * Prepares the pieces of a substring assertion as values of the rule are prepared. Spaces at the ends of a piece count,
 * since they may lie within the value.
 * @returns `undefined` for a rule that has no substrings
 */
export function prepareSubstrings(rule: MatchingRule, given: Substrings): PreparedSubstrings | undefined {
  if (rule === "octetString") return given;
  const prepare = preparationOf(rule);
  if (prepare === undefined) return undefined;
  const initial = given.initial === undefined ? "" : prepare(given.initial).replace(leading, "");
  const final = given.final === undefined ? "" : prepare(given.final).replace(trailing, "");
  const any = given.any.map(prepare).filter((piece) => piece !== "");
  const spaced =
    trailing.test(initial) ||
    leading.test(final) ||
    any.some((piece) => leading.test(piece) || trailing.test(piece));
  if (!spaced) {
    return { ...(initial === "" ? {} : { initial }), any, ...(final === "" ? {} : { final }) };
  }
  return {
    ...(initial === "" ? {} : { initial: ` ${withinDoubled(initial)}` }),
    any: any.map(withinDoubled),
    ...(final === "" ? {} : { final: `${withinDoubled(final)} ` }),
    spaced: true,
  };
}

/** Whether a value, prepared by the same rule, has the pieces in order and without overlap. */
export function matchesSubstrings(value: string, pieces: PreparedSubstrings): boolean {
  const text = pieces.spaced === true ? ` ${value.replace(space, "  ")} ` : value;
  let from = 0;
  if (pieces.initial !== undefined) {
    if (!text.startsWith(pieces.initial)) return false;
    from = pieces.initial.length;
  }
  for (const piece of pieces.any) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  const { final } = pieces;
  return final === undefined || (text.length - final.length >= from && text.endsWith(final));
}

const leading = /^ (?!\p{M})/u;
const trailing = / $/u;
const space = / (?!\p{M})/gu;

/** Doubles the spaces that are neither first nor last. */
function withinDoubled(piece: string): string {
  return piece.replace(space, (one, at: number) => (at === 0 || at === piece.length - 1 ? one : "  "));
}

function preparationOf(rule: MatchingRule): ((piece: string) => string) | undefined {
  switch (rule) {
    case "caseIgnore":
      return (piece) => prepared(piece, true);
    case "caseExact":
      return (piece) => prepared(piece, false);
    case "telephone":
      return (piece) => withoutTelephoneFill(prepared(piece, true));
    default:
      return undefined;
  }
}
