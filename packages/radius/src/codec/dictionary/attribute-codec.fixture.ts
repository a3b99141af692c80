import { requestAuthenticator, secret } from "../octets.fixture.ts";
import type { RawAttribute } from "../packet.ts";
import type { AttributeDefinition } from "./attribute-definition.ts";
import type { AttributeInput, DecodedAttribute } from "./attribute-value.ts";
import { decodeAttributes } from "./decode-attributes.ts";
import type { Dictionary } from "./dictionary.ts";
import { encodeAttribute } from "./encode-attribute.ts";
import { standardDictionary } from "./standard-dictionary.ts";

/** The attribute of a name, which must be there. Test code: not in the package. */
export function definitionOf(name: string, dictionary: Dictionary = standardDictionary): AttributeDefinition {
  const definition = dictionary.byName(name);
  if (definition === undefined) throw new Error(`no attribute ${name}`);
  return definition;
}

/** Writes an attribute by its name. */
export function encode(
  name: string,
  value: AttributeInput,
  tag?: number,
  dictionary: Dictionary = standardDictionary,
): readonly RawAttribute[] {
  return encodeAttribute(definitionOf(name, dictionary), value, { requestAuthenticator, secret, tag });
}

/** An attribute as `type:hex`. */
export function inHex(attributes: readonly RawAttribute[]): readonly string[] {
  return attributes.map(({ type, value }) => `${type}:${Buffer.from(value).toString("hex")}`);
}

/** Reads attributes. */
export function decode(
  attributes: readonly RawAttribute[],
  dictionary: Dictionary = standardDictionary,
): readonly DecodedAttribute[] {
  return decodeAttributes(attributes, dictionary, { requestAuthenticator, secret });
}
