import {
  type AttributeDefinition,
  attributeDataTypes,
  formatPath,
  isExtendedType,
  usualVendorFormat,
} from "./attribute-definition.ts";

/** TLVs within TLVs; RFC 6929 §2.3 advises against more than a few. */
const maxNesting = 8;
const maxNameLength = 253;
const taggable: ReadonlySet<string> = new Set(["integer", "text", "octets"]);
const numbers: Readonly<Record<string, readonly [least: number, most: number]>> = {
  integer: [0, 0xffff_ffff],
  short: [0, 0xffff],
  byte: [0, 0xff],
  signed: [-0x8000_0000, 0x7fff_ffff],
};

/**
 * Whether a definition can be worked with.
 * @throws RangeError that names the attribute and what is wrong with it
 */
export function checkDefinition(definition: AttributeDefinition): void {
  const { name, dataType, tagged, encryption, concat, members } = definition;
  if (name.length === 0 || name.length > maxNameLength || /\s/.test(name))
    throw new RangeError("an attribute is named by 1 to 253 characters, none of them a space");
  const refuse = (what: string): never => {
    throw new RangeError(`${name}: ${what}`);
  };
  if (!attributeDataTypes.includes(dataType)) refuse("there is no such data type");
  checkPath(definition, refuse);
  if (tagged && !taggable.has(dataType)) refuse(`a value of type ${dataType} has no tag`);
  if (encryption === "user-password" && ((dataType !== "text" && dataType !== "octets") || tagged))
    refuse("only text and octets without a tag are hidden as a User-Password is");
  if (encryption === "tunnel-password" && dataType === "tlv") refuse("a tlv is not hidden");
  if (concat && (dataType !== "octets" || tagged || encryption !== undefined || !isPlain(definition)))
    refuse("only octets of the standard space go over several attributes");
  if (members !== undefined && members.length > 0 && dataType !== "tlv") refuse("only a tlv has members");
  checkValues(definition, refuse);
  for (const one of members ?? []) {
    const nested = [...(definition.path.nested ?? []), one.path.nested?.at(-1) ?? 0];
    if (formatPath(one.path) !== formatPath({ ...definition.path, nested }))
      refuse("a member stands elsewhere");
    checkDefinition(one);
  }
}

function isPlain({ path }: AttributeDefinition): boolean {
  return path.vendor === undefined && path.extended === undefined && (path.nested ?? []).length === 0;
}

function checkPath({ path, vendorFormat }: AttributeDefinition, refuse: (what: string) => never): void {
  const { extended, vendor, type, nested = [] } = path;
  const format = vendorFormat ?? usualVendorFormat;
  if (extended !== undefined && !isExtendedType(extended)) refuse("extended is 241 to 246");
  if (vendor !== undefined && !isWithin(vendor, 1, 0xff_ffff)) refuse("a vendor is a number of three octets");
  if (![1, 2, 4].includes(format.typeOctets) || ![0, 1, 2].includes(format.lengthOctets))
    refuse("a vendor's types have 1, 2 or 4 octets and its lengths 0, 1 or 2");
  // Nobody but vendors makes use of zero, and some do.
  const least = vendor === undefined ? 1 : 0;
  const octets = vendor === undefined || extended !== undefined ? 1 : format.typeOctets;
  if (!isWithin(type, least, 256 ** octets - 1)) refuse("its type is out of range");
  if (nested.length > maxNesting) refuse(`more than ${maxNesting} levels of tlv`);
  if (!nested.every((one) => isWithin(one, 1, 255))) refuse("a type within a tlv is 1 to 255");
}

function checkValues(
  { dataType, tagged, values }: AttributeDefinition,
  refuse: (what: string) => never,
): void {
  if (values === undefined) return;
  const [least, most] = numbers[dataType] ?? refuse("only whole numbers have names");
  for (const value of Object.values(values))
    if (!isWithin(value, least, tagged ? 0xff_ffff : most)) refuse("a named value is out of range");
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
