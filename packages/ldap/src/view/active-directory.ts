import type { Filter as CoreFilter } from "@directorykit/core";
import { always, attributeFilter, never, unknown } from "./attribute-filter.ts";
import { type EntryBuilder, generalizedTime } from "./entry.ts";
import { constant, type EntryAttributeRule, type EntryOwner, field } from "./made-attribute.ts";
import { categoryDn, type ObjectCategory } from "./object-category.ts";
import { guidOctets, uuidOfGuid } from "./object-guid.ts";
import { principalFilter } from "./principal-name.ts";
import { registryAttribute } from "./registry-attributes.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** NORMAL_ACCOUNT: people who may not log in are not shown, so nothing else is ever set. */
const userAccountControl = "512";
/** SAM_USER_OBJECT and SAM_GROUP_OBJECT. */
const sAMAccountType = { user: "805306368", group: "268435456" } as const;
/** A global security group. */
const groupType = "-2147483646";
/** Never: grants and states decide, not dates of accounts. */
const accountExpires = "9223372036854775807";

/** What people show beside the standard attributes. */
export function activeDirectoryUserAttributes(
  schema: Schema,
  tree: Tree,
): readonly EntryAttributeRule<"user">[] {
  const type = (name: string) => schema.known(name);
  const username = { name: "username", syntax: "string", matching: "caseIgnore" } as const;
  const { domain } = tree;
  return [
    field(type("name"), username, (user) => user.username),
    field(type("sAMAccountName"), username, (user) => user.username),
    ...(domain === undefined ? [] : [principalName(type("userPrincipalName"), domain)]),
    constant(type("userAccountControl"), [userAccountControl]),
    constant(type("accountExpires"), [accountExpires]),
    ...[
      ["department", "department"],
      ["company", "company"],
      ["employeeID", "employeeNumber"],
    ].flatMap(([shown, own]): EntryAttributeRule<"user">[] => {
      const attribute = schema.attribute("user", own as string);
      return attribute === undefined ? [] : [registryAttribute(type(shown as string), attribute)];
    }),
    ...commonRules<"user">(schema, tree, "user", "Person"),
  ];
}

/** What groups show beside the standard attributes. */
export function activeDirectoryGroupAttributes(
  schema: Schema,
  tree: Tree,
): readonly EntryAttributeRule<"group">[] {
  const type = (name: string) => schema.known(name);
  const name = { name: "name", syntax: "string", matching: "caseIgnore" } as const;
  return [
    field(type("name"), name, (group) => group.name),
    field(type("sAMAccountName"), name, (group) => group.name),
    constant(type("groupType"), [groupType]),
    ...commonRules<"group">(schema, tree, "group", "Group"),
  ];
}

/** Adds what other entries of the tree show beside the standard attributes. */
export function addActiveDirectory(
  entry: EntryBuilder,
  schema: Schema,
  of: {
    readonly dn: string;
    readonly name: string;
    readonly uuid: string;
    readonly suffix: string;
    readonly category: ObjectCategory;
  },
): void {
  const octets = guidOctets(of.uuid);
  entry
    .add(schema.known("name"), [of.name])
    .add(schema.known("distinguishedName"), [of.dn])
    .add(schema.known("objectCategory"), [categoryDn(of.category, of.suffix)])
    .addOctets(schema.known("objectGUID"), [octets], [Buffer.from(octets).toString("latin1")]);
}

function commonRules<O extends EntryOwner>(
  schema: Schema,
  tree: Tree,
  owner: O,
  category: ObjectCategory,
): readonly EntryAttributeRule<O>[] {
  const type = (name: string) => schema.known(name);
  return [
    constant(type("objectCategory"), [categoryDn(category, tree.suffix)]),
    constant(type("sAMAccountType"), [sAMAccountType[owner]]),
    {
      type: type("distinguishedName"),
      show: (entry, _, { dn }) => entry.add(type("distinguishedName"), [dn]),
      match: (assertion, relations) => relations.entryDn(assertion, owner),
    },
    objectGuid<O>(type("objectGUID")),
    when<O>(type("whenCreated"), "createdAt"),
    when<O>(type("whenChanged"), "updatedAt"),
    {
      type: type("uSNChanged"),
      show: (entry, { revision }) => entry.add(type("uSNChanged"), [String(revision)]),
      match: (assertion) =>
        attributeFilter(assertion, { name: "revision", syntax: "integer", matching: "integer" }),
    },
  ];
}

function principalName(type: AttributeTypeDefinition, domain: string): EntryAttributeRule<"user"> {
  const ending = `@${domain}`;
  return {
    type,
    show: (entry, { username }) => entry.add(type, [`${username}${ending}`]),
    match: (assertion) => principalFilter(assertion, ending),
  };
}

/** The id as octets, in the order in which Active Directory has them. */
function objectGuid<O extends EntryOwner>(type: AttributeTypeDefinition): EntryAttributeRule<O> {
  return {
    type,
    show: (entry, { id }) => entry.addOctets(type, [guidOctets(id)]),
    match: (assertion): CoreFilter => {
      if (assertion.type === "present") return always;
      if (assertion.type !== "equal") return unknown;
      const id = uuidOfGuid(assertion.value.octets);
      return id === undefined ? never : { op: "ids", ids: [id] };
    },
  };
}

/** A time with the fraction of a second that Active Directory's always have. */
function when<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  name: "createdAt" | "updatedAt",
): EntryAttributeRule<O> {
  return {
    type,
    show: (entry, record) => {
      const time = generalizedTime(record[name]);
      if (time !== undefined) entry.add(type, [`${time.slice(0, -1)}.0Z`]);
    },
    match: (assertion) => attributeFilter(assertion, { name, syntax: "time", matching: "time" }),
  };
}
