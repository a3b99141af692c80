import { formatIpv4, formatIpv6 } from "../ip-address.ts";
import type { AttributeDataType } from "./attribute-definition.ts";
import { decodeIpv4Prefix, decodeIpv6Prefix } from "./prefix-value.ts";

/** A value that is no list of others. */
export type PlainValue = number | bigint | string | Uint8Array;

/** Reads a value of any data type but `tlv`; `undefined` for octets that are none of the type. */
export function decodeValue(dataType: AttributeDataType, octets: Uint8Array): PlainValue | undefined {
  const fixed = fixedOctets[dataType];
  if (fixed !== undefined && octets.length !== fixed) return undefined;
  return decoders[dataType](octets, new DataView(octets.buffer, octets.byteOffset, octets.length));
}

const fixedOctets: Readonly<Partial<Record<AttributeDataType, number>>> = {
  integer: 4,
  integer64: 8,
  byte: 1,
  short: 2,
  signed: 4,
  time: 4,
  ipv4addr: 4,
  ipv6addr: 16,
  ipv4prefix: 6,
  ifid: 8,
  ether: 6,
};

const asOctets = (octets: Uint8Array): Uint8Array => octets;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const decoders: Readonly<
  Record<AttributeDataType, (octets: Uint8Array, view: DataView) => PlainValue | undefined>
> = {
  text: decodeText,
  octets: asOctets,
  integer: (_, view) => view.getUint32(0),
  integer64: (_, view) => view.getBigUint64(0),
  byte: (_, view) => view.getUint8(0),
  short: (_, view) => view.getUint16(0),
  signed: (_, view) => view.getInt32(0),
  time: (_, view) => view.getUint32(0),
  ipv4addr: formatIpv4,
  ipv6addr: formatIpv6,
  "combo-ip": (octets) =>
    octets.length === 4 ? formatIpv4(octets) : octets.length === 16 ? formatIpv6(octets) : undefined,
  ipv4prefix: decodeIpv4Prefix,
  ipv6prefix: decodeIpv6Prefix,
  ifid: (_, view) => [0, 2, 4, 6].map((at) => view.getUint16(at).toString(16)).join(":"),
  ether: (octets) => Array.from(octets, (one) => one.toString(16).padStart(2, "0")).join(":"),
  tlv: asOctets,
  vsa: asOctets,
  evs: asOctets,
  extended: asOctets,
  "long-extended": asOctets,
};

function decodeText(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}
