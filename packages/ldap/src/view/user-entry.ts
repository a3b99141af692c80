import { displayNameOf, type User } from "@directorykit/core";
import type { TreeLayout } from "../options.ts";
import { activeDirectoryUserAttributes } from "./active-directory.ts";
import { always, attributeFilter, type TestedAttribute, unknown } from "./attribute-filter.ts";
import { changeStamp } from "./change-stamp.ts";
import {
  type ClassRule,
  constant,
  type EntryAttributeRule,
  type EntryOwner,
  field,
  objectClasses,
  structuralClass,
  timeField,
} from "./made-attribute.ts";
import { registryAttributes } from "./registry-attributes.ts";
import { hasSambaAccount, sambaUserAttributes } from "./samba.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { Tree } from "./tree.ts";

const text = (name: string): TestedAttribute => ({ name, syntax: "string", matching: "caseIgnore" });
const dayMs = 86_400_000;

/** Those who have a Unix account. */
export const hasPosix: NonNullable<ClassRule<"user">["where"]> = {
  holds: (user) => user.posix !== undefined,
  filter: { op: "present", attribute: "uidNumber" },
};
const hasSshKeys: NonNullable<ClassRule<"user">["where"]> = {
  holds: (user) => user.sshKeys.length > 0,
  filter: { op: "present", attribute: "sshKey" },
};

/** The object classes of people (RFC 2798, RFC 2307, OpenSSH LPK). */
function personClasses({
  flavour,
  samba,
}: Pick<TreeLayout, "flavour" | "samba">): readonly ClassRule<"user">[] {
  return [
    { name: "top" },
    { name: "person" },
    { name: "organizationalPerson" },
    ...(flavour === "activeDirectory" ? [{ name: "user" }] : []),
    { name: "inetOrgPerson" },
    { name: "posixAccount", where: hasPosix },
    { name: "shadowAccount", where: hasPosix },
    { name: "ldapPublicKey", where: hasSshKeys },
    ...(samba === undefined ? [] : [{ name: "sambaSamAccount", where: hasSambaAccount }]),
  ];
}

/** What people's entries show. */
export function userAttributes(
  schema: Schema,
  tree: Tree,
  layout: Pick<TreeLayout, "userNaming" | "flavour" | "samba">,
): readonly EntryAttributeRule<"user">[] {
  const type = (name: string) => schema.known(name);
  const isActiveDirectory = layout.flavour === "activeDirectory";
  return [
    objectClasses(schema, personClasses(layout)),
    field(type("uid"), text("username"), (user) => user.username),
    commonName(schema, layout.userNaming),
    familyName(schema),
    ...registryAttributes("user", schema),
    {
      type: type("manager"),
      needs: ["manager"],
      show: (entry, _, { manager }) => {
        if (manager !== undefined) entry.add(type("manager"), [manager]);
      },
      match: (assertion, relations) => relations.manager(assertion),
    },
    passwordAge(schema),
    field(type("entryUUID"), { name: "id", syntax: "string", matching: "uuid" }, (user) => user.id),
    ...commonAttributes<"user">(schema, "user", "inetOrgPerson"),
    ...(isActiveDirectory ? activeDirectoryUserAttributes(schema, tree) : []),
    ...(layout.samba === undefined ? [] : sambaUserAttributes(schema, layout.samba)),
  ];
}

/** Operational attributes of people and groups alike. */
export function commonAttributes<O extends EntryOwner>(
  schema: Schema,
  owner: O,
  structural: string,
): readonly EntryAttributeRule<O>[] {
  const type = (name: string) => schema.known(name);
  return [
    {
      type: type("entryDN"),
      show: (entry, _, { dn }) => entry.add(type("entryDN"), [dn]),
      match: (assertion, relations) => relations.entryDn(assertion, owner),
    },
    structuralClass(schema, structural),
    timeField(type("createTimestamp"), "createdAt"),
    timeField(type("modifyTimestamp"), "updatedAt"),
    changeStamp<O>(type("entryCSN")),
    constant(type("hasSubordinates"), ["FALSE"]),
    constant(type("subschemaSubentry"), [subschemaDn]),
    {
      type: type("memberOf"),
      needs: ["memberOf"],
      show: (entry, _, { memberOf }) => entry.add(type("memberOf"), memberOf),
      match: (assertion, relations) => relations.memberOf(assertion, owner),
    },
  ];
}

/** cn is the name to show; where it names entries, the username too. */
function commonName(schema: Schema, naming: TreeLayout["userNaming"]): EntryAttributeRule<"user"> {
  const type = schema.known("cn");
  const names = (user: User): readonly string[] => {
    const name = displayNameOf(user);
    return naming === "cn" && user.username !== name ? [user.username, name] : [name];
  };
  return {
    type,
    ...(naming === "uid" ? { of: "displayName" } : {}),
    show: (entry, user) => entry.add(type, names(user)),
    match: (assertion) => {
      const shown = attributeFilter(assertion, text("displayName"));
      return naming === "cn"
        ? { op: "or", of: [shown, attributeFilter(assertion, text("username"))] }
        : shown;
    },
  };
}

/** sn is mandatory in person (RFC 4519 §3.12); someone without a family name goes by the whole name. */
function familyName(schema: Schema): EntryAttributeRule<"user"> {
  const type = schema.known("sn");
  return {
    type,
    show: (entry, user) => entry.add(type, [user.name.family ?? displayNameOf(user)]),
    match: (assertion) => {
      if (assertion.type === "present") return always;
      const none = { op: "not", of: { op: "present", attribute: "familyName" } } as const;
      const whole = attributeFilter(assertion, text("displayName"));
      return {
        op: "or",
        of: [attributeFilter(assertion, text("familyName")), { op: "and", of: [none, whole] }],
      };
    },
  };
}

/** When the password of someone with a Unix account became another one (RFC 2307 §5). Passwords are not searched by. */
function passwordAge(schema: Schema): EntryAttributeRule<"user"> {
  const type = schema.known("shadowLastChange");
  return {
    type,
    needs: ["passwordSetAt"],
    show: (entry, user, { passwordSetAt }) => {
      if (user.posix !== undefined && passwordSetAt !== undefined)
        entry.add(type, [String(Math.floor(passwordSetAt / dayMs))]);
    },
    match: () => unknown,
  };
}
