import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../ip-address.ts";

/** Octets before a prefix: one without meaning, and its length in bits. */
const headerOctets = 2;

/** Writes `192.0.2.0/24`, always with four octets of address (RFC 8044 §3.11). `undefined` for text that is none. */
export function encodeIpv4Prefix(text: string): Uint8Array | undefined {
  const prefix = parsePrefix(text, 32, parseIpv4);
  return prefix && Uint8Array.of(0, prefix.bits, ...prefix.address);
}

/** Reads an `ipv4prefix`; `undefined` for octets that are none. */
export function decodeIpv4Prefix(octets: Uint8Array): string | undefined {
  const bits = octets[1] as number;
  if (octets.length !== 6 || bits > 32) return undefined;
  return `${formatIpv4(cleared(octets.subarray(headerOctets), bits, 4))}/${bits}`;
}

/** Writes `2001:db8::/32`, with no more octets of address than its length asks for (RFC 8044 §3.10). */
export function encodeIpv6Prefix(text: string): Uint8Array | undefined {
  const prefix = parsePrefix(text, 128, parseIpv6);
  return prefix && Uint8Array.of(0, prefix.bits, ...prefix.address.subarray(0, Math.ceil(prefix.bits / 8)));
}

/** Reads an `ipv6prefix`; `undefined` for octets that are none. */
export function decodeIpv6Prefix(octets: Uint8Array): string | undefined {
  const bits = octets[1];
  if (bits === undefined || bits > 128 || octets.length > 18) return undefined;
  const address = octets.subarray(headerOctets);
  if (address.length < Math.ceil(bits / 8)) return undefined;
  return `${formatIpv6(cleared(address, bits, 16))}/${bits}`;
}

function parsePrefix(
  text: string,
  most: number,
  parse: (text: string) => Uint8Array | undefined,
): { readonly address: Uint8Array; readonly bits: number } | undefined {
  const [, host = "", length = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parse(host);
  const bits = Number(length);
  if (address === undefined || bits > most) return undefined;
  return { address: cleared(address, bits, address.length), bits };
}

/** An address of which the bits beyond the prefix are zero, as they must be whatever was written. */
function cleared(address: Uint8Array, bits: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  octets.set(address);
  for (let i = 0; i < length; i++) {
    const kept = Math.min(8, Math.max(0, bits - i * 8));
    octets[i] = (octets[i] as number) & (0xff << (8 - kept));
  }
  return octets;
}
