import { isAttributeDescription, isOid } from "./attribute-description.ts";
import type { ExtensibleMatchFilter, Filter, SubstringsFilter } from "./filter.ts";
import { escapeFilterValue, readFilterValue } from "./filter-value.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { type DecodeLimits, type ResolvedDecodeLimits, resolveDecodeLimits } from "./limits.ts";

/** Characters of filter text that are read, a bound on work before anything is parsed. */
const maxTextLength = 1_048_576;
const structural = /[()=<>~:*\\]/g;

/** Where the parser is. */
interface Cursor {
  readonly text: string;
  readonly limits: ResolvedDecodeLimits;
  at: number;
  nodesLeft: number;
}

/**
 * Parses a filter in text (RFC 4515). Spaces between whole filters are passed over, as most implementations
 * do; several asterisks in a row count as one.
 *
 * @param limits `maxDepth` and `maxFilterNodes` hold as for filters on the wire.
 * @throws LdapDecodeError `invalid-filter` with the offset of the fault, `too-deep`, `too-many`, or `too-large`
 *   over 1 Mi characters.
 */
export function parseFilter(text: string, limits?: DecodeLimits): Filter {
  if (text.length > maxTextLength) throw new LdapDecodeError("too-large", "filter text over the limit");
  const resolved = resolveDecodeLimits(limits);
  const cursor: Cursor = { text, limits: resolved, at: 0, nodesLeft: resolved.maxFilterNodes };
  skipSpaces(cursor);
  const filter = readFilter(cursor, resolved.maxDepth);
  skipSpaces(cursor);
  if (cursor.at !== text.length) throw fault(cursor, "characters behind the filter");
  return filter;
}

function fault(cursor: Cursor, message: string, offset: number = cursor.at): LdapDecodeError {
  return new LdapDecodeError("invalid-filter", message, { offset });
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text[cursor.at] === " ") cursor.at += 1;
}

function spend(cursor: Cursor): void {
  if (cursor.nodesLeft === 0) {
    throw new LdapDecodeError("too-many", "filter of too many elements", { offset: cursor.at });
  }
  cursor.nodesLeft -= 1;
}

function expect(cursor: Cursor, character: string): void {
  if (cursor.text[cursor.at] !== character) throw fault(cursor, `"${character}" expected`);
  cursor.at += 1;
}

function readFilter(cursor: Cursor, depth: number): Filter {
  if (depth === 0) throw new LdapDecodeError("too-deep", "filter nested too deep", { offset: cursor.at });
  spend(cursor);
  expect(cursor, "(");
  const filter = readContent(cursor, depth);
  expect(cursor, ")");
  return filter;
}

function readContent(cursor: Cursor, depth: number): Filter {
  skipSpaces(cursor);
  switch (cursor.text[cursor.at]) {
    case "&":
      return { type: "and", filters: readMembers(cursor, depth) };
    case "|":
      return { type: "or", filters: readMembers(cursor, depth) };
    case "!": {
      cursor.at += 1;
      skipSpaces(cursor);
      const filter = readFilter(cursor, depth - 1);
      skipSpaces(cursor);
      return { type: "not", filter };
    }
    default:
      return readItem(cursor);
  }
}

function readMembers(cursor: Cursor, depth: number): Filter[] {
  cursor.at += 1;
  const filters: Filter[] = [];
  for (skipSpaces(cursor); cursor.text[cursor.at] === "("; skipSpaces(cursor)) {
    filters.push(readFilter(cursor, depth - 1));
  }
  return filters;
}

function readItem(cursor: Cursor): Filter {
  const start = cursor.at;
  structural.lastIndex = start;
  const stop = structural.exec(cursor.text)?.index ?? cursor.text.length;
  const sign = cursor.text[stop];
  if (sign === ":") return readExtensible(cursor, start, stop);
  const attribute = cursor.text.slice(start, stop);
  if (!isAttributeDescription(attribute)) throw fault(cursor, "attribute description expected");
  cursor.at = stop;
  if (sign !== "=") cursor.at += 1;
  expect(cursor, "=");
  switch (sign) {
    case "=":
      return readEqualityOrSubstrings(cursor, attribute);
    case ">":
      return { type: "greaterOrEqual", attribute, value: readValue(cursor) };
    case "<":
      return { type: "lessOrEqual", attribute, value: readValue(cursor) };
    case "~":
      return { type: "approxMatch", attribute, value: readValue(cursor) };
    default:
      throw fault(cursor, "match operator expected", stop);
  }
}

/** The characters up to the closing parenthesis, which an assertion value holds only escaped. */
function rawValue(cursor: Cursor): string {
  const end = cursor.text.indexOf(")", cursor.at);
  if (end < 0) throw fault(cursor, "filter not closed");
  const raw = cursor.text.slice(cursor.at, end);
  cursor.at = end;
  return raw;
}

function readValue(cursor: Cursor): Uint8Array {
  const start = cursor.at;
  const raw = rawValue(cursor);
  if (raw.includes("*")) throw fault(cursor, "unescaped asterisk", start);
  return readFilterValue(raw, start);
}

function readEqualityOrSubstrings(cursor: Cursor, attribute: string): Filter {
  const start = cursor.at;
  const raw = rawValue(cursor);
  if (!raw.includes("*")) return { type: "equalityMatch", attribute, value: readFilterValue(raw, start) };
  const pieces: Uint8Array[] = [];
  let offset = start;
  for (const piece of raw.split("*")) {
    if (piece !== "") spend(cursor);
    pieces.push(readFilterValue(piece, offset));
    offset += piece.length + 1;
  }
  const initial = pieces[0] as Uint8Array;
  const final = pieces[pieces.length - 1] as Uint8Array;
  const any = pieces.slice(1, -1).filter((piece) => piece.length > 0);
  if (initial.length === 0 && final.length === 0 && any.length === 0) return { type: "present", attribute };
  return {
    type: "substrings",
    attribute,
    ...(initial.length > 0 && { initial }),
    any,
    ...(final.length > 0 && { final }),
  };
}

function readExtensible(cursor: Cursor, start: number, colon: number): ExtensibleMatchFilter {
  const assignment = cursor.text.indexOf(":=", colon);
  if (assignment < 0) throw fault(cursor, `":=" expected`, colon);
  const attribute = cursor.text.slice(start, colon);
  if (attribute !== "" && !isAttributeDescription(attribute)) {
    throw fault(cursor, "attribute description expected");
  }
  const parts = assignment === colon ? [] : cursor.text.slice(colon + 1, assignment).split(":");
  const dnAttributes = parts[0]?.toLowerCase() === "dn";
  if (dnAttributes) parts.shift();
  const matchingRule = parts.shift();
  if (parts.length > 0 || (matchingRule !== undefined && !isOid(matchingRule))) {
    throw fault(cursor, "matching rule expected", colon + 1);
  }
  if (attribute === "" && matchingRule === undefined) {
    throw fault(cursor, "attribute or matching rule expected");
  }
  cursor.at = assignment + 2;
  const value = readValue(cursor);
  return {
    type: "extensibleMatch",
    ...(matchingRule !== undefined && { matchingRule }),
    ...(attribute !== "" && { attribute }),
    value,
    dnAttributes,
  };
}

/**
 * Writes a filter as text (RFC 4515), which `parseFilter` reads back. Attribute descriptions and matching rules
 * that are none, as they may come over the wire, are escaped like values: the text then cannot be parsed, but
 * says the same to a reader and holds no parenthesis that is not of the filter's structure.
 */
export function formatFilter(filter: Filter): string {
  switch (filter.type) {
    case "and":
      return `(&${filter.filters.map(formatFilter).join("")})`;
    case "or":
      return `(|${filter.filters.map(formatFilter).join("")})`;
    case "not":
      return `(!${formatFilter(filter.filter)})`;
    case "equalityMatch":
      return `(${formatName(filter.attribute)}=${escapeFilterValue(filter.value)})`;
    case "greaterOrEqual":
      return `(${formatName(filter.attribute)}>=${escapeFilterValue(filter.value)})`;
    case "lessOrEqual":
      return `(${formatName(filter.attribute)}<=${escapeFilterValue(filter.value)})`;
    case "approxMatch":
      return `(${formatName(filter.attribute)}~=${escapeFilterValue(filter.value)})`;
    case "present":
      return `(${formatName(filter.attribute)}=*)`;
    case "substrings":
      return `(${formatName(filter.attribute)}=${formatPieces(filter)})`;
    case "extensibleMatch":
      return formatExtensible(filter);
  }
}

function formatName(name: string): string {
  return isAttributeDescription(name) ? name : escapeFilterValue(name);
}

function formatPieces(filter: SubstringsFilter): string {
  const pieces = filter.any.map((piece) => `${escapeFilterValue(piece)}*`).join("");
  const initial = filter.initial === undefined ? "" : escapeFilterValue(filter.initial);
  const final = filter.final === undefined ? "" : escapeFilterValue(filter.final);
  return `${initial}*${pieces}${final}`;
}

function formatExtensible(filter: ExtensibleMatchFilter): string {
  const attribute = filter.attribute === undefined ? "" : formatName(filter.attribute);
  const dn = filter.dnAttributes ? ":dn" : "";
  const rule = filter.matchingRule === undefined ? "" : `:${formatName(filter.matchingRule)}`;
  return `(${attribute}${dn}${rule}:=${escapeFilterValue(filter.value)})`;
}
