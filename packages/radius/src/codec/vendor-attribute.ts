import {
  usualVendorFormat,
  type VendorFormat,
  vendorSpecificType,
} from "./dictionary/attribute-definition.ts";
import { maxValueOctets, type RawAttribute } from "./packet.ts";

/** An attribute of a vendor as it stands in a Vendor-Specific. */
export interface RawVendorAttribute {
  /** Its type, in the vendor's own space. */
  readonly type: number;
  /** Its value. */
  readonly value: Uint8Array;
}

/** What a Vendor-Specific holds. */
export interface VendorSpecific {
  /** The SMI number of the vendor. */
  readonly vendor: number;
  /** Its attributes, at least one. */
  readonly attributes: readonly RawVendorAttribute[];
}

/** Octets of a vendor's number. */
const vendorOctets = 4;

/**
 * Writes one attribute of a vendor as a Vendor-Specific (RFC 2865 §5.26).
 *
 * @param vendor - its SMI number
 * @param format - octets of types and lengths. Default one each
 * @throws RangeError for numbers that the format has no room for, and a value that one attribute cannot hold
 */
export function encodeVendorAttribute(
  vendor: number,
  type: number,
  value: Uint8Array,
  format: VendorFormat = usualVendorFormat,
): RawAttribute {
  const { typeOctets, lengthOctets } = format;
  const length = typeOctets + lengthOctets + value.length;
  if (!Number.isSafeInteger(vendor) || vendor < 0 || vendor > 0xff_ffff)
    throw new RangeError("a vendor is a number of three octets");
  if (!Number.isSafeInteger(type) || type < 0 || type >= 256 ** typeOctets)
    throw new RangeError(`a type of vendor ${vendor} has ${typeOctets} octets`);
  if (vendorOctets + length > maxValueOctets)
    throw new RangeError(`the value of attribute ${type} of vendor ${vendor} is too long`);
  const octets = new Uint8Array(vendorOctets + length);
  writeNumber(octets, 0, vendorOctets, vendor);
  writeNumber(octets, vendorOctets, typeOctets, type);
  writeNumber(octets, vendorOctets + typeOctets, lengthOctets, length);
  octets.set(value, vendorOctets + typeOctets + lengthOctets);
  return { type: vendorSpecificType, value: octets };
}

/** The vendor of a Vendor-Specific; `undefined` for a value that is too short to have one. */
export function vendorOf(value: Uint8Array): number | undefined {
  return value.length < vendorOctets ? undefined : readNumber(value, 0, vendorOctets);
}

/**
 * Reads the value of a Vendor-Specific, in which there may be several attributes (RFC 2865 §5.26). Values are views.
 *
 * @param format - octets of types and lengths. Default one each
 * @returns `undefined` for octets that do not have the format: vendors are free to have one of their own
 */
export function decodeVendorSpecific(
  value: Uint8Array,
  format: VendorFormat = usualVendorFormat,
): VendorSpecific | undefined {
  const vendor = vendorOf(value);
  const { typeOctets, lengthOctets } = format;
  const header = typeOctets + lengthOctets;
  if (vendor === undefined || value.length < vendorOctets + header) return undefined;
  const attributes: RawVendorAttribute[] = [];
  for (let at = vendorOctets; at < value.length; ) {
    if (value.length - at < header) return undefined;
    const rest = value.length - at;
    const length = lengthOctets === 0 ? rest : readNumber(value, at + typeOctets, lengthOctets);
    if (length < header || length > rest) return undefined;
    attributes.push({
      type: readNumber(value, at, typeOctets),
      value: value.subarray(at + header, at + length),
    });
    at += length;
  }
  return { vendor, attributes };
}

function writeNumber(octets: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = count - 1; i >= 0; i--) {
    octets[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function readNumber(octets: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 256 + (octets[at + i] as number);
  return value;
}
