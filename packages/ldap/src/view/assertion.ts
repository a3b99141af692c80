import { normalizeValue, type Substrings } from "@directorykit/core";
import { type DistinguishedName, type Filter, isProhibited, parseDn } from "../codec/index.ts";
import { syntaxes, type ValueKind } from "./attribute-syntaxes.ts";
import { type ChangeStamp, parseChangeSequenceNumber } from "./change-sequence-number.ts";
import type { MatchingRuleDefinition } from "./matching-rules.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** INTEGER (RFC 4517 §3.3.16), of as many digits as 64 bits can have. */
const integerForm = /^(?:0|-?[1-9]\d{0,19})$/;

/** A filter that is no combination of others. */
export type Test = Exclude<Filter, { type: "and" | "or" | "not" }>;

/** A value that a test asserts, in the forms in which it is compared. */
export interface AssertedValue {
  /** As it was sent. */
  readonly octets: Uint8Array;
  /** As text; empty for octets that are compared as they are. */
  readonly text: string;
  /** As a DN, where the type holds DNs. */
  readonly dn?: DistinguishedName;
  /** As a change sequence number, where the type holds such. */
  readonly stamp?: ChangeStamp;
}

/** What a test asks of the values of a type, whichever of the ways of asking it was. */
export type Assertion =
  | { readonly type: "present" }
  | {
      /** `below` leaves the value itself out (RFC 4517 §4.2, ordering rules). */
      readonly type: "equal" | "atLeast" | "atMost" | "below";
      readonly value: AssertedValue;
      /** Whether case counts also where the type's own rule folds it. */
      readonly keepsCase: boolean;
    }
  | { readonly type: "substrings"; readonly pieces: Substrings; readonly keepsCase: boolean }
  /** The value follows from others, through any number of groups. */
  | { readonly type: "inChain"; readonly value: AssertedValue }
  /** All, or any, of the bits are set. */
  | { readonly type: "allBits" | "anyBits"; readonly mask: bigint };

/**
 * Reads a test on a type. One whose rule does not go with the type, or whose value its syntax does not allow, is Undefined
 * of every entry (RFC 4511 §4.5.1.7): `undefined`.
 */
export function readAssertion(
  test: Test,
  type: AttributeTypeDefinition,
  schema: Schema,
): Assertion | undefined {
  const { kind, ordering, substrings } = syntaxes[type.syntax];
  if (kind === undefined) return undefined;
  switch (test.type) {
    case "present":
      return { type: "present" };
    case "equalityMatch":
    case "approxMatch":
      return comparison("equal", test.value, kind, false);
    case "greaterOrEqual":
      return ordering === undefined ? undefined : comparison("atLeast", test.value, kind, false);
    case "lessOrEqual":
      return ordering === undefined ? undefined : comparison("atMost", test.value, kind, false);
    case "substrings":
      return substrings === undefined ? undefined : readPieces(test);
    case "extensibleMatch": {
      if (test.matchingRule === undefined) return comparison("equal", test.value, kind, false);
      const rule = schema.rule(test.matchingRule);
      return rule === undefined || !appliesTo(rule, type) ? undefined : byRule(rule, test.value, kind);
    }
  }
}

/** Whether a rule can be asked about a value at all, whatever the attribute. */
export function isDefinedBy(rule: MatchingRuleDefinition, value: Uint8Array): boolean {
  const [kind] = rule.kinds;
  return kind !== undefined && byRule(rule, value, kind) !== undefined;
}

/** Whether a rule can be applied to values of a type. */
export function appliesTo(rule: MatchingRuleDefinition, type: AttributeTypeDefinition): boolean {
  const { kind, equality } = syntaxes[type.syntax];
  return kind !== undefined && (rule.kinds.includes(kind) || rule.name === equality);
}

function byRule(rule: MatchingRuleDefinition, octets: Uint8Array, kind: ValueKind): Assertion | undefined {
  switch (rule.use) {
    case "equality":
      return comparison("equal", octets, kind, rule.keepsCase);
    case "ordering":
      return comparison("below", octets, kind, rule.keepsCase);
    case "substrings": {
      const pieces = parseSubstringAssertion(decodeText(octets) ?? "");
      return pieces === undefined ? undefined : { type: "substrings", pieces, keepsCase: rule.keepsCase };
    }
    case "inChain": {
      const value = readValue(octets, kind);
      return value === undefined ? undefined : { type: "inChain", value };
    }
    case "allBits":
    case "anyBits": {
      const text = decodeText(octets) ?? "";
      return integerForm.test(text) ? { type: rule.use, mask: BigInt(text) } : undefined;
    }
  }
}

function comparison(
  type: "equal" | "atLeast" | "atMost" | "below",
  octets: Uint8Array,
  kind: ValueKind,
  keepsCase: boolean,
): Assertion | undefined {
  const value = readValue(octets, kind);
  return value === undefined ? undefined : { type, value, keepsCase };
}

function readValue(octets: Uint8Array, kind: ValueKind): AssertedValue | undefined {
  if (kind === "octets") return { octets, text: "" };
  const text = decodeText(octets);
  if (text === undefined) return undefined;
  switch (kind) {
    case "integer":
    case "flags":
      return integerForm.test(text) ? { octets, text } : undefined;
    case "boolean":
    case "time":
    case "uuid":
      return normalizeValue(kind, text) === undefined ? undefined : { octets, text };
    case "dn": {
      const dn = readDn(text);
      return dn === undefined ? undefined : { octets, text, dn };
    }
    case "changeSequenceNumber": {
      const stamp = parseChangeSequenceNumber(text);
      return stamp === undefined ? undefined : { octets, text, stamp };
    }
    default:
      return isProhibited(text) ? undefined : { octets, text };
  }
}

/** A DN; that of a unique member may have a UID behind it, and then matches members who have none (RFC 4517 §4.2.31). */
function readDn(text: string): DistinguishedName | undefined {
  try {
    const dn = parseDn(text.replace(/#'[01]*'B$/, ""));
    return dn.rdns.some((rdn) => rdn.some(({ value }) => isProhibited(value))) ? undefined : dn;
  } catch {
    return undefined;
  }
}

function readPieces(test: Extract<Test, { type: "substrings" }>): Assertion | undefined {
  const given = [test.initial, ...test.any, test.final].map((piece) =>
    piece === undefined ? "" : decodeText(piece),
  );
  if (given.some((piece) => piece === undefined || isProhibited(piece))) return undefined;
  const [initial = "", ...rest] = given as string[];
  return { type: "substrings", pieces: piecesOf(initial, rest), keepsCase: false };
}

/** A substring assertion as text (RFC 4517 §3.3.30): pieces between asterisks, with `\2A` and `\5C` for what they would be. */
function parseSubstringAssertion(text: string): Substrings | undefined {
  const [initial, ...rest] = text.split("*");
  if (initial === undefined || rest.length === 0) return undefined;
  const pieces = [initial, ...rest].map((piece) => {
    const bare = piece.replace(/\\(2[Aa]|5[Cc])/g, "");
    if (bare.includes("\\") || isProhibited(piece)) return undefined;
    return piece.replace(/\\2[Aa]/g, "*").replace(/\\5[Cc]/g, "\\");
  });
  if (pieces.includes(undefined)) return undefined;
  return piecesOf(pieces[0] as string, pieces.slice(1) as string[]);
}

function piecesOf(initial: string, rest: readonly string[]): Substrings {
  const final = rest.at(-1) ?? "";
  return {
    ...(initial === "" ? {} : { initial }),
    any: rest.slice(0, -1).filter((piece) => piece !== ""),
    ...(final === "" ? {} : { final }),
  };
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
