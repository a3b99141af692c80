import {
  type AttributeRegistry,
  compareIndexValues,
  type Group,
  type IndexValue,
  type MatchingRule,
  normalizeValue,
  type RecordTypes,
  type User,
} from "@directorykit/core";
import { LdapResultCode, type SortKey } from "../codec/index.ts";
import { appliesTo } from "./assertion.ts";
import { syntaxes } from "./attribute-syntaxes.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import type { EntryForm } from "./entry-form.ts";
import type { EntryParts } from "./made-attribute.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** What an entry is sorted by; `null` for one without the attribute. */
export type SortValue = IndexValue | null;

/** A sort key (RFC 2891 §1.1) as this directory can follow it. */
export interface SortCriterion {
  readonly reverse: boolean;
  /** The least value of a person (RFC 2891 §2.2). */
  user(record: User): SortValue;
  /** The least value of a group. */
  group(record: Group): SortValue;
  /** The least value of another entry. */
  fixed(entry: Entry): SortValue;
  /** A value that clients compare with, as it is compared; `undefined` when the rule has no such value. */
  asserted(text: string): IndexValue | undefined;
  /**
   * The attribute by which the directory itself keeps people and groups in this order; `none` when none of them has a
   * value, `undefined` when they are not kept so.
   */
  readonly kept: { readonly user: string | "none" | undefined; readonly group: string | "none" | undefined };
}

/** What {@link sortCriterion} must know. */
export interface SortContext {
  readonly schema: Schema;
  readonly registry: AttributeRegistry;
  /** Types that nobody may sort by. */
  readonly hidden: ReadonlySet<AttributeTypeDefinition>;
  /** How the entries of the tree look; `undefined` before a bind. */
  readonly form: EntryForm | undefined;
}

/** Why entries cannot be sorted by a key. */
export interface SortRefusal {
  /** For the sortResult (RFC 2891 §1.2). */
  readonly sortResult: number;
}

/** Values of a type as they are compared, however an entry comes by them. */
interface RecordValues<R> {
  read(record: R): readonly IndexValue[];
  readonly kept: string | "none" | undefined;
}

/** Works out how entries are sorted by a key, or why they cannot be. */
export function sortCriterion(key: SortKey, context: SortContext): SortCriterion | SortRefusal {
  const { schema, hidden } = context;
  const type = schema.type(key.attributeType);
  if (type === undefined) return { sortResult: LdapResultCode.noSuchAttribute };
  if (hidden.has(type) || isPrivate(type, schema))
    return { sortResult: LdapResultCode.insufficientAccessRights };
  const rule = ruleOf(type, key.orderingRule, schema);
  if (rule === undefined) return { sortResult: LdapResultCode.inappropriateMatching };
  const users = valuesOf("user", type, rule, key.reverseOrder, context);
  const groups = valuesOf("group", type, rule, key.reverseOrder, context);
  // What is looked up for every entry by itself cannot be looked up for all.
  if (users === undefined || groups === undefined) return { sortResult: LdapResultCode.unwillingToPerform };
  return {
    reverse: key.reverseOrder,
    user: (record) => least(users.read(record)),
    group: (record) => least(groups.read(record)),
    fixed: (entry) => least(compared(rule, shownValues(entry, type))),
    asserted: (text) => compared(rule, [text])[0],
    kept: { user: users.kept, group: groups.kept },
  };
}

/** Whether readers are not shown what it holds. */
function isPrivate(type: AttributeTypeDefinition, schema: Schema): boolean {
  return (["user", "group"] as const).some((owner) => {
    const attribute = schema.shown(owner).get(type);
    return attribute !== undefined && attribute.sensitivity !== "public";
  });
}

/** What values are compared by: the ordering rule that was named if it goes with the type, else the type's own. */
function ruleOf(
  type: AttributeTypeDefinition,
  named: string | undefined,
  schema: Schema,
): MatchingRule | undefined {
  const { ordering } = syntaxes[type.syntax];
  const name = named ?? ordering;
  const rule = name === undefined ? undefined : schema.rule(name);
  if (rule?.use !== "ordering" || !(appliesTo(rule, type) || rule.name === ordering)) return undefined;
  const { kind } = syntaxes[type.syntax];
  switch (kind) {
    case "text":
      return rule.keepsCase ? "caseExact" : "caseIgnore";
    // Written in a form that is in order as text.
    case "changeSequenceNumber":
      return "caseExact";
    case "exactText":
      return "caseExact";
    case "integer":
    case "time":
      return kind;
    default:
      return undefined;
  }
}

/** @returns `undefined` when the values must be fetched for each entry */
function valuesOf<O extends "user" | "group">(
  owner: O,
  type: AttributeTypeDefinition,
  rule: MatchingRule,
  reverse: boolean,
  { registry, form }: SortContext,
): RecordValues<RecordTypes[O]> | undefined {
  const { show, needs = [], of } = form?.[owner].rule(type) ?? {};
  if (show === undefined) return { read: () => [], kept: "none" };
  if (needs.length > 0) return undefined;
  const attribute = of === undefined ? undefined : registry.get(owner, of);
  if (attribute === undefined) {
    const read = (record: RecordTypes[O]): readonly IndexValue[] => {
      const entry = new EntryBuilder("");
      show(entry, record as never, noParts);
      return compared(rule, shownValues(entry.build(), type));
    };
    return { read, kept: undefined };
  }
  // In reverse the directory would go by the largest of several values.
  const isKept = attribute.indexed && attribute.matching === rule && !(reverse && attribute.multiValued);
  return {
    read: (record) => compared(rule, attribute.read(record as never)),
    kept: isKept ? attribute.name : undefined,
  };
}

const noParts: EntryParts = {
  dn: "",
  memberOf: [],
  manager: undefined,
  users: [],
  groups: [],
  passwordSetAt: undefined,
  ntHash: undefined,
};

function shownValues(entry: Entry, type: AttributeTypeDefinition): readonly string[] {
  return entry.attributes.flatMap((one) => (one.type === type && !one.selfOnly ? one.values : []));
}

/** Values as filters compare them; times in whole seconds, as they are shown. */
function compared(rule: MatchingRule, values: readonly (string | number | boolean)[]): readonly IndexValue[] {
  return values.flatMap((value) => {
    const key = normalizeValue(rule, value);
    if (key === undefined) return [];
    return rule === "time" && typeof key === "number" ? Math.floor(key / 1000) * 1000 : key;
  });
}

function least(values: readonly IndexValue[]): SortValue {
  const [first, ...others] = values;
  if (first === undefined) return null;
  return others.reduce((best, value) => (compareIndexValues(value, best) < 0 ? value : best), first);
}
