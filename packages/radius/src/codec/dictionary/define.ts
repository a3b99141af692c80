import type {
  AttributeDataType,
  AttributeDefinition,
  AttributePath,
  VendorFormat,
} from "./attribute-definition.ts";

/** What may be said of an attribute beside its place, name and data type. */
export type AttributeTraits = Pick<AttributeDefinition, "tagged" | "encryption" | "concat" | "values"> & {
  /** What may stand in a `tlv`. */
  readonly members?: readonly MemberDefinition[];
};

/** An attribute within a TLV, before it is known where the TLV stands. */
export interface MemberDefinition {
  /** Its type within the TLV, 1 to 255. */
  readonly type: number;
  /** Its name. */
  readonly name: string;
  /** What its values are. */
  readonly dataType: AttributeDataType;
  /** What else is said of it. */
  readonly traits: AttributeTraits;
}

/** Defines an attribute of one place. */
export type Define = (
  type: number,
  name: string,
  dataType: AttributeDataType,
  traits?: AttributeTraits,
) => AttributeDefinition;

/** Defines an attribute of the standard space, types 1 to 255. */
export const standardAttribute: Define = (type, name, dataType, traits = {}) =>
  define({ type }, name, dataType, traits);

/**
 * How attributes within an Extended-Attribute are defined (RFC 6929).
 * @param extended - 241 to 246
 * @param vendor - its SMI number, for attributes of a vendor (RFC 6929 §2.4). Default: those of RFCs
 */
export function extendedAttribute(extended: number, vendor?: number): Define {
  return (type, name, dataType, traits = {}) => define({ extended, vendor, type }, name, dataType, traits);
}

/**
 * How attributes of a vendor are defined.
 *
 * ```ts
 * const acme = vendorAttribute(64_999);
 * const dictionary = standardDictionary.extend([acme(1, "Acme-Role", "text"), acme(2, "Acme-Level", "integer")]);
 * ```
 *
 * @param vendor - its SMI number, which IANA calls Private Enterprise Number
 * @param vendorFormat - octets of types and lengths. Default one each
 */
export function vendorAttribute(vendor: number, vendorFormat?: VendorFormat): Define {
  return (type, name, dataType, traits = {}) =>
    define({ vendor, type }, name, dataType, traits, vendorFormat);
}

/** An attribute within a TLV, to be given to it as one of its `members`. */
export function member(
  type: number,
  name: string,
  dataType: AttributeDataType,
  traits: AttributeTraits = {},
): MemberDefinition {
  return { type, name, dataType, traits };
}

function define(
  path: AttributePath,
  name: string,
  dataType: AttributeDataType,
  { members, ...traits }: AttributeTraits,
  vendorFormat?: VendorFormat,
): AttributeDefinition {
  const inner = members?.map((one) =>
    define(
      { ...path, nested: [...(path.nested ?? []), one.type] },
      one.name,
      one.dataType,
      one.traits,
      vendorFormat,
    ),
  );
  return { ...traits, name, path, dataType, vendorFormat, members: inner };
}
