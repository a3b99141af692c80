import { hidePassword, hideSalted } from "../hidden-value.ts";
import { joinOctets } from "../join-octets.ts";
import { maxValueOctets, type RawAttribute } from "../packet.ts";
import type { SharedSecret } from "../shared-secret.ts";
import { encodeVendorAttribute } from "../vendor-attribute.ts";
import { type AttributeDefinition, isLongExtendedType, vendorSpecificType } from "./attribute-definition.ts";
import type { AttributeInput, MemberInput } from "./attribute-value.ts";
import { encodeValue } from "./encode-value.ts";
import { nextSalt } from "./salt.ts";

/** What an attribute is written for. */
export interface AttributeEncodeContext {
  /** Of the request, also for an attribute of its answer; 16 octets. */
  readonly requestAuthenticator: Uint8Array;
  /** Hides values. */
  readonly secret: SharedSecret;
  /** Which tunnel a tagged attribute is about, 1 to 31; 0 for no one in particular (RFC 2868 §3). Default 0. */
  readonly tag?: number | undefined;
  /** Gives each hidden value a salt that no other of the packet has. Default: numbers in a row. */
  readonly nextSalt?: (() => Uint8Array) | undefined;
}

/** Tags go up to here; an octet above is the first of a text (RFC 2868 §3.3). */
const maxTag = 0x1f;
/** Of a TLV: type and length. */
const tlvHeaderOctets = 2;
const moreFragments = 0x80;
/** What follows type, length, extended type and flags. */
const maxFragmentOctets = maxValueOctets - 2;
/** The longest value that fits into a packet of 4,096 octets. */
const maxLongOctets = 4_000;

/**
 * Writes one value of an attribute. Mostly that is one attribute; several where the value goes on (EAP-Message, long
 * Extended-Attributes), and none for text or octets without a single octet, which RFC 2865 §5 has left out.
 *
 * An attribute within a `tlv` is written with a `tlv` around it that has no other.
 *
 * @throws TypeError or RangeError that names the attribute and not the value, for a value that it cannot have, a tag
 * that it cannot have, and more octets than there is room for
 */
export function encodeAttribute(
  definition: AttributeDefinition,
  value: AttributeInput,
  context: AttributeEncodeContext,
): readonly RawAttribute[] {
  const octets = encodeContent(definition, value, context);
  if (octets.length === 0 && definition.concat !== true) return [];
  const { type, extended, vendor, nested = [] } = definition.path;
  const whole = nested.reduceRight((inner, one) => encodeTlv(definition, one, inner), octets);
  if (extended !== undefined) return encodeExtended(definition, extended, whole);
  if (vendor !== undefined)
    return [inRoom(definition, () => encodeVendorAttribute(vendor, type, whole, definition.vendorFormat))];
  if (definition.concat) return split(whole, maxValueOctets).map((part) => ({ type, value: part }));
  if (whole.length > maxValueOctets) throw tooLong(definition);
  return [{ type, value: whole }];
}

/** The value as it stands behind the headers: with its tag, hidden if need be. */
function encodeContent(
  definition: AttributeDefinition,
  value: AttributeInput,
  { requestAuthenticator, secret, tag = 0, nextSalt: salt = nextSalt }: AttributeEncodeContext,
): Uint8Array {
  const { name, tagged, encryption, dataType } = definition;
  if (!Number.isSafeInteger(tag) || tag < 0 || tag > maxTag)
    throw new RangeError(`${name}: a tag is 0 to ${maxTag}`);
  if (tag !== 0 && tagged !== true) throw new RangeError(`${name}: has no tag`);
  if (dataType === "tlv")
    return encodeMembers(definition, value, { requestAuthenticator, secret, nextSalt: salt });
  const octets = encodeValue(definition, value);
  if (encryption === "user-password")
    return inRoom(definition, () => hidePassword(octets, requestAuthenticator, secret));
  if (encryption === "tunnel-password") {
    const hidden = inRoom(definition, () => hideSalted(octets, salt(), requestAuthenticator, secret));
    return tagged ? Uint8Array.of(tag, ...hidden) : hidden;
  }
  return tagged ? withTag(definition, octets, tag) : octets;
}

/** Integers give their first octet to a tag; text has one before it only where it must, as RFC 3580 §3.31 wants it. */
function withTag({ name, dataType }: AttributeDefinition, octets: Uint8Array, tag: number): Uint8Array {
  if (dataType === "integer") {
    if (octets[0] !== 0) throw new RangeError(`${name}: must be a whole number from 0 to ${0xff_ffff}`);
    return Uint8Array.of(tag, ...octets.subarray(1));
  }
  const [first] = octets;
  if (first === undefined || (tag === 0 && first > maxTag)) return octets;
  return Uint8Array.of(tag, ...octets);
}

function encodeMembers(
  definition: AttributeDefinition,
  value: AttributeInput,
  context: AttributeEncodeContext,
): Uint8Array {
  const { name, members = [] } = definition;
  const parts = inputsOf(definition, value).map((input) => {
    const member = members.find((one) => one.name.toLowerCase() === input.name.toLowerCase());
    if (member === undefined) throw new RangeError(`${name}: has no member of that name`);
    const octets = encodeContent(member, input.value, context);
    const type = member.path.nested?.at(-1) as number;
    return octets.length === 0 ? octets : encodeTlv(member, type, octets);
  });
  return joinOctets(parts);
}

function inputsOf({ name }: AttributeDefinition, value: AttributeInput): readonly MemberInput[] {
  // Hosts give what they read from JSON, whatever its type says.
  const isObject = (one: unknown): one is { readonly name?: unknown } =>
    typeof one === "object" && one !== null;
  if (Array.isArray(value) && value.every((one) => isObject(one) && typeof one.name === "string"))
    return value;
  if (Array.isArray(value) || !isObject(value) || value instanceof Uint8Array || value instanceof Date)
    throw new TypeError(`${name}: must be a list of attributes`);
  return Object.entries(value as Readonly<Record<string, AttributeInput>>).map(([one, inner]) => ({
    name: one,
    value: inner,
  }));
}

function encodeTlv(definition: AttributeDefinition, type: number, octets: Uint8Array): Uint8Array {
  if (tlvHeaderOctets + octets.length > 255) throw tooLong(definition);
  return Uint8Array.of(type, tlvHeaderOctets + octets.length, ...octets);
}

/** RFC 6929 §2.1 and §2.2; what a vendor defines there has no length of its own (§2.4). */
function encodeExtended(
  definition: AttributeDefinition,
  extended: number,
  octets: Uint8Array,
): RawAttribute[] {
  const { type, vendor } = definition.path;
  const inner = vendor === undefined ? type : vendorSpecificType;
  const whole =
    vendor === undefined
      ? octets
      : Uint8Array.of(0, vendor >> 16, (vendor >> 8) & 255, vendor & 255, type, ...octets);
  if (!isLongExtendedType(extended)) {
    if (whole.length > maxValueOctets - 1) throw tooLong(definition);
    return [{ type: extended, value: Uint8Array.of(inner, ...whole) }];
  }
  if (whole.length > maxLongOctets) throw tooLong(definition);
  const parts = split(whole, maxFragmentOctets);
  return parts.map((part, i) => ({
    type: extended,
    value: Uint8Array.of(inner, i < parts.length - 1 ? moreFragments : 0, ...part),
  }));
}

/** Parts of at most so many octets; one of none for no octets. */
function split(octets: Uint8Array, most: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += most) parts.push(octets.subarray(at, at + most));
  return parts;
}

/** Names the attribute in an error of those who only know its octets. */
function inRoom<Result>({ name }: AttributeDefinition, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`${name}: ${error.message}`) : error;
  }
}

function tooLong({ name }: AttributeDefinition): RangeError {
  return new RangeError(`${name}: has more octets than there is room for`);
}
