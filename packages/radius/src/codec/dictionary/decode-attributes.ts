import { revealPassword, revealSalted } from "../hidden-value.ts";
import { joinOctets } from "../join-octets.ts";
import type { RawAttribute } from "../packet.ts";
import { isRadiusDecodeError } from "../radius-decode-error.ts";
import type { SharedSecret } from "../shared-secret.ts";
import { decodeVendorSpecific, vendorOf } from "../vendor-attribute.ts";
import {
  type AttributeDefinition,
  type AttributePath,
  formatPath,
  isExtendedType,
  isLongExtendedType,
  vendorSpecificType,
} from "./attribute-definition.ts";
import type { AttributeValue, DecodedAttribute } from "./attribute-value.ts";
import { decodeValue } from "./decode-value.ts";
import type { Dictionary } from "./dictionary.ts";

/** What reveals hidden values. */
export interface AttributeDecodeContext {
  /** Of the request, also for attributes of its answer; 16 octets. */
  readonly requestAuthenticator: Uint8Array;
  /** Of the client. */
  readonly secret: SharedSecret;
}

/** What all that is read here needs. */
interface Reading extends AttributeDecodeContext {
  readonly dictionary: Dictionary;
}

/** A value, and the tag before it. */
interface Content {
  readonly tag?: number | undefined;
  readonly value: AttributeValue;
}

const maxTag = 0x1f;
const moreFragments = 0x80;
/** Of a vendor's number and type within an Extended-Attribute. */
const extendedVendorOctets = 5;

/**
 * Gives the attributes of a packet their names and values, in their order: those of vendors one by one, values that go
 * over several attributes as one, hidden ones revealed (so the result is nothing for a log).
 *
 * Nothing that stands in an attribute is an error, as RFCs discard packets only for what `decodePacket` refuses: one
 * that is not what its definition says is an `invalid` one with its octets (RFC 6929 §2.8), and what has no definition
 * keeps its octets under its path.
 */
export function decodeAttributes(
  attributes: readonly RawAttribute[],
  dictionary: Dictionary,
  context: AttributeDecodeContext,
): readonly DecodedAttribute[] {
  const reading: Reading = { ...context, dictionary };
  const decoded: DecodedAttribute[] = [];
  const seen = new Set<number>();
  for (let at = 0; at < attributes.length; at++) {
    const { type, value } = attributes[at] as RawAttribute;
    if (type === vendorSpecificType) decoded.push(...decodeVendor(value, reading));
    else if (isLongExtendedType(type)) {
      const fragments = fragmentsFrom(attributes, at);
      decoded.push(...decodeLong(type, fragments, reading));
      at += fragments.length - 1;
    } else if (isExtendedType(type)) decoded.push(decodeExtended(type, value, reading));
    else if (dictionary.byPath({ type })?.concat) {
      if (!seen.has(type)) decoded.push(decodeOne({ type }, allOf(attributes, type), reading));
      seen.add(type);
    } else decoded.push(decodeOne({ type }, value, reading));
  }
  return decoded;
}

/** The attributes of a Vendor-Specific; itself where it has not the form of its vendor. */
function decodeVendor(octets: Uint8Array, reading: Reading): DecodedAttribute[] {
  const vendor = vendorOf(octets);
  const format = vendor === undefined ? undefined : reading.dictionary.vendorFormat(vendor);
  const specific = decodeVendorSpecific(octets, format);
  // RFC 2865 §5.26 leaves the form to the vendor: without knowing it nothing can be said to be wrong.
  if (specific === undefined)
    return [
      asOctets({ type: vendorSpecificType }, octets, reading, vendor === undefined || format !== undefined),
    ];
  return specific.attributes.map(({ type, value }) =>
    decodeOne({ vendor: specific.vendor, type }, value, reading),
  );
}

/** RFC 6929 §2.1. */
function decodeExtended(extended: number, octets: Uint8Array, reading: Reading): DecodedAttribute {
  const [type] = octets;
  if (type === undefined) return asOctets({ type: extended }, octets, reading, true);
  return (
    decodeWithin(extended, type, octets.subarray(1), reading) ??
    asOctets({ type: extended }, octets, reading, true)
  );
}

/** RFC 6929 §2.2: fragments make sense only together, and none does where the last is missing. */
function decodeLong(
  extended: number,
  fragments: readonly RawAttribute[],
  reading: Reading,
): DecodedAttribute[] {
  const [type, flags] = (fragments.at(-1) as RawAttribute).value;
  if (type !== undefined && flags !== undefined && (flags & moreFragments) === 0) {
    const whole = joinOctets(fragments.map(({ value }) => value.subarray(2)));
    const one = decodeWithin(extended, type, whole, reading);
    if (one !== undefined) return [one];
  }
  return fragments.map(({ value }) => asOctets({ type: extended }, value, reading, true));
}

/** Fragments of one value from the first on: as long as they say that more follows and more does. */
function fragmentsFrom(attributes: readonly RawAttribute[], from: number): readonly RawAttribute[] {
  const first = attributes[from] as RawAttribute;
  let end = from + 1;
  for (let last = first; ((last.value[1] ?? 0) & moreFragments) !== 0; end++) {
    const next = attributes[end];
    if (next?.type !== first.type || next.value.length < 2 || next.value[0] !== first.value[0]) break;
    last = next;
  }
  return attributes.slice(from, end);
}

/** What is in an Extended-Attribute; `undefined` for a vendor's that is cut short (RFC 6929 §2.4). */
function decodeWithin(
  extended: number,
  type: number,
  octets: Uint8Array,
  reading: Reading,
): DecodedAttribute | undefined {
  if (type !== vendorSpecificType) return decodeOne({ extended, type }, octets, reading);
  const vendor = vendorOf(octets);
  const vendorType = octets[extendedVendorOctets - 1];
  if (vendor === undefined || vendorType === undefined) return undefined;
  return decodeOne({ extended, vendor, type: vendorType }, octets.subarray(extendedVendorOctets), reading);
}

function decodeOne(path: AttributePath, octets: Uint8Array, reading: Reading): DecodedAttribute {
  const definition = reading.dictionary.byPath(path);
  const content = definition && decodeContent(definition, path, octets, reading);
  if (definition === undefined || content === undefined)
    return asOctets(path, octets, reading, definition !== undefined);
  const { tag, value } = content;
  return {
    name: definition.name,
    path,
    definition,
    ...(tag === undefined ? {} : { tag }),
    value,
    invalid: false,
  };
}

function asOctets(
  path: AttributePath,
  value: Uint8Array,
  { dictionary }: Reading,
  invalid: boolean,
): DecodedAttribute {
  const definition = dictionary.byPath(path);
  return { name: definition?.name ?? formatPath(path), path, definition, value, invalid };
}

function decodeContent(
  definition: AttributeDefinition,
  path: AttributePath,
  octets: Uint8Array,
  reading: Reading,
): Content | undefined {
  const { dataType, tagged } = definition;
  if (dataType === "tlv") return asContent(decodeMembers(path, octets, reading));
  const { tag, rest } = tagged ? withoutTag(definition, octets) : { tag: undefined, rest: octets };
  const plain = revealed(definition, rest, reading);
  const value = plain && decodeValue(dataType, plain);
  return asContent(value, tag === 0 ? undefined : tag);
}

function asContent(value: AttributeValue | undefined, tag?: number): Content | undefined {
  return value === undefined ? undefined : { tag, value };
}

/** RFC 2868 §3: an integer and a hidden value always have an octet for a tag, text only one of at most 0x1f. */
function withoutTag(
  { dataType, encryption }: AttributeDefinition,
  octets: Uint8Array,
): { readonly tag: number | undefined; readonly rest: Uint8Array } {
  const [first = 0] = octets;
  const tag = first <= maxTag ? first : undefined;
  if (encryption !== undefined) return { tag, rest: octets.subarray(1) };
  if (dataType !== "integer") return { tag, rest: tag === undefined ? octets : octets.subarray(1) };
  // Not slice(), which is a view of the packet where that came in a Buffer.
  const number = Uint8Array.from(octets);
  if (number.length > 0) number[0] = 0;
  return { tag, rest: number };
}

function revealed(
  { encryption }: AttributeDefinition,
  octets: Uint8Array,
  { requestAuthenticator, secret }: Reading,
): Uint8Array | undefined {
  if (encryption === undefined) return octets;
  const reveal = encryption === "user-password" ? revealPassword : revealSalted;
  try {
    return reveal(octets, requestAuthenticator, secret);
  } catch (error) {
    if (isRadiusDecodeError(error)) return undefined;
    throw error;
  }
}

/** RFC 6929 §2.3: where one of the TLVs has a length that cannot be, none of them is believed. */
function decodeMembers(
  path: AttributePath,
  octets: Uint8Array,
  reading: Reading,
): DecodedAttribute[] | undefined {
  const members: DecodedAttribute[] = [];
  for (let at = 0; at < octets.length; ) {
    const type = octets[at] as number;
    const length = octets[at + 1];
    if (length === undefined || length < 2 || at + length > octets.length) return undefined;
    const inner = { ...path, nested: [...(path.nested ?? []), type] };
    members.push(decodeOne(inner, octets.subarray(at + 2, at + length), reading));
    at += length;
  }
  return members;
}

function allOf(attributes: readonly RawAttribute[], type: number): Uint8Array {
  return joinOctets(attributes.filter((one) => one.type === type).map(({ value }) => value));
}
