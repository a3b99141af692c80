import { displayNameOf, type User } from "@directorykit/core";
import { type Entry, EntryBuilder } from "./entry.ts";
import { addRegistryAttributes } from "./registry-attributes.ts";
import type { Schema } from "./schema.ts";
import { subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** What a user's entry needs beside the user. */
export interface UserEntryParts {
  /** DNs of the groups to show in memberOf. */
  readonly memberOf: readonly string[];
  /** Username of the manager. */
  readonly manager: string | undefined;
  /** Which attributes will be looked at. */
  readonly wanted: (type: AttributeTypeDefinition) => boolean;
}

/** The object classes of a user's entry. */
export function userObjectClasses(user: User): readonly string[] {
  return [
    "top",
    "person",
    "organizationalPerson",
    "inetOrgPerson",
    ...(user.posix === undefined ? [] : ["posixAccount"]),
    ...(user.sshKeys.length === 0 ? [] : ["ldapPublicKey"]),
  ];
}

/** A user as an entry (RFC 2798 inetOrgPerson, RFC 2307 posixAccount). */
export function userEntry(
  user: User,
  tree: Tree,
  schema: Schema,
  naming: "uid" | "cn",
  parts: UserEntryParts,
): Entry {
  const name = displayNameOf(user);
  const dn = tree.userDn(user.username);
  const entry = new EntryBuilder(dn, parts.wanted)
    .add(schema.type("objectClass"), userObjectClasses(user))
    .add(schema.type("uid"), [user.username])
    .add(schema.type("cn"), naming === "cn" && user.username !== name ? [user.username, name] : [name])
    // sn is mandatory in person (RFC 4519 §3.12); someone without a family name goes by the whole name.
    .add(schema.type("sn"), [user.name.family ?? name]);
  addRegistryAttributes(entry, "user", user, schema);
  if (parts.manager !== undefined) entry.add(schema.type("manager"), [tree.userDn(parts.manager)]);
  return entry
    .add(schema.type("entryUUID"), [user.id])
    .add(schema.type("entryDN"), [dn])
    .add(schema.type("structuralObjectClass"), ["inetOrgPerson"])
    .addTime(schema.type("createTimestamp"), user.createdAt)
    .addTime(schema.type("modifyTimestamp"), user.updatedAt)
    .add(schema.type("hasSubordinates"), ["FALSE"])
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .add(schema.type("memberOf"), parts.memberOf)
    .build();
}
