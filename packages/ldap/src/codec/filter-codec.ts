import type { BerReader } from "./ber-reader.ts";
import type { BerWriter } from "./ber-writer.ts";
import { optionalString } from "./decode-components.ts";
import type { ComparisonFilter, ExtensibleMatchFilter, Filter, SubstringsFilter } from "./filter.ts";
import type { ResolvedDecodeLimits } from "./limits.ts";
import { BerTag } from "./tag.ts";

const FilterTag = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equalityMatch: 0xa3,
  substrings: 0xa4,
  greaterOrEqual: 0xa5,
  lessOrEqual: 0xa6,
  present: 0x87,
  approxMatch: 0xa8,
  extensibleMatch: 0xa9,
} as const;

const SubstringTag = { initial: 0x80, any: 0x81, final: 0x82 } as const;
const MatchingRuleTag = { matchingRule: 0x81, type: 0x82, matchValue: 0x83, dnAttributes: 0x84 } as const;

/** Nesting beyond which encoding is refused, so that it cannot exhaust the stack either. */
const maxEncodeDepth = 1000;

/** What is left of `maxFilterNodes` while one filter is read. */
interface NodeBudget {
  left: number;
}

/**
 * Reads a filter (RFC 4511 §4.5.1).
 *
 * @throws LdapDecodeError `too-deep` or `too-many` by `limits`, or another code when it is malformed.
 */
export function decodeFilter(reader: BerReader, limits: ResolvedDecodeLimits): Filter {
  return readFilter(reader, limits.maxDepth, { left: limits.maxFilterNodes });
}

function readFilter(reader: BerReader, depth: number, budget: NodeBudget): Filter {
  if (depth === 0) throw reader.error("too-deep", "filter nested too deep");
  spend(reader, budget);
  const tag = reader.peekTag();
  switch (tag) {
    case FilterTag.and:
      return { type: "and", filters: readFilterSet(reader, tag, depth, budget) };
    case FilterTag.or:
      return { type: "or", filters: readFilterSet(reader, tag, depth, budget) };
    case FilterTag.not: {
      const outer = reader.open(tag);
      const filter = readFilter(reader, depth - 1, budget);
      reader.close(outer);
      return { type: "not", filter };
    }
    case FilterTag.equalityMatch:
      return readComparison(reader, tag, "equalityMatch");
    case FilterTag.substrings:
      return readSubstrings(reader, budget);
    case FilterTag.greaterOrEqual:
      return readComparison(reader, tag, "greaterOrEqual");
    case FilterTag.lessOrEqual:
      return readComparison(reader, tag, "lessOrEqual");
    case FilterTag.present:
      return { type: "present", attribute: reader.string(tag) };
    case FilterTag.approxMatch:
      return readComparison(reader, tag, "approxMatch");
    case FilterTag.extensibleMatch:
      return readExtensibleMatch(reader);
    case -1:
      throw reader.error("truncated", "filter missing");
    default:
      throw reader.error("unexpected-tag", "unknown filter choice");
  }
}

function spend(reader: BerReader, budget: NodeBudget): void {
  if (budget.left === 0) throw reader.error("too-many", "filter of too many elements");
  budget.left -= 1;
}

function readFilterSet(reader: BerReader, tag: number, depth: number, budget: NodeBudget): Filter[] {
  const outer = reader.open(tag);
  const filters: Filter[] = [];
  while (reader.hasMore) filters.push(readFilter(reader, depth - 1, budget));
  reader.close(outer);
  return filters;
}

function readComparison(reader: BerReader, tag: number, type: ComparisonFilter["type"]): ComparisonFilter {
  const outer = reader.open(tag);
  const attribute = reader.string();
  const value = reader.octets();
  reader.closeSequence(outer, -1);
  return { type, attribute, value };
}

function readSubstrings(reader: BerReader, budget: NodeBudget): SubstringsFilter {
  const outer = reader.open(FilterTag.substrings);
  const attribute = reader.string();
  const list = reader.open(BerTag.sequence);
  let initial: Uint8Array | undefined;
  let final: Uint8Array | undefined;
  const any: Uint8Array[] = [];
  do {
    spend(reader, budget);
    const tag = reader.peekTag();
    const misplaced =
      final !== undefined || (tag === SubstringTag.initial && (initial !== undefined || any.length > 0));
    if (misplaced) throw reader.error("invalid-value", "substrings out of order");
    const piece = readPiece(reader, tag);
    if (tag === SubstringTag.initial) initial = piece;
    else if (tag === SubstringTag.any) any.push(piece);
    else final = piece;
  } while (reader.hasMore);
  reader.close(list);
  reader.closeSequence(outer, -1);
  return {
    type: "substrings",
    attribute,
    ...(initial !== undefined && { initial }),
    any,
    ...(final !== undefined && { final }),
  };
}

function readPiece(reader: BerReader, tag: number): Uint8Array {
  if (tag === -1) throw reader.error("invalid-value", "no substrings");
  if (tag !== SubstringTag.initial && tag !== SubstringTag.any && tag !== SubstringTag.final) {
    throw reader.error("unexpected-tag", "unknown substring choice");
  }
  const piece = reader.octets(tag);
  // An empty piece matches anything, and RFC 4517 §3.3.30 has no way to write one.
  if (piece.length === 0) throw reader.error("invalid-value", "empty substring");
  return piece;
}

function readExtensibleMatch(reader: BerReader): ExtensibleMatchFilter {
  const outer = reader.open(FilterTag.extensibleMatch);
  const matchingRule = optionalString(reader, MatchingRuleTag.matchingRule);
  const attribute = optionalString(reader, MatchingRuleTag.type);
  if (matchingRule === undefined && attribute === undefined) {
    throw reader.error("invalid-value", "extensible match without rule or attribute");
  }
  const value = reader.octets(MatchingRuleTag.matchValue);
  const dnAttributes =
    reader.peekTag() === MatchingRuleTag.dnAttributes && reader.boolean(MatchingRuleTag.dnAttributes);
  reader.closeSequence(outer, 4);
  return {
    type: "extensibleMatch",
    ...(matchingRule !== undefined && { matchingRule }),
    ...(attribute !== undefined && { attribute }),
    value,
    dnAttributes,
  };
}

/**
 * Writes a filter (RFC 4511 §4.5.1).
 *
 * @throws RangeError when the filter is nested over 1000 deep, a substrings filter has no piece, or an
 *   extensible match neither rule nor attribute: such a filter has no encoding.
 */
export function encodeFilter(writer: BerWriter, filter: Filter, depth: number = 1): void {
  if (depth > maxEncodeDepth) throw new RangeError("filter nested over 1000 deep");
  if (filter.type === "present") {
    writer.string(filter.attribute, FilterTag.present);
    return;
  }
  const mark = writer.begin(FilterTag[filter.type]);
  switch (filter.type) {
    case "and":
    case "or":
      for (const member of filter.filters) encodeFilter(writer, member, depth + 1);
      break;
    case "not":
      encodeFilter(writer, filter.filter, depth + 1);
      break;
    case "substrings":
      writeSubstrings(writer, filter);
      break;
    case "extensibleMatch":
      writeExtensibleMatch(writer, filter);
      break;
    default:
      writer.string(filter.attribute);
      writer.octets(filter.value);
  }
  writer.end(mark);
}

function writeSubstrings(writer: BerWriter, filter: SubstringsFilter): void {
  writer.string(filter.attribute);
  const list = writer.begin(BerTag.sequence);
  if (filter.initial !== undefined) writer.octets(filter.initial, SubstringTag.initial);
  for (const piece of filter.any) writer.octets(piece, SubstringTag.any);
  if (filter.final !== undefined) writer.octets(filter.final, SubstringTag.final);
  if (writer.length === list) throw new RangeError("substrings filter without a piece");
  writer.end(list);
}

function writeExtensibleMatch(writer: BerWriter, filter: ExtensibleMatchFilter): void {
  if (filter.matchingRule === undefined && filter.attribute === undefined) {
    throw new RangeError("extensible match without rule or attribute");
  }
  if (filter.matchingRule !== undefined) writer.string(filter.matchingRule, MatchingRuleTag.matchingRule);
  if (filter.attribute !== undefined) writer.string(filter.attribute, MatchingRuleTag.type);
  writer.octets(filter.value, MatchingRuleTag.matchValue);
  if (filter.dnAttributes) writer.boolean(true, MatchingRuleTag.dnAttributes);
}
