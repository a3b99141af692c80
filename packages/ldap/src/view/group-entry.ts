import type { Group } from "@directorykit/core";
import { type Entry, EntryBuilder } from "./entry.ts";
import { addRegistryAttributes } from "./registry-attributes.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** What a group's entry needs beside the group. */
export interface GroupEntryParts {
  /** Usernames of its members; `undefined` when nobody asked. */
  readonly users: readonly string[] | undefined;
  /** Names of groups that are members, where nesting is shown as built. */
  readonly groups: readonly string[];
  /** Names of groups it is a member of. */
  readonly memberOf: readonly string[];
  /** Which attributes will be looked at. */
  readonly wanted: (type: AttributeTypeDefinition) => boolean;
}

/** The object classes of a group's entry. */
export function groupObjectClasses(group: Group): readonly string[] {
  return ["top", "groupOfNames", ...(group.posixGid === undefined ? [] : ["posixGroup"])];
}

/** A group as an entry (RFC 4519 groupOfNames, RFC 2307bis posixGroup). */
export function groupEntry(group: Group, tree: Tree, schema: Schema, parts: GroupEntryParts): Entry {
  const dn = tree.groupDn(group.name);
  const entry = new EntryBuilder(dn, parts.wanted)
    .add(schema.type("objectClass"), groupObjectClasses(group))
    .add(schema.type("cn"), [group.name]);
  addRegistryAttributes(entry, "group", group, schema);
  if (parts.users !== undefined) {
    entry.add(schema.type("member"), [
      ...parts.users.map((name) => tree.userDn(name)),
      ...parts.groups.map((name) => tree.groupDn(name)),
    ]);
    if (group.posixGid !== undefined) entry.add(schema.type("memberUid"), parts.users);
  }
  return entry
    .add(schema.type("entryUUID"), [group.id])
    .add(schema.type("entryDN"), [dn])
    .add(schema.type("structuralObjectClass"), ["groupOfNames"])
    .addTime(schema.type("createTimestamp"), group.createdAt)
    .addTime(schema.type("modifyTimestamp"), group.updatedAt)
    .add(schema.type("hasSubordinates"), ["FALSE"])
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .add(
      schema.type("memberOf"),
      parts.memberOf.map((name) => tree.groupDn(name)),
    )
    .build();
}
