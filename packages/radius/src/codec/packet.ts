import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Octets of a packet's header: code, identifier, length, authenticator. */
export const headerOctets = 20;
/** The longest packet (RFC 2865 §3). */
export const maxPacketOctets = 4096;
/** The longest value of one attribute. */
export const maxValueOctets = 253;
/** Attributes of one packet; more are nobody's honest request. */
export const maxAttributes = 200;

/** One attribute as it stands in a packet. */
export interface RawAttribute {
  /** Its type, 1 to 255. */
  readonly type: number;
  /** Its value, at most 253 octets. */
  readonly value: Uint8Array;
}

/** A packet as it came. */
export interface RadiusPacket {
  /** What it is: one of `PacketCode`, or a number that is none. */
  readonly code: number;
  /** Tells requests of one sender apart, and answers to them. */
  readonly identifier: number;
  /** 16 octets. */
  readonly authenticator: Uint8Array;
  /** Its attributes in the order in which they came. */
  readonly attributes: readonly RawAttribute[];
  /** The octets it was read from, without those beyond its length. */
  readonly octets: Uint8Array;
}

/**
 * Reads one packet (RFC 2865 §3). Octets beyond its length are padding and left out. Values are views of `octets`.
 *
 * @throws RadiusDecodeError for what RFC 2865 has silently discarded, and for more than 200 attributes
 */
export function decodePacket(octets: Uint8Array): RadiusPacket {
  if (octets.length < headerOctets) throw new RadiusDecodeError("truncated", "shorter than a header");
  const length = ((octets[2] as number) << 8) | (octets[3] as number);
  if (length < headerOctets) throw new RadiusDecodeError("bad-length", "the length is that of no packet");
  if (length > maxPacketOctets) throw new RadiusDecodeError("oversized", "longer than 4096 octets");
  if (length > octets.length) throw new RadiusDecodeError("truncated", "shorter than its length says");
  const whole = octets.length === length ? octets : octets.subarray(0, length);
  return {
    code: whole[0] as number,
    identifier: whole[1] as number,
    authenticator: whole.subarray(4, headerOctets),
    attributes: decodeAttributes(whole, headerOctets),
    octets: whole,
  };
}

function decodeAttributes(octets: Uint8Array, from: number): RawAttribute[] {
  const attributes: RawAttribute[] = [];
  for (let at = from; at < octets.length; ) {
    const length = octets[at + 1];
    if (length === undefined || length < 2 || at + length > octets.length)
      throw new RadiusDecodeError("bad-length", `the attribute at octet ${at} has a length that cannot be`);
    if (attributes.length === maxAttributes)
      throw new RadiusDecodeError("too-many-attributes", `more than ${maxAttributes} attributes`);
    attributes.push({ type: octets[at] as number, value: octets.subarray(at + 2, at + length) });
    at += length;
  }
  return attributes;
}

/**
 * Writes a packet, with room for an authenticator that whoever signs it puts in.
 *
 * @param authenticator - 16 octets. Default: zeros
 * @throws RangeError for a value of more than 253 octets or a packet of more than 4,096
 */
export function encodePacket(
  code: number,
  identifier: number,
  attributes: readonly RawAttribute[],
  authenticator?: Uint8Array,
): Uint8Array {
  let length = headerOctets;
  for (const { type, value } of attributes) {
    if (value.length > maxValueOctets) throw new RangeError(`the value of attribute ${type} is too long`);
    length += 2 + value.length;
  }
  if (length > maxPacketOctets) throw new RangeError("the packet is longer than 4096 octets");
  const octets = new Uint8Array(length);
  octets[0] = code;
  octets[1] = identifier;
  octets[2] = length >> 8;
  octets[3] = length & 255;
  if (authenticator !== undefined) octets.set(authenticator, 4);
  let at = headerOctets;
  for (const { type, value } of attributes) {
    octets[at] = type;
    octets[at + 1] = 2 + value.length;
    octets.set(value, at + 2);
    at += 2 + value.length;
  }
  return octets;
}
