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
  | "flags"
  | "category"
  | "unsearchable";

/** What a published schema says of an attribute: how it compares, whether it has an order and pieces. */
export interface Type {
  readonly kind: Kind;
  readonly ordered: boolean;
  readonly pieces: boolean | "initial";
}

const type = (kind: Kind, ordered = false, pieces: Type["pieces"] = false): Type => ({
  kind,
  ordered,
  pieces,
});
const text = type("text", true, true);
const integer = type("integer", true);

/** Attributes by name. */
export type Types = Readonly<Record<string, Type>>;

/** The attributes of entries, by the rules that the schema publishes for them. */
export const standardTypes: Types = {
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
  jpegPhoto: type("octets"),
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

/** What trees in the flavour of Active Directory have beside those. */
export const activeDirectoryTypes: Types = {
  ...standardTypes,
  name: text,
  sAMAccountName: text,
  userPrincipalName: type("name", false, true),
  distinguishedName: type("dn"),
  objectCategory: type("category"),
  objectGUID: type("octets"),
  userAccountControl: type("flags", true),
  sAMAccountType: type("flags", true),
  groupType: type("flags", true),
  accountExpires: type("flags", true),
  lockoutTime: integer,
  uSNChanged: integer,
  whenCreated: type("time", true),
  whenChanged: type("time", true),
  department: text,
  company: text,
  employeeID: text,
};

/** What trees with a domain of Samba have. */
export const sambaTypes: Types = {
  ...standardTypes,
  sambaSID: type("name", false, "initial"),
  sambaPrimaryGroupSID: type("name", false, "initial"),
  sambaAcctFlags: type("ia5", true, true),
  sambaPwdLastSet: type("unsearchable"),
  sambaGroupType: integer,
  sambaDomainName: text,
  sambaAlgorithmicRidBase: integer,
};

/** A matching rule: what it tests, on which kinds of values, with case or without. */
const rules: Readonly<
  Record<
    string,
    readonly [use: "equal" | "below" | "pieces" | "bits", kinds: readonly Kind[], exact?: boolean]
  >
> = {
  caseIgnoreMatch: ["equal", ["text", "ia5", "name"]],
  "2.5.13.2": ["equal", ["text", "ia5", "name"]],
  caseIgnoreIA5Match: ["equal", ["text", "ia5", "name"]],
  caseIgnoreOrderingMatch: ["below", ["text", "ia5"]],
  caseIgnoreSubstringsMatch: ["pieces", ["text", "ia5"]],
  CASEEXACTMATCH: ["equal", ["text", "ia5", "name", "exact"], true],
  caseExactOrderingMatch: ["below", ["text", "ia5", "exact"], true],
  caseExactSubstringsMatch: ["pieces", ["text", "ia5", "exact"], true],
  integerMatch: ["equal", ["integer", "flags"]],
  integerOrderingMatch: ["below", ["integer", "flags"]],
  generalizedTimeMatch: ["equal", ["time"]],
  generalizedTimeOrderingMatch: ["below", ["time"]],
  distinguishedNameMatch: ["equal", ["dn"]],
  uniqueMemberMatch: ["equal", ["dn"]],
  uuidMatch: ["equal", ["uuid"]],
  booleanMatch: ["equal", ["boolean"]],
  objectIdentifierMatch: ["equal", ["class", "oid"]],
  CSNMatch: ["equal", ["csn"]],
  CSNOrderingMatch: ["below", ["csn"]],
  octetStringMatch: ["equal", ["octets"]],
  "1.2.840.113556.1.4.803": ["bits", ["flags"]],
};

/** Names of rules, and one that nobody knows. */
export const ruleNames: readonly string[] = [...Object.keys(rules), "wordMatch"];

/** Three-valued truth. */
export type Truth = boolean | undefined;

const not = (value: Truth): Truth => (value === undefined ? undefined : !value);
const all = (truths: readonly Truth[]): Truth =>
  truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;

/** The filter on the entry as it was shown, by RFC 4511 §4.5.1.7 and nothing of the server's own code. */
export function evaluate(filter: Filter, entry: LdapTestEntry, types: Types): Truth {
  switch (filter.type) {
    case "and":
      return all(filter.filters.map((part) => evaluate(part, entry, types)));
    case "or":
      return not(all(filter.filters.map((part) => not(evaluate(part, entry, types)))));
    case "not":
      return not(evaluate(filter.filter, entry, types));
    case "extensibleMatch":
      return evaluateRule(filter, entry, types);
    default: {
      const found = typeIn(entry, filter.attribute, types);
      if (found === undefined || found.kind === "unsearchable") return undefined;
      const values = valuesOf(entry, filter.attribute, found, filter.type !== "present");
      if (filter.type === "present") return values.length > 0;
      if (filter.type === "substrings") {
        const pieces = [filter.initial, ...filter.any, filter.final].map((one) =>
          decode(one ?? new Uint8Array()),
        );
        // Made of a prefix and a number, of which only the beginning can be looked for.
        const isMiddle = filter.initial === undefined || filter.any.length > 0 || filter.final !== undefined;
        if (
          !found.pieces ||
          (found.pieces === "initial" && isMiddle && mayBeNumbered(entry, filter.attribute))
        )
          return undefined;
        return hasPieces(values, pieces, found.kind !== "exact");
      }
      const use =
        filter.type === "greaterOrEqual" ? "atLeast" : filter.type === "lessOrEqual" ? "atMost" : "equal";
      if (use !== "equal" && !found.ordered) return undefined;
      return compare(use, found.kind, values, filter.value);
    }
  }
}

function evaluateRule(
  filter: Extract<Filter, { type: "extensibleMatch" }>,
  entry: LdapTestEntry,
  types: Types,
): Truth {
  const { attribute, matchingRule, dnAttributes } = filter;
  const value = decode(filter.value);
  const [use, kinds, exact] =
    matchingRule === undefined ? (["equal", undefined] as const) : (rules[matchingRule] ?? []);
  if (use === undefined) return undefined;
  const test = (kind: Kind, values: readonly string[]): Truth => {
    // A type's own rule of equality always goes with it.
    const isOwn =
      kind === "category" &&
      matchingRule === "distinguishedNameMatch" &&
      // Without an attribute the value is one of the rule's own syntax.
      (attribute !== undefined || keyOf("dn", value) !== undefined);
    if (kind === "unsearchable" || (kinds?.includes(kind) === false && !isOwn)) return undefined;
    if (use === "pieces")
      return value.includes("*") ? hasPieces(values, value.split("*"), exact !== true) : undefined;
    return compare(use, exact === true ? "exact" : kind, values, filter.value);
  };
  const names = attribute === undefined ? Object.keys(types) : [attribute];
  const truths = names.flatMap((name) => {
    const found = typeIn(entry, name, types);
    if (found === undefined) return [undefined];
    const own = test(found.kind, valuesOf(entry, name, found, attribute !== undefined));
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

/** People and groups, unlike the domain, have identifiers made of numbers. */
function mayBeNumbered(entry: LdapTestEntry, name: string): boolean {
  const classes = entry.attributes["objectClass"] ?? [];
  return classes.includes("person") || (name === "sambaSID" && classes.includes("groupOfNames"));
}

/** Nobody may ask about the age of a person's password; other entries just do not have it. */
function typeIn(entry: LdapTestEntry, name: string, types: Types): Type | undefined {
  const found = types[name];
  const isPerson = entry.attributes["objectClass"]?.includes("person") === true;
  return found?.kind === "unsearchable" && !isPerson ? integer : found;
}

/** Programs may ask for members by the attribute that is not shown. Octets one character each. */
function valuesOf(
  entry: LdapTestEntry,
  name: string,
  { kind }: Type,
  asksForValue: boolean,
): readonly string[] {
  if (kind === "octets")
    return (entry.octets[name] ?? []).map((octets) => Buffer.from(octets).toString("latin1"));
  const values = entry.attributes[name] ?? [];
  if (values.length > 0 || !asksForValue) return values;
  if (name === "member") return entry.attributes["uniqueMember"] ?? [];
  return name === "uniqueMember" ? (entry.attributes["member"] ?? []) : [];
}

type Key = string | number | bigint;
const uses = {
  equal: (one: Key, other: Key) => one === other,
  atLeast: (one: Key, other: Key) => one >= other,
  atMost: (one: Key, other: Key) => one <= other,
  below: (one: Key, other: Key) => one < other,
  bits: (one: Key, other: Key) => (BigInt(one) & BigInt(other)) === other,
};

const categories: Readonly<Record<string, string>> = {
  person: "Person",
  inetorgperson: "Person",
  user: "Person",
  group: "Group",
  groupofnames: "Group",
  organizationalperson: "Person",
  organizationalunit: "Organizational-Unit",
};

function compare(use: keyof typeof uses, kind: Kind, values: readonly string[], asserted: Uint8Array): Truth {
  if (kind === "octets") return values.includes(Buffer.from(asserted).toString("latin1"));
  const text = decode(asserted);
  const category = kind === "category" ? categories[text.toLowerCase()] : undefined;
  if (category !== undefined) return values.some((value) => value.startsWith(`CN=${category},`));
  // One without a value is false of what is no category either.
  if (kind === "category" && values.length === 0) return false;
  const key = keyOf(kind, text);
  return key === undefined ? undefined : values.some((value) => uses[use](keyOf(kind, value) as Key, key));
}

function keyOf(kind: Kind, value: string): Key | undefined {
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
    case "integer":
    case "flags":
      return /^(0|-?[1-9]\d*)$/.test(value) ? BigInt(value) : undefined;
    case "dn":
    case "category":
      try {
        return value.includes("=") ? dnKey(parseDn(value)) : undefined;
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
