import type { AttributeOwner, RecordTypes } from "@directorykit/core";
import { type EntryBuilder, generalizedTime } from "./entry.ts";
import type { Schema } from "./schema.ts";

/** Adds the attributes that an entry shows as the directory holds them, under the LDAP names of the registry. */
export function addRegistryAttributes<O extends Extract<AttributeOwner, "user" | "group">>(
  entry: EntryBuilder,
  owner: O,
  record: RecordTypes[O],
  schema: Schema,
): void {
  for (const [type, attribute] of schema.shown(owner)) {
    if (!entry.wants(type)) continue;
    const values = attribute.read(record as never);
    if (values.length === 0) continue;
    const selfOnly = attribute.sensitivity === "self";
    if (attribute.syntax === "binary") {
      const octets = values.map((value) => Buffer.from(String(value), "base64"));
      entry.addOctets(type, octets, [], selfOnly);
    } else {
      const texts = values.flatMap((value) => text(value, attribute.syntax) ?? []);
      entry.add(type, texts, selfOnly);
    }
  }
}

/** A value in its LDAP form; `undefined` for a time that has none. */
function text(value: string | number | boolean, syntax: string): string | undefined {
  if (syntax === "time") return generalizedTime(Number(value));
  if (syntax === "boolean") return value === true ? "TRUE" : "FALSE";
  return String(value);
}
