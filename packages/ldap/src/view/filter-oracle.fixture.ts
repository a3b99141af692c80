import { foldCase, normalizeValue } from "@directorykit/core";
import { dnKey, type Filter, parseDn } from "../codec/index.ts";
import type { LdapTestEntry } from "../testing.ts";

/** How values compare. */
export type Kind =
  | "text"
  | "ia5"
  | "exact"
  | "name"
  | "integer"
  | "dn"
  | "class"
  | "oid"
  | "time"
  | "uuid"
  | "boolean"
  | "octets"
  | "csn"
  | "unsearchable";

/** What a published schema says of an attribute: how it compares, whether it has an order and pieces. */
export interface Type {
  readonly kind: Kind;
  readonly ordered: boolean;
  readonly pieces: boolean;
}

const type = (kind: Kind, ordered = false, pieces = false): Type => ({ kind, ordered, pieces });
const text = type("text", true, true);
const integer = type("integer", true);

/** The attributes of entries, by the rules that the schema publishes for them. */
export const types: Readonly<Record<string, Type>> = {
  objectClass: type("class"),
  structuralObjectClass: type("class"),
  cn: text,
  sn: text,
  uid: text,
  o: text,
  ou: text,
  title: text,
  displayName: text,
  description: text,
  mail: type("ia5", true, true),
  dc: type("ia5", true, true),
  homeDirectory: type("exact", true, true),
  uidNumber: integer,
  gidNumber: integer,
  shadowLastChange: type("unsearchable"),
  member: type("dn"),
  uniqueMember: type("dn"),
  memberUid: type("name"),
  memberOf: type("dn"),
  manager: type("dn"),
  entryDN: type("dn"),
  entryUUID: type("uuid"),
  entryCSN: type("csn", true),
  contextCSN: type("csn", true),
  createTimestamp: type("time", true),
  modifyTimestamp: type("time", true),
  hasSubordinates: type("boolean"),
  subschemaSubentry: type("dn"),
};

/** A matching rule: what it tests, on which kinds of values, with case or without. */
const rules: Readonly<
  Record<string, readonly [use: "equal" | "below" | "pieces", kinds: readonly Kind[], exact?: boolean]>
> = {
  caseIgnoreMatch: ["equal", ["text", "ia5", "name"]],
  "2.5.13.2": ["equal", ["text", "ia5", "name"]],
  caseIgnoreIA5Match: ["equal", ["text", "ia5", "name"]],
  caseIgnoreOrderingMatch: ["below", ["text", "ia5"]],
  caseIgnoreSubstringsMatch: ["pieces", ["text", "ia5"]],
  CASEEXACTMATCH: ["equal", ["text", "ia5", "name", "exact"], true],
  caseExactOrderingMatch: ["below", ["text", "ia5", "exact"], true],
  caseExactSubstringsMatch: ["pieces", ["text", "ia5", "exact"], true],
  integerMatch: ["equal", ["integer"]],
  integerOrderingMatch: ["below", ["integer"]],
  generalizedTimeMatch: ["equal", ["time"]],
  generalizedTimeOrderingMatch: ["below", ["time"]],
  distinguishedNameMatch: ["equal", ["dn"]],
  uniqueMemberMatch: ["equal", ["dn"]],
  uuidMatch: ["equal", ["uuid"]],
  booleanMatch: ["equal", ["boolean"]],
  objectIdentifierMatch: ["equal", ["class", "oid"]],
  CSNMatch: ["equal", ["csn"]],
  CSNOrderingMatch: ["below", ["csn"]],
};

/** Names of rules, and one that nobody knows. */
export const ruleNames: readonly string[] = [...Object.keys(rules), "wordMatch"];

/** Three-valued truth. */
export type Truth = boolean | undefined;

const not = (value: Truth): Truth => (value === undefined ? undefined : !value);
const all = (truths: readonly Truth[]): Truth =>
  truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;

/** The filter on the entry as it was shown, by RFC 4511 §4.5.1.7 and nothing of the server's own code. */
export function evaluate(filter: Filter, entry: LdapTestEntry): Truth {
  switch (filter.type) {
    case "and":
      return all(filter.filters.map((part) => evaluate(part, entry)));
    case "or":
      return not(all(filter.filters.map((part) => not(evaluate(part, entry)))));
    case "not":
      return not(evaluate(filter.filter, entry));
    case "extensibleMatch":
      return evaluateRule(filter, entry);
    default: {
      const found = typeIn(entry, filter.attribute);
      if (found === undefined || found.kind === "unsearchable") return undefined;
      const values = valuesOf(entry, filter.attribute, filter.type !== "present");
      if (filter.type === "present") return values.length > 0;
      if (filter.type === "substrings") {
        const pieces = [filter.initial, ...filter.any, filter.final].map((one) =>
          decode(one ?? new Uint8Array()),
        );
        return found.pieces ? hasPieces(values, pieces, found.kind !== "exact") : undefined;
      }
      const use =
        filter.type === "greaterOrEqual" ? "atLeast" : filter.type === "lessOrEqual" ? "atMost" : "equal";
      if (use !== "equal" && !found.ordered) return undefined;
      return compare(use, found.kind, values, decode(filter.value));
    }
  }
}

function evaluateRule(filter: Extract<Filter, { type: "extensibleMatch" }>, entry: LdapTestEntry): Truth {
  const { attribute, matchingRule, dnAttributes } = filter;
  const value = decode(filter.value);
  const [use, kinds, exact] =
    matchingRule === undefined ? (["equal", undefined] as const) : (rules[matchingRule] ?? []);
  if (use === undefined) return undefined;
  const test = (kind: Kind, values: readonly string[]): Truth => {
    if (kind === "unsearchable" || kinds?.includes(kind) === false) return undefined;
    if (use !== "pieces") return compare(use, exact === true ? "exact" : kind, values, value);
    return value.includes("*") ? hasPieces(values, value.split("*"), exact !== true) : undefined;
  };
  const names = attribute === undefined ? Object.keys(types) : [attribute];
  const truths = names.flatMap((name) => {
    const found = typeIn(entry, name);
    if (found === undefined) return [undefined];
    const own = test(found.kind, valuesOf(entry, name, attribute !== undefined));
    if (!dnAttributes) return [own];
    const avas = parseDn(entry.dn)
      .rdns.flat()
      .filter((ava) => ava.type === name);
    const above = test(
      found.kind,
      avas.map((ava) => ava.value),
    );
    return own === undefined ? [undefined] : [own || above];
  });
  if (attribute !== undefined) return truths[0];
  return truths.includes(true) ? true : truths.includes(false) ? false : undefined;
}

/** Nobody may ask about the age of a person's password; other entries just do not have it. */
function typeIn(entry: LdapTestEntry, name: string): Type | undefined {
  const found = types[name];
  const isPerson = entry.attributes["objectClass"]?.includes("person") === true;
  return found?.kind === "unsearchable" && !isPerson ? integer : found;
}

/** Programs may ask for members by the attribute that is not shown. */
function valuesOf(entry: LdapTestEntry, name: string, asksForValue: boolean): readonly string[] {
  const values = entry.attributes[name] ?? [];
  if (values.length > 0 || !asksForValue) return values;
  if (name === "member") return entry.attributes["uniqueMember"] ?? [];
  return name === "uniqueMember" ? (entry.attributes["member"] ?? []) : [];
}

const uses = {
  equal: (one: string | number, other: string | number) => one === other,
  atLeast: (one: string | number, other: string | number) => one >= other,
  atMost: (one: string | number, other: string | number) => one <= other,
  below: (one: string | number, other: string | number) => one < other,
};

function compare(use: keyof typeof uses, kind: Kind, values: readonly string[], asserted: string): Truth {
  const key = keyOf(kind, asserted);
  return key === undefined
    ? undefined
    : values.some((value) => uses[use](keyOf(kind, value) as string, key as string));
}

function keyOf(kind: Kind, value: string): string | number | undefined {
  switch (kind) {
    case "text":
    case "ia5":
    case "name":
      return foldCase(value);
    case "exact":
    case "octets":
    case "unsearchable":
      return value;
    case "csn":
      return /^\d{14}\.\d{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}$/.test(value) ? value : undefined;
    case "class":
    case "oid":
      return value.toLowerCase();
    case "dn":
      try {
        return dnKey(parseDn(value));
      } catch {
        return undefined;
      }
    default:
      return normalizeValue(kind, value);
  }
}

function hasPieces(values: readonly string[], pieces: readonly string[], folds: boolean): boolean {
  const form = (text: string): string => (folds ? text.toLowerCase() : text);
  const pattern = pieces.map((piece) => form(piece).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  const expression = new RegExp(`^${pattern}$`, "s");
  return values.some((value) => expression.test(form(value)));
}

function decode(octets: Uint8Array): string {
  return Buffer.from(octets).toString();
}
