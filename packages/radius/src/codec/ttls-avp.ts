import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Codes of AVPs that are spoken inside EAP-TTLS (RFC 5281 §11): those of RADIUS attributes. */
export const AvpCode = {
  userName: 1,
  userPassword: 2,
  eapMessage: 79,
} as const;

/** Codes of Microsoft's AVPs (RFC 2548 §2), vendor 311. */
export const MicrosoftAvpCode = {
  chapChallenge: 11,
  chap2Response: 25,
  chap2Success: 26,
} as const;

/** Microsoft's number in the registry of private enterprises. */
export const microsoftVendor = 311;

/** AVPs of one message; an honest one has three or four. */
export const maxAvps = 64;

const flags = { vendor: 0x80, mandatory: 0x40 } as const;

/** One AVP (RFC 5281 §10.1). */
export interface TtlsAvp {
  /** What it is, in the numbering of its vendor. */
  readonly code: number;
  /** Whose numbering; 0 for that of RADIUS. */
  readonly vendor: number;
  /** M: whoever does not know it must refuse the message. */
  readonly mandatory: boolean;
  /** Its value, without padding. */
  readonly value: Uint8Array;
}

/**
 * Reads the AVPs of one message. Values are views of `octets`. The padding of the last one may be missing.
 * @throws RadiusDecodeError for lengths that cannot be, and for more than 64 of them
 */
export function decodeAvps(octets: Uint8Array): TtlsAvp[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const avps: TtlsAvp[] = [];
  for (let at = 0; at < octets.length; ) {
    if (avps.length === maxAvps)
      throw new RadiusDecodeError("too-many-attributes", `more than ${maxAvps} AVPs`);
    if (octets.length - at < 8) throw new RadiusDecodeError("truncated", "shorter than the header of an AVP");
    const bits = view.getUint8(at + 4);
    const length = view.getUint32(at + 4) & 0xff_ff_ff;
    const header = (bits & flags.vendor) === 0 ? 8 : 12;
    if (length < header || at + length > octets.length)
      throw new RadiusDecodeError("bad-length", `the AVP at octet ${at} has a length that cannot be`);
    avps.push({
      code: view.getUint32(at),
      vendor: header === 8 ? 0 : view.getUint32(at + 8),
      mandatory: (bits & flags.mandatory) !== 0,
      value: octets.subarray(at + header, at + length),
    });
    at += padded(length);
  }
  return avps;
}

/** Writes AVPs, each padded to four octets. */
export function encodeAvps(avps: readonly TtlsAvp[]): Uint8Array {
  const lengths = avps.map(({ vendor, value }) => (vendor === 0 ? 8 : 12) + value.length);
  const octets = new Uint8Array(lengths.reduce((sum, length) => sum + padded(length), 0));
  const view = new DataView(octets.buffer);
  let at = 0;
  for (const [i, { code, vendor, mandatory, value }] of avps.entries()) {
    const length = lengths[i] as number;
    view.setUint32(at, code);
    view.setUint32(at + 4, length);
    view.setUint8(at + 4, (vendor === 0 ? 0 : flags.vendor) | (mandatory ? flags.mandatory : 0));
    if (vendor !== 0) view.setUint32(at + 8, vendor);
    octets.set(value, at + length - value.length);
    at += padded(length);
  }
  return octets;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
