import {
  type AttributeDefinition,
  type AttributeValue,
  type CustomAttributes,
  normalizeValue,
  type ReadableAttribute,
} from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { UpdateRefusal } from "./update-refusal.ts";
import type { WorkingAttributes } from "./working-attributes.ts";
import type { WrittenValue } from "./written-value.ts";

/**
 * The new values of an attribute that the organization has defined; `undefined` for one that is built in. Values that
 * stay are those the record holds, to the last millisecond.
 * @throws UpdateRefusal constraintViolation for several values where there can be one
 */
export function customValues(
  attribute: ReadableAttribute,
  type: AttributeTypeDefinition,
  record: { readonly attributes: CustomAttributes },
  working: WorkingAttributes,
): readonly AttributeValue[] | undefined {
  if ((attribute as Partial<AttributeDefinition>).id === undefined) return undefined;
  const values = working.values(type);
  if (!attribute.multiValued && values.length > 1)
    throw new UpdateRefusal(LdapResultCode.constraintViolation, `${type.names[0]}: takes one value here`);
  const before = Object.hasOwn(record.attributes, attribute.name)
    ? (record.attributes[attribute.name] ?? [])
    : [];
  const shown = new Map(working.initial(type).map(({ stored, text }) => [stored, text]));
  return values.map((value) => {
    const held = value.stored === undefined ? undefined : before[value.stored];
    return held !== undefined && shown.get(value.stored) === value.text
      ? held
      : attributeValue(value, attribute);
  });
}

function attributeValue({ text }: WrittenValue, { syntax }: ReadableAttribute): AttributeValue {
  switch (syntax) {
    case "integer":
      return Number(text);
    case "boolean":
      return text === "TRUE";
    case "time":
      return Number(normalizeValue("time", text));
    default:
      return text;
  }
}
