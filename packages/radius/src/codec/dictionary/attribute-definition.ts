/**
 * How a value is written (RFC 8044 §3). Two go by clearer names than there: `octets` is what RFC 8044 calls string, and
 * `integer` also stands for its enum. `byte`, `short`, `signed`, `ether` and `combo-ip` are in no RFC, but in
 * dictionaries of vendors.
 *
 * | data type | value that is read | values that are written |
 * |---|---|---|
 * | `text` | string | string |
 * | `octets`, `vsa`, `evs`, `extended`, `long-extended` | Uint8Array | Uint8Array, or a string for its UTF-8 octets |
 * | `integer` (32 bits), `short`, `byte`, `signed` | number | number, or the name of a value |
 * | `integer64` | bigint | bigint, or a safe number |
 * | `time` | number of seconds since 1970 | the same, or a Date |
 * | `ipv4addr`, `ipv6addr`, `combo-ip` | string | string |
 * | `ipv4prefix`, `ipv6prefix` | string such as `2001:db8::/32` | string |
 * | `ifid` | string such as `0:0:0:1` | string |
 * | `ether` | string such as `02:00:00:00:00:01` | string |
 * | `tlv` | list of attributes | the same, or an object from names to values |
 */
export type AttributeDataType = (typeof attributeDataTypes)[number];

/** All of {@link AttributeDataType}. */
export const attributeDataTypes = [
  "text",
  "octets",
  "integer",
  "integer64",
  "byte",
  "short",
  "signed",
  "time",
  "ipv4addr",
  "ipv6addr",
  "combo-ip",
  "ipv4prefix",
  "ipv6prefix",
  "ifid",
  "ether",
  "tlv",
  "vsa",
  "evs",
  "extended",
  "long-extended",
] as const;

/** Where an attribute stands: RFC 6929 §2.7 writes it with dots, as `formatPath` does. */
export interface AttributePath {
  /** 241 to 246 for one within an Extended-Attribute (RFC 6929). */
  readonly extended?: number | undefined;
  /** The SMI number of the vendor, for one within a Vendor-Specific (RFC 2865 §5.26, RFC 6929 §2.4). */
  readonly vendor?: number | undefined;
  /** Its type, in whatever space the two above say. */
  readonly type: number;
  /** Types of the TLVs within it that lead to it (RFC 6929 §2.3). Default: none. */
  readonly nested?: readonly number[] | undefined;
}

/** How a vendor writes attributes within a Vendor-Specific. RFC 2865 §5.26 recommends one octet for each. */
export interface VendorFormat {
  /** Octets of a type. */
  readonly typeOctets: 1 | 2 | 4;
  /** Octets of a length, which counts itself and the type; 0 where the value takes all that is left. */
  readonly lengthOctets: 0 | 1 | 2;
}

/** What RFC 2865 §5.26 recommends to vendors. */
export const usualVendorFormat: VendorFormat = { typeOctets: 1, lengthOctets: 1 };

/** What is known of one attribute. */
export interface AttributeDefinition {
  /** As its RFC or vendor calls it. */
  readonly name: string;
  /** Where it stands. */
  readonly path: AttributePath;
  /** How its value is written. */
  readonly dataType: AttributeDataType;
  /** Whether a tag goes with it (RFC 2868 §3); only `integer`, `text` and `octets` can have one. Default false. */
  readonly tagged?: boolean | undefined;
  /**
   * How its value is hidden: as a User-Password (RFC 2865 §5.2), or behind a salt as a Tunnel-Password (RFC 2868 §3.5).
   * Default: not at all.
   */
  readonly encryption?: "user-password" | "tunnel-password" | undefined;
  /** Whether a value that one attribute cannot hold goes on in the next, as an EAP-Message does. Default false. */
  readonly concat?: boolean | undefined;
  /** Names of its values. Default: none. */
  readonly values?: Readonly<Record<string, number>> | undefined;
  /** Of its vendor. Default one octet each. */
  readonly vendorFormat?: VendorFormat | undefined;
  /** What may stand in a `tlv`. Default: nothing that is known. */
  readonly members?: readonly AttributeDefinition[] | undefined;
}

/** Vendor-Specific (RFC 2865 §5.26); within an Extended-Attribute too (RFC 6929 §2.4). */
export const vendorSpecificType = 26;

/** Whether a type is that of Extended-Attributes, short or long (RFC 6929 §2.1, §2.2). */
export function isExtendedType(type: number): boolean {
  return type >= 241 && type <= 246;
}

/** Whether a type is that of Extended-Attributes whose values may go over several of them (RFC 6929 §2.2). */
export function isLongExtendedType(type: number): boolean {
  return type === 245 || type === 246;
}

/** A path with dots: `1`, `26.9.1`, `241.1`, `245.26.9.1`, `241.5.2`. */
export function formatPath({ extended, vendor, type, nested = [] }: AttributePath): string {
  const within = vendor === undefined ? [] : [vendorSpecificType, vendor];
  return [...(extended === undefined ? [] : [extended]), ...within, type, ...nested].join(".");
}

/** What a value of an attribute is called, or `undefined` when it has no name. */
export function nameOfValue({ values = {} }: AttributeDefinition, value: number): string | undefined {
  return Object.keys(values).find((name) => values[name] === value);
}
