import { type Filter as CoreFilter, DirectoryError, defaultFilterLimits } from "@directorykit/core";
import { type Filter, parseDn } from "../codec/index.ts";
import { appliesTo, isDefinedBy, readAssertion, type Test } from "./assertion.ts";
import { always, never, unknown } from "./attribute-filter.ts";
import { matchesDn } from "./entry-filter.ts";
import type { EntryForm } from "./entry-form.ts";
import type { EntryOwner } from "./made-attribute.ts";
import type { RelationTests } from "./relation-test.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** What a filter is translated for. */
export interface TranslationContext {
  /** How the tree that is searched looks. */
  readonly form: EntryForm;
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
    nodes += top.type === "substrings" ? 1 + top.any.length : 1;
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
  const { schema } = context.form;
  if (test.attribute === undefined) return translateRule(test, owner, context);
  const type = schema.type(test.attribute);
  if (type === undefined || context.hidden.has(type)) return unknown;
  const plain = await translateType(test, type, owner, context);
  if (plain === unknown || test.type !== "extensibleMatch" || !test.dnAttributes) return plain;
  return { op: "or", of: [plain, matchesAbove(test, owner, context)] };
}

/** A test that names a rule alone is one of every attribute that the rule goes with (RFC 4511 §4.5.1.7.7). */
async function translateRule(
  test: Test,
  owner: EntryOwner,
  context: TranslationContext,
): Promise<CoreFilter> {
  const { form, hidden } = context;
  const rule =
    test.type === "extensibleMatch" && test.matchingRule !== undefined
      ? form.schema.rule(test.matchingRule)
      : undefined;
  if (test.type !== "extensibleMatch" || rule === undefined || !isDefinedBy(rule, test.value)) return unknown;
  const of: CoreFilter[] = [];
  for (const { type, show } of form[owner].rules) {
    if (show === undefined || hidden.has(type) || !appliesTo(rule, type)) continue;
    const one = await translateType(test, type, owner, context);
    // What nobody may ask about is not there for this question.
    if (one !== unknown) of.push(one);
  }
  if (test.dnAttributes) of.push(matchesAbove(test, owner, context));
  return { op: "or", of };
}

async function translateType(
  test: Test,
  type: AttributeTypeDefinition,
  owner: EntryOwner,
  { form, relations }: TranslationContext,
): Promise<CoreFilter> {
  const assertion = readAssertion(test, type, form.schema);
  if (assertion === undefined) return unknown;
  // A type the schema knows and this kind of entry does not have is simply absent: false, not undefined.
  const rule = owner === "user" ? form.user.rule(type) : form.group.rule(type);
  return rule === undefined ? never : rule.match(assertion, relations);
}

/** Whether the names of the containers above an entry match: the part of `:dn:` that is the same for all. */
function matchesAbove(
  test: Extract<Test, { type: "extensibleMatch" }>,
  owner: EntryOwner,
  { form, hidden }: TranslationContext,
): CoreFilter {
  const { usersDn, groupsDn } = form.tree;
  const above = parseDn(owner === "user" ? usersDn : groupsDn);
  return matchesDn(test, above, form.schema, hidden) === true ? always : never;
}
