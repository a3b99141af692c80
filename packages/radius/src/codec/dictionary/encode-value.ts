import { parseIpv4, parseIpv6 } from "../ip-address.ts";
import type { AttributeDataType, AttributeDefinition } from "./attribute-definition.ts";
import type { AttributeInput } from "./attribute-value.ts";
import { encodeIpv4Prefix, encodeIpv6Prefix } from "./prefix-value.ts";

/**
 * Writes a value of any data type but `tlv`.
 *
 * @throws TypeError that names the attribute, for a value of another type; RangeError for one the attribute cannot have.
 * Neither holds the value.
 */
export function encodeValue(definition: AttributeDefinition, value: AttributeInput): Uint8Array {
  return encoders[definition.dataType](definition, value);
}

type Encode = (definition: AttributeDefinition, value: AttributeInput) => Uint8Array;

const utf8 = new TextEncoder();

const encodeOctets: Encode = (definition, value) => {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return utf8.encode(value);
  throw new TypeError(`${definition.name}: must be octets or text`);
};

/** A whole number, which may be given by its name. */
function number(count: 1 | 2 | 4, least: number, most: number): Encode {
  return (definition, value) => {
    const plain = typeof value === "string" ? numberOf(definition, value) : value;
    if (typeof plain !== "number") throw new TypeError(`${definition.name}: must be a number`);
    return writeInteger(definition, count, plain, least, most);
  };
}

/** What is written as text, with a reader for it. */
function text(what: string, parse: (value: string) => Uint8Array | undefined): Encode {
  return ({ name }, value) => {
    if (typeof value !== "string") throw new TypeError(`${name}: must be text`);
    const octets = parse(value);
    if (octets === undefined) throw new RangeError(`${name}: must be ${what}`);
    return octets;
  };
}

const encoders: Readonly<Record<AttributeDataType, Encode>> = {
  text: (definition, value) => {
    if (typeof value !== "string") throw new TypeError(`${definition.name}: must be text`);
    if (!value.isWellFormed())
      throw new RangeError(`${definition.name}: must be text that UTF-8 can express`);
    return utf8.encode(value);
  },
  octets: encodeOctets,
  integer: number(4, 0, 0xffff_ffff),
  integer64: encodeInteger64,
  byte: number(1, 0, 0xff),
  short: number(2, 0, 0xffff),
  signed: number(4, -0x8000_0000, 0x7fff_ffff),
  time: (definition, value) => {
    const seconds = value instanceof Date ? Math.floor(value.getTime() / 1000) : value;
    if (typeof seconds !== "number") throw new TypeError(`${definition.name}: must be seconds or a Date`);
    return writeInteger(definition, 4, seconds, 0, 0xffff_ffff);
  },
  ipv4addr: text("an IPv4 address", parseIpv4),
  ipv6addr: text("an IPv6 address", parseIpv6),
  "combo-ip": text("an IP address", (value) => parseIpv4(value) ?? parseIpv6(value)),
  ipv4prefix: text("an IPv4 prefix such as 192.0.2.0/24", encodeIpv4Prefix),
  ipv6prefix: text("an IPv6 prefix such as 2001:db8::/32", encodeIpv6Prefix),
  ifid: text("an interface identifier such as 0:0:0:1", parseInterfaceId),
  ether: text("a MAC address such as 02:00:00:00:00:01", parseEther),
  tlv: ({ name }) => {
    throw new TypeError(`${name}: must be a list of attributes`);
  },
  vsa: encodeOctets,
  evs: encodeOctets,
  extended: encodeOctets,
  "long-extended": encodeOctets,
};

function numberOf({ name, values = {} }: AttributeDefinition, value: string): number {
  const exact = Object.hasOwn(values, value) ? value : undefined;
  const key = exact ?? Object.keys(values).find((one) => one.toLowerCase() === value.toLowerCase());
  if (key !== undefined) return values[key] as number;
  throw new RangeError(`${name}: has no value of that name`);
}

function writeInteger(
  { name }: AttributeDefinition,
  count: 1 | 2 | 4,
  value: number,
  least: number,
  most: number,
): Uint8Array {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`${name}: must be a whole number from ${least} to ${most}`);
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setInt32(0, value);
  return octets.subarray(4 - count);
}

function encodeInteger64({ name }: AttributeDefinition, value: AttributeInput): Uint8Array {
  if (typeof value !== "bigint" && typeof value !== "number")
    throw new TypeError(`${name}: must be a number`);
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || value < 0 || value > 0xffff_ffff_ffff_ffffn)
    throw new RangeError(`${name}: must be a whole number of 64 bits`);
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets;
}

function parseInterfaceId(value: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/i.test(value)) return undefined;
  return Uint8Array.from(
    value.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

function parseEther(value: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value)) return undefined;
  return Uint8Array.from(value.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
}
