import type { AttributeValue, ReadableAttribute } from "@directorykit/core";
import { attributeFilter, unknown } from "./attribute-filter.ts";
import { generalizedTime } from "./entry.ts";
import type { EntryAttributeRule, EntryOwner } from "./made-attribute.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** The attributes that entries show as the directory holds them, under the LDAP names of the registry. */
export function registryAttributes<O extends EntryOwner>(
  owner: O,
  schema: Schema,
): readonly EntryAttributeRule<O>[] {
  return [...schema.shown(owner)].map(([type, attribute]) => registryAttribute(type, attribute));
}

/** An attribute of the directory under one of its LDAP names. */
export function registryAttribute<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  attribute: ReadableAttribute,
): EntryAttributeRule<O> {
  const selfOnly = attribute.sensitivity === "self";
  return {
    type,
    of: attribute.name,
    show: (entry, record) => {
      const values = attribute.read(record as never);
      if (values.length === 0) return;
      if (attribute.syntax === "binary") {
        const octets = values.map((value) => Buffer.from(String(value), "base64"));
        entry.addOctets(type, octets, [], selfOnly);
      } else {
        entry.add(type, texts(values, attribute.syntax), selfOnly);
      }
    },
    // What readers are not shown they cannot find out by asking either.
    match: (assertion) =>
      attribute.sensitivity === "public" ? attributeFilter(assertion, attribute) : unknown,
  };
}

function texts(values: readonly AttributeValue[], syntax: ReadableAttribute["syntax"]): readonly string[] {
  if (syntax === "string") return values as readonly string[];
  if (syntax === "integer") return values.map(String);
  return values.flatMap((value) => text(value, syntax) ?? []);
}

/** A value in its LDAP form; `undefined` for a time that has none. */
function text(value: AttributeValue, syntax: string): string | undefined {
  if (syntax === "time") return generalizedTime(Number(value));
  if (syntax === "boolean") return value === true ? "TRUE" : "FALSE";
  return String(value);
}
