import type { AttributeOwner, Filter as CoreFilter, Directory, GroupId } from "@directorykit/core";
import { type Filter, parseDn } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import type { Schema } from "./schema.ts";
import { subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** What a filter is translated for. */
export interface TranslationContext {
  readonly directory: Directory;
  readonly tree: Tree;
  readonly schema: Schema;
  readonly layout: TreeLayout;
  /** LDAP names, lower case, that nobody may match by. */
  readonly hidden: ReadonlySet<AttributeTypeDefinition>;
}

type Owner = Extract<AttributeOwner, "user" | "group">;
type Test = Exclude<Filter, { type: "and" | "or" | "not" }>;

const always: CoreFilter = { op: "true" };
const never: CoreFilter = { op: "false" };
const unknown: CoreFilter = { op: "unknown" };

/** Matching rule of Active Directory that follows nested groups. */
const inChain = "1.2.840.113556.1.4.1941";

/** Translates an LDAP filter to the directory's algebra, for people or for groups. */
export async function translateFilter(
  filter: Filter,
  owner: Owner,
  context: TranslationContext,
): Promise<CoreFilter> {
  switch (filter.type) {
    case "and":
    case "or": {
      const of: CoreFilter[] = [];
      for (const part of filter.filters) of.push(await translateFilter(part, owner, context));
      return { op: filter.type, of };
    }
    case "not":
      return { op: "not", of: await translateFilter(filter.filter, owner, context) };
    default:
      return translateTest(filter, owner, context);
  }
}

async function translateTest(test: Test, owner: Owner, context: TranslationContext): Promise<CoreFilter> {
  if (test.attribute === undefined || test.attribute.includes(";")) return unknown;
  const type = context.schema.type(test.attribute);
  if (type === undefined || type.names[0] === "userPassword" || context.hidden.has(type)) return unknown;
  if (test.type === "extensibleMatch" && test.dnAttributes) {
    const plain = await translateType(type, { ...test, dnAttributes: false }, owner, context);
    return { op: "or", of: [plain, matchesContainer(type, test.value, owner, context) ? always : never] };
  }
  return translateType(type, test, owner, context);
}

async function translateType(
  type: AttributeTypeDefinition,
  test: Test,
  owner: Owner,
  context: TranslationContext,
): Promise<CoreFilter> {
  const name = type.names[0] as string;
  switch (name) {
    case "objectClass":
      return testObjectClass(test, owner, context.schema);
    case "structuralObjectClass":
      return constant(test, owner === "user" ? "inetorgperson" : "groupofnames");
    case "subschemaSubentry":
      return constant(test, subschemaDn.toLowerCase());
    case "hasSubordinates":
      return constant(test, "false");
    case "entryUUID":
      return attributeTest(test, "id");
    case "entryDN":
      return test.type === "present"
        ? always
        : ids(isEquality(test) ? await idOf(test.value, owner, context) : undefined);
    case "createTimestamp":
      return attributeTest(test, "createdAt");
    case "modifyTimestamp":
      return attributeTest(test, "updatedAt");
    case "memberOf":
      return testMemberOf(test, owner, context);
    case "member":
    case "uniqueMember":
      return owner === "group" ? testMember(test, context, name === "member") : never;
    case "memberUid":
      return owner === "group" ? testMemberUid(test, context) : never;
    case "manager":
      return owner === "user" ? testManager(test, context) : never;
    case "cn":
      if (owner === "group") return attributeTest(test, "name");
      if (context.layout.userNaming === "uid") return attributeTest(test, "displayName");
      return { op: "or", of: [attributeTest(test, "displayName"), attributeTest(test, "username")] };
    case "sn":
      return owner === "user" ? testFamilyName(test) : never;
    default: {
      const attribute = context.directory.attributes.registry.byProtocolName(owner, "ldap", name);
      // A type the schema knows and this kind of entry does not have is simply absent: false, not undefined.
      if (attribute === undefined) return never;
      // What readers are not shown they cannot find out by asking either.
      return attribute.sensitivity === "public" ? attributeTest(test, attribute.name) : unknown;
    }
  }
}

/** A test on one attribute of the directory. */
function attributeTest(test: Test, attribute: string): CoreFilter {
  switch (test.type) {
    case "present":
      return { op: "present", attribute };
    case "substrings": {
      const initial = test.initial === undefined ? undefined : decode(test.initial);
      const any = test.any.map(decode);
      const final = test.final === undefined ? undefined : decode(test.final);
      if (
        (test.initial !== undefined && initial === undefined) ||
        any.includes(undefined) ||
        (test.final !== undefined && final === undefined)
      )
        return unknown;
      return {
        op: "substrings",
        attribute,
        any: any as string[],
        ...(initial === undefined ? {} : { initial }),
        ...(final === undefined ? {} : { final }),
      };
    }
    case "extensibleMatch": {
      const matching = test.matchingRule === undefined ? undefined : matchingOf(test.matchingRule);
      const value = decode(test.value);
      if (value === undefined || (test.matchingRule !== undefined && matching === undefined)) return unknown;
      return { op: "equals", attribute, value, ...(matching === "caseExact" ? { matching } : {}) };
    }
    default: {
      const value = decode(test.value);
      if (value === undefined) return unknown;
      const op =
        test.type === "greaterOrEqual" ? "atLeast" : test.type === "lessOrEqual" ? "atMost" : "equals";
      return { op, attribute, value };
    }
  }
}

/** Rules by name or OID (RFC 4517 §4.2) that mean one of ours. */
function matchingOf(rule: string): "caseExact" | "own" | undefined {
  const name = rule.toLowerCase();
  if (["caseexactmatch", "2.5.13.5", "caseexactia5match", "1.3.6.1.4.1.1466.109.114.1"].includes(name))
    return "caseExact";
  const own = [
    "caseignorematch",
    "2.5.13.2",
    "caseignoreia5match",
    "1.3.6.1.4.1.1466.109.114.2",
    "integermatch",
    "2.5.13.14",
    "uuidmatch",
    "1.3.6.1.1.16.2",
    "generalizedtimematch",
    "2.5.13.27",
    "telephonenumbermatch",
    "2.5.13.20",
    "booleanmatch",
    "2.5.13.13",
  ];
  return own.includes(name) ? "own" : undefined;
}

/** A test on an attribute that has the same value in every entry of the kind. */
function constant(test: Test, value: string): CoreFilter {
  if (test.type === "present") return always;
  if (!isEquality(test)) return unknown;
  const given = decode(test.value)?.toLowerCase();
  return given === undefined ? unknown : given === value ? always : never;
}

function testObjectClass(test: Test, owner: Owner, schema: Schema): CoreFilter {
  if (test.type === "present") return always;
  if (!isEquality(test)) return unknown;
  const given = decode(test.value);
  const wanted = given === undefined ? undefined : schema.objectClass(given)?.name;
  // RFC 4511 §4.5.1.7.1: an object class nobody knows cannot be compared with; real clients expect plain false.
  if (wanted === undefined) return never;
  if (owner === "user") {
    if (["top", "person", "organizationalPerson", "inetOrgPerson"].includes(wanted)) return always;
    if (wanted === "posixAccount") return { op: "present", attribute: "uidNumber" };
    return wanted === "ldapPublicKey" ? { op: "present", attribute: "sshKey" } : never;
  }
  if (["top", "groupOfNames"].includes(wanted)) return always;
  return wanted === "posixGroup" ? { op: "present", attribute: "posixGid" } : never;
}

async function testMemberOf(test: Test, owner: Owner, context: TranslationContext): Promise<CoreFilter> {
  if (test.type === "present") {
    // In some group or other: every group of people is asked, which is what presence means here.
    const groups: GroupId[] = [];
    for await (const group of context.directory.groups.list())
      if (group.kind === "user") groups.push(group.id);
    return { op: "memberOf", groups, transitive: false };
  }
  if (!isEquality(test)) return unknown;
  const group = await idOf(test.value, "group", context);
  if (group === undefined) return isDn(test.value) ? never : unknown;
  const transitive = isInChain(test) || (owner === "user" && context.layout.nesting === "flatten");
  return { op: "memberOf", groups: [group as GroupId], transitive };
}

async function testMember(test: Test, context: TranslationContext, shown: boolean): Promise<CoreFilter> {
  if (test.type === "present") return shown ? hasMembers(context) : never;
  if (!isEquality(test)) return unknown;
  const member = (await idOf(test.value, "user", context)) ?? (await idOf(test.value, "group", context));
  if (member === undefined) return isDn(test.value) ? never : unknown;
  return { op: "hasMember", member, transitive: isInChain(test) || context.layout.nesting === "flatten" };
}

async function testMemberUid(test: Test, context: TranslationContext): Promise<CoreFilter> {
  const posix: CoreFilter = { op: "present", attribute: "posixGid" };
  if (test.type === "present") return { op: "and", of: [posix, await hasMembers(context)] };
  if (!isEquality(test)) return unknown;
  const user = await context.directory.users.byUsername(decode(test.value) ?? "");
  if (user === undefined) return never;
  return {
    op: "and",
    of: [posix, { op: "hasMember", member: user.id, transitive: context.layout.nesting === "flatten" }],
  };
}

/** Groups that have at least one direct member. */
async function hasMembers(context: TranslationContext): Promise<CoreFilter> {
  const filled: string[] = [];
  for await (const group of context.directory.groups.list()) {
    for await (const _ of context.directory.groups.members(group.id)) {
      filled.push(group.id);
      break;
    }
  }
  return { op: "ids", ids: filled };
}

async function testManager(test: Test, context: TranslationContext): Promise<CoreFilter> {
  if (test.type === "present") return { op: "present", attribute: "manager" };
  if (!isEquality(test)) return unknown;
  const manager = await idOf(test.value, "user", context);
  if (manager === undefined) return isDn(test.value) ? never : unknown;
  return { op: "equals", attribute: "manager", value: manager };
}

/** sn is the family name, or the whole name of those who have none. */
function testFamilyName(test: Test): CoreFilter {
  if (test.type === "present") return always;
  return {
    op: "or",
    of: [
      attributeTest(test, "familyName"),
      {
        op: "and",
        of: [
          { op: "not", of: { op: "present", attribute: "familyName" } },
          attributeTest(test, "displayName"),
        ],
      },
    ],
  };
}

type Equality = Extract<Test, { type: "equalityMatch" | "approxMatch" | "extensibleMatch" }> & {
  readonly value: Uint8Array;
};

function isEquality(test: Test): test is Equality {
  return test.type === "equalityMatch" || test.type === "approxMatch" || test.type === "extensibleMatch";
}

function isInChain(test: Test): boolean {
  return test.type === "extensibleMatch" && test.matchingRule === inChain;
}

/** Whether the containers above an entry carry the value: the part of `:dn:` that is the same for all. */
function matchesContainer(
  type: AttributeTypeDefinition,
  value: Uint8Array,
  owner: Owner,
  context: TranslationContext,
): boolean {
  const above = parseDn(owner === "user" ? context.tree.usersDn : context.tree.groupsDn);
  const wanted = decode(value)?.toLowerCase();
  return above.rdns.some((rdn) =>
    rdn.some((ava) => context.schema.type(ava.type) === type && ava.value.toLowerCase() === wanted),
  );
}

/** Id of what a DN names, or `undefined`. */
async function idOf(
  value: Uint8Array,
  owner: Owner,
  context: TranslationContext,
): Promise<string | undefined> {
  const text = decode(value);
  if (text === undefined || !isDn(value)) return undefined;
  const node = context.tree.locate(parseDn(text));
  if (node?.type === "user" && owner === "user")
    return (await context.directory.users.byUsername(node.username))?.id;
  if (node?.type === "group" && owner === "group")
    return (await context.directory.groups.byName(node.name))?.id;
  return undefined;
}

function isDn(value: Uint8Array): boolean {
  try {
    parseDn(decode(value) ?? "=");
    return true;
  } catch {
    return false;
  }
}

function ids(id: string | undefined): CoreFilter {
  return id === undefined ? never : { op: "ids", ids: [id] };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}
