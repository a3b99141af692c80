import { octetsOf } from "./octets.fixture.ts";
import type { RadiusDecodeErrorCode } from "./radius-decode-error.ts";

/** Octets that are no packet. Test code: not in the package. */
export interface HostilePacket {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly code: RadiusDecodeErrorCode;
}

const authenticator = "00112233445566778899aabbccddeeff";

/** A packet of which the length can be a lie. */
function packet(attributes: string, length: number = 20 + octetsOf(attributes).length): Uint8Array {
  return octetsOf(`01 07 ${length.toString(16).padStart(4, "0")} ${authenticator} ${attributes}`);
}

/** Every way of being wrong that RFC 2865 §3 and §5 have a packet discarded for, and the bound of our own. */
export const hostilePackets: readonly HostilePacket[] = [
  { name: "no octet at all", octets: octetsOf(""), code: "truncated" },
  { name: "one octet", octets: octetsOf("01"), code: "truncated" },
  { name: "a header less one octet", octets: packet("").subarray(0, 19), code: "truncated" },
  { name: "a length of zero", octets: packet("", 0), code: "bad-length" },
  { name: "a length below that of a header", octets: packet("", 19), code: "bad-length" },
  { name: "a length beyond what came", octets: packet("", 21), code: "truncated" },
  {
    name: "a length of 4,097",
    octets: octetsOf(`0107 1001 ${authenticator} ${"1903ff".repeat(1359)}`),
    code: "oversized",
  },
  { name: "the longest length there is", octets: packet("", 0xffff), code: "oversized" },
  { name: "an attribute of a type alone", octets: packet("01"), code: "bad-length" },
  { name: "an attribute of length zero", octets: packet("01 00"), code: "bad-length" },
  { name: "an attribute of length one", octets: packet("01 01 61"), code: "bad-length" },
  { name: "an attribute that reaches beyond the packet", octets: packet("01 04 61"), code: "bad-length" },
  {
    name: "an attribute that reaches into the octets behind the packet",
    octets: packet("01 06 61 62 63 64", 24),
    code: "bad-length",
  },
  {
    name: "a sound attribute before one that is not",
    octets: packet("01 03 61 02 ff 00"),
    code: "bad-length",
  },
  { name: "201 attributes", octets: packet("1902".repeat(201)), code: "too-many-attributes" },
];
