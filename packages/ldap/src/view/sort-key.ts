import {
  type AttributeRegistry,
  compareIndexValues,
  type Group,
  type IndexValue,
  type MatchingRule,
  normalizeValue,
  type ReadableAttribute,
  type User,
} from "@directorykit/core";
import { LdapResultCode, type SortKey } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import type { Entry } from "./entry.ts";
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
  /** Which attribute names people. */
  readonly userNaming: TreeLayout["userNaming"];
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

/** Ordering rules by name and OID (RFC 4517 §4.2, RFC 4530 §2.3) with what they compare by. */
const orderings: ReadonlyMap<string, MatchingRule> = new Map([
  ["caseignoreorderingmatch", "caseIgnore"],
  ["2.5.13.3", "caseIgnore"],
  ["caseexactorderingmatch", "caseExact"],
  ["2.5.13.6", "caseExact"],
  ["integerorderingmatch", "integer"],
  ["2.5.13.15", "integer"],
  ["generalizedtimeorderingmatch", "time"],
  ["2.5.13.28", "time"],
  ["uuidorderingmatch", "uuid"],
  ["1.3.6.1.1.16.3", "uuid"],
]);

const byCase: readonly MatchingRule[] = ["caseIgnore", "caseExact"];

/** Attributes of the directory behind types that are not shown as they are. */
const made: Readonly<Record<"user" | "group", Readonly<Record<string, string>>>> = {
  user: {
    uid: "username",
    cn: "displayName",
    sn: "familyName",
    createTimestamp: "createdAt",
    modifyTimestamp: "updatedAt",
  },
  group: { cn: "name", createTimestamp: "createdAt", modifyTimestamp: "updatedAt" },
};

/** Works out how entries are sorted by a key, or why they cannot be. */
export function sortCriterion(key: SortKey, context: SortContext): SortCriterion | SortRefusal {
  const { schema, hidden } = context;
  const type = schema.type(key.attributeType);
  if (type === undefined) return { sortResult: LdapResultCode.noSuchAttribute };
  if (hidden.has(type) || isPrivate(type, schema))
    return { sortResult: LdapResultCode.insufficientAccessRights };
  const rule = ruleOf(type, key.orderingRule);
  if (rule === undefined) return { sortResult: LdapResultCode.inappropriateMatching };
  const users = valuesOf<User>("user", type, rule, key.reverseOrder, context);
  const groups = valuesOf<Group>("group", type, rule, key.reverseOrder, context);
  return {
    reverse: key.reverseOrder,
    user: (record) => least(users.read(record)),
    group: (record) => least(groups.read(record)),
    fixed: ({ attributes }) =>
      least(attributes.flatMap((one) => (one.type === type ? compared(rule, one.values) : []))),
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

/** The rule to sort by: the one that was named if it fits the type, else the type's own. */
function ruleOf(type: AttributeTypeDefinition, named: string | undefined): MatchingRule | undefined {
  const own = ownRule(type);
  if (named === undefined || own === undefined) return own;
  const rule = orderings.get(named.toLowerCase());
  if (rule === own) return own;
  return rule !== undefined && byCase.includes(rule) && byCase.includes(own) ? rule : undefined;
}

function ownRule({ syntax }: AttributeTypeDefinition): MatchingRule | undefined {
  switch (syntax) {
    case "directoryString":
    case "ia5":
      return "caseIgnore";
    case "caseExactString":
    case "ia5Exact":
      return "caseExact";
    case "telephone":
    case "integer":
    case "time":
    case "uuid":
      return syntax;
    default:
      return undefined;
  }
}

function valuesOf<R extends User | Group>(
  owner: "user" | "group",
  type: AttributeTypeDefinition,
  rule: MatchingRule,
  reverse: boolean,
  { schema, registry, userNaming }: SortContext,
): RecordValues<R> {
  const name = type.names[0] as string;
  if (name === "entryUUID") return { read: ({ id }) => compared(rule, [id]), kept: undefined };
  const attribute = Object.hasOwn(made[owner], name)
    ? registry.get(owner, made[owner][name] as string)
    : schema.shown(owner).get(type);
  if (attribute === undefined) return { read: () => [], kept: "none" };
  const read = (record: R): readonly IndexValue[] => compared(rule, attribute.read(record as never));
  if (owner === "user" && name === "sn") {
    // Someone without a family name goes by the whole name.
    const whole = registry.get("user", "displayName") as ReadableAttribute;
    return {
      read: (record) => {
        const family = read(record);
        return family.length > 0 ? family : compared(rule, whole.read(record as never));
      },
      kept: undefined,
    };
  }
  if (owner === "user" && name === "cn" && userNaming === "cn") {
    return {
      read: (record) => [...read(record), ...compared(rule, [(record as User).username])],
      kept: undefined,
    };
  }
  // In reverse the directory would go by the largest of several values.
  const isKept = attribute.indexed && attribute.matching === rule && !(reverse && attribute.multiValued);
  return { read, kept: isKept ? attribute.name : undefined };
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
