import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Codes of EAP packets (RFC 3748 §4). */
export const EapCode = { request: 1, response: 2, success: 3, failure: 4 } as const;

/** Types of EAP requests and responses that are spoken here (RFC 3748 §5, and the registry of EAP method types). */
export const EapType = {
  identity: 1,
  notification: 2,
  nak: 3,
  genericTokenCard: 6,
  tls: 13,
  ttls: 21,
  peap: 25,
  mschapV2: 26,
  tlv: 33,
} as const;

/** Octets before the data of a request or response: code, identifier, length, type. */
export const eapHeaderOctets = 5;
/** The longest packet its length field can tell. */
const maxEapOctets = 65_535;
/** The longest identity, which is also the longest User-Name (RFC 7542 §2.2, RFC 2865 §5.1). */
export const maxIdentityOctets = 253;

/** A request or response (RFC 3748 §4.1). */
export interface EapMessage {
  /** 1 for a request, 2 for a response. */
  readonly code: 1 | 2;
  /** Pairs a response with its request. */
  readonly identifier: number;
  /** Its type, one of `EapType` or a number that is none. */
  readonly type: number;
  /** What follows the type. */
  readonly data: Uint8Array;
}

/** A success or failure (RFC 3748 §4.2). */
export interface EapResult {
  /** 3 for a success, 4 for a failure. */
  readonly code: 3 | 4;
  /** That of the response it answers. */
  readonly identifier: number;
}

/**
 * Reads one EAP packet. Its data is a view of `octets`.
 *
 * @throws RadiusDecodeError `truncated` or `bad-length` unless its length is exactly that of `octets`, `bad-value` for a
 *   code that is none
 */
export function decodeEapPacket(octets: Uint8Array): EapMessage | EapResult {
  if (octets.length < 4) throw new RadiusDecodeError("truncated", "shorter than the header of an EAP packet");
  const [code, identifier, high, low] = octets as unknown as [number, number, number, number];
  if (((high << 8) | low) !== octets.length)
    throw new RadiusDecodeError("bad-length", "the length of an EAP packet is not that of its octets");
  if (code === EapCode.success || code === EapCode.failure) {
    if (octets.length !== 4) throw new RadiusDecodeError("bad-length", "an EAP result carries data");
    return { code, identifier };
  }
  if (code !== EapCode.request && code !== EapCode.response)
    throw new RadiusDecodeError("bad-value", "the code is that of no EAP packet");
  if (octets.length < eapHeaderOctets)
    throw new RadiusDecodeError("truncated", "an EAP message without a type");
  return { code, identifier, type: octets[4] as number, data: octets.subarray(eapHeaderOctets) };
}

/**
 * Reads an EAP response.
 * @throws RadiusDecodeError as {@link decodeEapPacket}, and `bad-value` for a packet of another code
 */
export function decodeEapResponse(octets: Uint8Array): EapMessage {
  const packet = decodeEapPacket(octets);
  if (packet.code !== EapCode.response) throw new RadiusDecodeError("bad-value", "no EAP response");
  return packet;
}

/**
 * Writes a request or response.
 * @throws RangeError for more data than a packet can hold
 */
export function encodeEapMessage({ code, identifier, type, data }: EapMessage): Uint8Array {
  const length = eapHeaderOctets + data.length;
  if (length > maxEapOctets) throw new RangeError("an EAP packet has at most 65535 octets");
  const octets = new Uint8Array(length);
  octets.set([code, identifier, length >> 8, length & 255, type]);
  octets.set(data, eapHeaderOctets);
  return octets;
}

/** Writes a success or failure. */
export function encodeEapResult({ code, identifier }: EapResult): Uint8Array {
  return Uint8Array.of(code, identifier, 0, 4);
}

/**
 * Reads the data of an identity response (RFC 3748 §5.1) as text.
 *
 * @returns `undefined` for what can be nobody's: nothing, more than 253 octets, a NUL in it, or no UTF-8
 */
export function decodeIdentity(data: Uint8Array): string | undefined {
  if (data.length === 0 || data.length > maxIdentityOctets || data.includes(0)) return undefined;
  return decodeText(data);
}

/** Octets as text; `undefined` unless they are UTF-8. */
export function decodeText(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
