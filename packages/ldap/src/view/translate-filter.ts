import { type Filter as CoreFilter, DirectoryError, defaultFilterLimits } from "@directorykit/core";
import { dnKey, type Filter, parseDn, prepareCaseIgnore } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import { always, attributeTest, decodeText, isDefined, never, type Test, unknown } from "./attribute-test.ts";
import { assertedDn, assertedText, type EntryOwner, type RelationTests } from "./relation-test.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** What a filter is translated for. */
export interface TranslationContext {
  /** The tree that is searched. */
  readonly tree: Tree;
  /** The schema as it stands. */
  readonly schema: Schema;
  /** Which attribute names people. */
  readonly userNaming: TreeLayout["userNaming"];
  /** Types that nobody may match by. */
  readonly hidden: ReadonlySet<AttributeTypeDefinition>;
  /** Translates what entries say of each other. */
  readonly relations: RelationTests;
}

/**
 * Translates an LDAP filter to the directory's algebra, for people or for groups.
 * @throws DirectoryError `limit-exceeded` for a filter of more nodes than the directory takes
 */
export async function translateFilter(
  filter: Filter,
  owner: EntryOwner,
  context: TranslationContext,
): Promise<CoreFilter> {
  checkSize(filter);
  return translate(filter, owner, context);
}

async function translate(
  filter: Filter,
  owner: EntryOwner,
  context: TranslationContext,
): Promise<CoreFilter> {
  switch (filter.type) {
    case "and":
    case "or": {
      const of: CoreFilter[] = [];
      for (const part of filter.filters) of.push(await translate(part, owner, context));
      return { op: filter.type, of };
    }
    case "not":
      return { op: "not", of: await translate(filter.filter, owner, context) };
    default:
      return translateTest(filter, owner, context);
  }
}

/** Refuses before anything is looked up what the directory would refuse after it. */
function checkSize(filter: Filter): void {
  const { maxFilterNodes } = defaultFilterLimits;
  let nodes = 0;
  const stack: Filter[] = [filter];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    nodes += 1;
    if (nodes > maxFilterNodes) {
      throw new DirectoryError("limit-exceeded", `the filter passes maxFilterNodes (${maxFilterNodes})`, {
        details: { limit: "maxFilterNodes", value: maxFilterNodes },
      });
    }
    if (top.type === "not") stack.push(top.filter);
    else if (top.type === "and" || top.type === "or") stack.push(...top.filters);
  }
}

async function translateTest(
  test: Test,
  owner: EntryOwner,
  context: TranslationContext,
): Promise<CoreFilter> {
  const type = test.attribute === undefined ? undefined : context.schema.type(test.attribute);
  if (type === undefined || context.hidden.has(type) || !isDefined(test, type)) return unknown;
  if (test.type === "extensibleMatch" && test.dnAttributes) {
    const plain = await translateType(type, test, owner, context);
    const ignoresCase = ["caseignorematch", "2.5.13.2"].includes(
      test.matchingRule?.toLowerCase() ?? "2.5.13.2",
    );
    const above = ignoresCase && matchesContainer(type, test.value, owner, context);
    return { op: "or", of: [plain, above ? always : never] };
  }
  return translateType(type, test, owner, context);
}

async function translateType(
  type: AttributeTypeDefinition,
  test: Test,
  owner: EntryOwner,
  context: TranslationContext,
): Promise<CoreFilter> {
  const { relations } = context;
  const name = type.names[0] as string;
  switch (name) {
    case "objectClass":
      return testObjectClass(test, owner, context.schema);
    case "structuralObjectClass":
      return testStructuralClass(test, owner, context.schema);
    case "subschemaSubentry": {
      if (test.type === "present") return always;
      const dn = assertedDn(test);
      return dn === undefined ? unknown : dnKey(dn) === dnKey(parseDn(subschemaDn)) ? always : never;
    }
    case "hasSubordinates": {
      if (test.type === "present") return always;
      const given = assertedText(test)?.toUpperCase();
      return given === "FALSE" ? always : given === "TRUE" ? never : unknown;
    }
    case "entryUUID":
      return attributeTest(test, { name: "id", syntax: "string", matching: "uuid" });
    case "entryDN":
      return relations.entryDn(test, owner);
    case "createTimestamp":
      return attributeTest(test, { name: "createdAt", syntax: "time", matching: "time" });
    case "modifyTimestamp":
      return attributeTest(test, { name: "updatedAt", syntax: "time", matching: "time" });
    case "memberOf":
      return relations.memberOf(test, owner);
    case "member":
    case "uniqueMember":
      return owner === "group" ? relations.member(test, name === "member") : never;
    case "memberUid":
      return owner === "group" ? relations.memberUid(test) : never;
    case "manager":
      return owner === "user" ? relations.manager(test) : never;
    case "uid":
      return owner === "user" ? textTest(test, "username") : never;
    case "cn":
      if (owner === "group") return textTest(test, "name");
      if (context.userNaming === "uid") return textTest(test, "displayName");
      return { op: "or", of: [textTest(test, "displayName"), textTest(test, "username")] };
    case "sn":
      return owner === "user" ? testFamilyName(test) : never;
    default: {
      const attribute = context.schema.shown(owner).get(type);
      // A type the schema knows and this kind of entry does not have is simply absent: false, not undefined.
      if (attribute === undefined) return never;
      // What readers are not shown they cannot find out by asking either.
      return attribute.sensitivity === "public" ? attributeTest(test, attribute) : unknown;
    }
  }
}

function textTest(test: Test, name: string): CoreFilter {
  return attributeTest(test, { name, syntax: "string", matching: "caseIgnore" });
}

function testObjectClass(test: Test, owner: EntryOwner, schema: Schema): CoreFilter {
  if (test.type === "present") return always;
  const wanted = assertedClass(test, schema);
  if (wanted === undefined) return unknown;
  if (owner === "user") {
    if (["top", "person", "organizationalPerson", "inetOrgPerson"].includes(wanted)) return always;
    if (wanted === "posixAccount") return { op: "present", attribute: "uidNumber" };
    return wanted === "ldapPublicKey" ? { op: "present", attribute: "sshKey" } : never;
  }
  if (["top", "groupOfNames"].includes(wanted)) return always;
  return wanted === "posixGroup" ? { op: "present", attribute: "posixGid" } : never;
}

function testStructuralClass(test: Test, owner: EntryOwner, schema: Schema): CoreFilter {
  if (test.type === "present") return always;
  const wanted = assertedClass(test, schema);
  if (wanted === undefined) return unknown;
  return wanted === (owner === "user" ? "inetOrgPerson" : "groupOfNames") ? always : never;
}

/**
 * The object class that a test asserts, by its name here; empty for one nobody knows, which no entry has: RFC 4511
 * §4.5.1.7 would have that undefined, but clients that filter out classes of other servers expect plain false.
 */
function assertedClass(test: Test, schema: Schema): string | undefined {
  const byRule =
    test.type === "extensibleMatch" &&
    ["objectidentifiermatch", "2.5.13.0"].includes(test.matchingRule?.toLowerCase() ?? "");
  const given = byRule ? decodeText(test.value) : assertedText(test);
  return given === undefined ? undefined : (schema.objectClass(given)?.name ?? "");
}

/** sn is the family name, or the whole name of those who have none. */
function testFamilyName(test: Test): CoreFilter {
  if (test.type === "present") return always;
  const none: CoreFilter = { op: "not", of: { op: "present", attribute: "familyName" } };
  const whole = textTest(test, "displayName");
  return { op: "or", of: [textTest(test, "familyName"), { op: "and", of: [none, whole] }] };
}

/** Whether the containers above an entry carry the value: the part of `:dn:` that is the same for all. */
function matchesContainer(
  type: AttributeTypeDefinition,
  value: Uint8Array,
  owner: EntryOwner,
  context: TranslationContext,
): boolean {
  const above = parseDn(owner === "user" ? context.tree.usersDn : context.tree.groupsDn);
  const wanted = prepareCaseIgnore(decodeText(value) ?? "");
  return above.rdns.some((rdn) =>
    rdn.some((ava) => context.schema.type(ava.type) === type && prepareCaseIgnore(ava.value) === wanted),
  );
}
