import type { AttributeDataType, AttributePath, VendorFormat } from "./attribute-definition.ts";
import { isExtendedType, vendorSpecificType } from "./attribute-definition.ts";

/** What data types are called in dictionaries. */
export const dataTypeWords: ReadonlyMap<string, AttributeDataType> = new Map<string, AttributeDataType>([
  ["string", "text"],
  ["text", "text"],
  ["octets", "octets"],
  // Filters of Ascend, in a form of their own.
  ["abinary", "octets"],
  ["integer", "integer"],
  ["uint32", "integer"],
  ["integer64", "integer64"],
  ["uint64", "integer64"],
  ["byte", "byte"],
  ["uint8", "byte"],
  ["short", "short"],
  ["uint16", "short"],
  ["signed", "signed"],
  ["int32", "signed"],
  ["date", "time"],
  ["time", "time"],
  ["ipaddr", "ipv4addr"],
  ["ipv4addr", "ipv4addr"],
  ["ipv6addr", "ipv6addr"],
  ["combo-ip", "combo-ip"],
  ["ipv4prefix", "ipv4prefix"],
  ["ipv6prefix", "ipv6prefix"],
  ["ifid", "ifid"],
  ["ether", "ether"],
  ["tlv", "tlv"],
  ["vsa", "vsa"],
  ["evs", "evs"],
  ["extended", "extended"],
  ["long-extended", "long-extended"],
]);

/** A whole number, in decimal or behind `0x`; `undefined` for any other word. */
export function parseNumber(word: string): number | undefined {
  return /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(word) ? Number(word) : undefined;
}

/** Numbers with dots between them; `undefined` for any other word. */
export function parseNumbers(word: string): readonly number[] | undefined {
  const numbers = word.split(".").map(parseNumber);
  return numbers.every((one) => one !== undefined) ? numbers : undefined;
}

/** Where the numbers of an attribute that stands in no block lead. */
export function pathOf(numbers: readonly number[]): AttributePath {
  const [first = 0, second, ...more] = numbers;
  if (second === undefined) return { type: first };
  if (first === vendorSpecificType && more.length > 0) return vendorPath(undefined, [second, ...more]);
  if (!isExtendedType(first)) return { type: first, nested: [second, ...more] };
  if (second === vendorSpecificType && more.length > 1) return vendorPath(first, more);
  return withNested({ extended: first, type: second }, more);
}

/** A path with more TLVs behind it. */
export function withNested(path: AttributePath, more: readonly number[]): AttributePath {
  return more.length === 0 ? path : { ...path, nested: [...(path.nested ?? []), ...more] };
}

/** A format such as `2,1`; `undefined` for one that is not spoken, such as `1,1,c`. */
export function parseVendorFormat(word: string): VendorFormat | undefined {
  const [, type, length] = /^([124]),([012])$/.exec(word) ?? [];
  if (type === undefined) return undefined;
  return {
    typeOctets: Number(type) as VendorFormat["typeOctets"],
    lengthOctets: Number(length) as VendorFormat["lengthOctets"],
  };
}

function vendorPath(extended: number | undefined, numbers: readonly number[]): AttributePath {
  const [vendor, type = 0, ...nested] = numbers;
  return withNested({ ...(extended === undefined ? {} : { extended }), vendor, type }, nested);
}
