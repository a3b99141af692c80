import type { TreeLayout } from "../options.ts";
import { activeDirectoryGroupAttributes } from "./active-directory.ts";
import { type ClassRule, type EntryAttributeRule, field, objectClasses } from "./made-attribute.ts";
import { registryAttributes } from "./registry-attributes.ts";
import { hasSambaMapping, sambaGroupAttributes } from "./samba.ts";
import type { Schema } from "./schema.ts";
import type { Tree } from "./tree.ts";
import { commonAttributes } from "./user-entry.ts";

/** Those who have a group number. */
const hasGid: NonNullable<ClassRule<"group">["where"]> = {
  holds: (group) => group.posixGid !== undefined,
  filter: { op: "present", attribute: "posixGid" },
};

/** What groups' entries show (RFC 4519 groupOfNames or groupOfUniqueNames, RFC 2307bis posixGroup). */
export function groupAttributes(
  schema: Schema,
  tree: Tree,
  layout: Pick<TreeLayout, "groupClass" | "flavour" | "samba">,
): readonly EntryAttributeRule<"group">[] {
  const { groupClass, samba } = layout;
  const isActiveDirectory = layout.flavour === "activeDirectory";
  const type = (name: string) => schema.known(name);
  const name = { name: "name", syntax: "string", matching: "caseIgnore" } as const;
  return [
    objectClasses(schema, [
      { name: "top" },
      { name: groupClass },
      ...(isActiveDirectory ? [{ name: "group" }] : []),
      { name: "posixGroup", where: hasGid },
      ...(samba === undefined ? [] : [{ name: "sambaGroupMapping", where: hasSambaMapping }]),
    ]),
    field(type("cn"), name, (group) => group.name),
    ...registryAttributes("group", schema),
    members(schema, tree, "member", groupClass === "groupOfNames"),
    members(schema, tree, "uniqueMember", groupClass === "groupOfUniqueNames"),
    {
      type: type("memberUid"),
      needs: ["users"],
      show: (entry, group, { users }) => {
        if (group.posixGid !== undefined) entry.add(type("memberUid"), users);
      },
      match: (assertion, relations) => relations.memberUid(assertion),
    },
    field(type("entryUUID"), { name: "id", syntax: "string", matching: "uuid" }, (group) => group.id),
    ...commonAttributes<"group">(schema, "group", isActiveDirectory ? "group" : groupClass),
    ...(isActiveDirectory ? activeDirectoryGroupAttributes(schema, tree) : []),
    ...(samba === undefined ? [] : sambaGroupAttributes(schema, samba)),
  ];
}

/**
 * The members by DN. Of the two attributes that name them so the tree shows one; programs that were made for the other
 * ask for members by it all the same, and are told.
 */
function members(
  schema: Schema,
  tree: Tree,
  name: "member" | "uniqueMember",
  isShown: boolean,
): EntryAttributeRule<"group"> {
  const type = schema.known(name);
  const match: EntryAttributeRule<"group">["match"] = (assertion, relations) =>
    relations.member(assertion, isShown);
  if (!isShown) return { type, match };
  return {
    type,
    needs: ["users", "groups"],
    show: (entry, _, { users, groups }) =>
      entry.add(type, [
        ...users.map((user) => tree.userDn(user)),
        ...groups.map((group) => tree.groupDn(group)),
      ]),
    match,
  };
}
