import { type AttributeValue, foldCase, type Group, type GroupChanges } from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import { customValues } from "./custom-values.ts";
import { notWritable } from "./not-writable.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { UpdateRefusal } from "./update-refusal.ts";
import type { WorkingAttributes } from "./working-attributes.ts";
import { writtenClasses } from "./written-classes.ts";

/** Types whose values are memberships rather than fields of the group. */
export const memberTypes: readonly string[] = ["member", "uniqueMember", "memberUid"];

/** What is written to: a group, or what a new one starts from. */
export type WrittenGroup = Pick<Group, "name" | "attributes">;

/**
 * What changes to a group's entry are to the group, apart from its members: the inverse of how groups are shown.
 * @throws UpdateRefusal
 */
export function groupChanges(
  group: WrittenGroup,
  working: WorkingAttributes,
  schema: Schema,
): Omit<GroupChanges, "addMembers" | "removeMembers"> {
  const attributes: Record<string, readonly AttributeValue[]> = {};
  const changes: { name?: string; description?: string; posixGid?: number | null } = {};
  const classes = writtenClasses(working, "group", schema);
  const hadNumber = working.initial(schema.type("objectClass")).some(({ text }) => text === "posixGroup");
  const hasNumber = classes.has("posixGroup");
  if (hadNumber && !hasNumber) changes.posixGid = null;
  let number: string | undefined;
  for (const [type, attribute] of schema.shown("group"))
    if (attribute.name === "posixGid") number = working.values(type)[0]?.text;
  if (hasNumber && number === undefined) throw classViolation("posixGroup needs gidNumber");
  for (const type of working.changed()) {
    const [label = ""] = type.names;
    const values = working.values(type);
    const attribute = schema.shown("group").get(type);
    if (label === "objectClass" || (memberTypes.includes(label) && attribute === undefined)) {
      if (label === "memberUid" && values.length > 0 && !hasNumber)
        throw classViolation("memberUid needs posixGroup");
    } else if (label === "cn") {
      const name = nameAmong(group.name, type, working);
      if (name !== group.name) changes.name = name;
    } else if (attribute?.name === "description") {
      changes.description = single(type, working) ?? "";
    } else if (attribute?.name === "posixGid") {
      const gid = single(type, working);
      if (gid !== undefined && !hasNumber) throw classViolation("gidNumber needs posixGroup");
      if (gid !== undefined) changes.posixGid = Number(gid);
    } else {
      const custom = attribute === undefined ? undefined : customValues(attribute, type, group, working);
      if (attribute === undefined || custom === undefined) throw notWritable(type);
      attributes[attribute.name] = custom;
    }
  }
  return Object.keys(attributes).length === 0 ? changes : { ...changes, attributeChanges: attributes };
}

/** The naming value stays, but for its case: for another there is modify DN. */
function nameAmong(name: string, type: AttributeTypeDefinition, working: WorkingAttributes): string {
  const own = working.values(type).find(({ text }) => foldCase(text) === foldCase(name));
  if (own === undefined) {
    throw new UpdateRefusal(
      LdapResultCode.notAllowedOnRDN,
      `${type.names[0]}: names the entry and is changed by modify DN`,
    );
  }
  single(type, working);
  return own.text;
}

function single(type: AttributeTypeDefinition, working: WorkingAttributes): string | undefined {
  const values = working.values(type);
  if (values.length > 1)
    throw new UpdateRefusal(LdapResultCode.constraintViolation, `${type.names[0]}: takes one value here`);
  return values[0]?.text;
}

function classViolation(message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.objectClassViolation, message);
}
