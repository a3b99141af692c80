import type { GroupId, ResourceId } from "../model/ids.ts";
import type { AttributeValue } from "../model/record.ts";
import type { PreparedSubstrings } from "../text/substrings.ts";

/**
 * The one filter algebra. LDAP filters, SCIM filters and REST queries are all translated to it. Attribute names are
 * the directory's own (see the attribute registry); values are as a person would write them, and are normalised by
 * the attribute's matching rule when the filter is compiled.
 *
 * Logic is three-valued as in RFC 4511 §4.5.1.7: a test on an unknown attribute, or with a value that its syntax
 * does not allow, is neither true nor false but undefined, and stays so under `not`. `unknown` is that value written
 * out, for front ends that meet something they cannot translate.
 */
export type Filter =
  | { readonly op: "true" }
  | { readonly op: "false" }
  | { readonly op: "unknown" }
  | { readonly op: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly op: "not"; readonly of: Filter }
  | {
      /** `above` and `below` leave the value itself out. */
      readonly op: "equals" | "atLeast" | "atMost" | "above" | "below";
      readonly attribute: string;
      readonly value: AttributeValue;
      /** Compare by this rule instead of the attribute's own (LDAP extensible match). */
      readonly matching?: "caseExact" | "caseIgnore";
    }
  | {
      readonly op: "substrings";
      readonly attribute: string;
      readonly initial?: string;
      readonly any?: readonly string[];
      readonly final?: string;
      /** Compare by this rule instead of the attribute's own. */
      readonly matching?: "caseExact" | "caseIgnore";
    }
  | { readonly op: "present"; readonly attribute: string }
  | { readonly op: "ids"; readonly ids: readonly string[] }
  /** The record is a member of one of the groups; through nested groups too when `transitive`. */
  | { readonly op: "memberOf"; readonly groups: readonly GroupId[]; readonly transitive: boolean }
  /** The record is a group that has the member; through nested groups too when `transitive`. */
  | { readonly op: "hasMember"; readonly member: string; readonly transitive: boolean }
  /** The record is a user who some grant lets use one of the resources, or a group that such a grant names. */
  | { readonly op: "entitledTo"; readonly resources: readonly ResourceId[] };

/** A normalised value: what stores compare. Strings compare by Unicode code point, numbers numerically. */
export type IndexValue = string | number;

/**
 * What a store is asked: two-valued, normalised, with relations resolved to direct edges. A leaf is true when any
 * value of the record's attribute satisfies it, and false when the record has no such attribute.
 *
 * `indexed` tells whether index entries, which the store was given, answer the leaf; a store must leave other leaves to
 * the residual.
 */
export type StoreFilter =
  | { readonly op: "true" }
  | { readonly op: "false" }
  | { readonly op: "and" | "or"; readonly of: readonly StoreFilter[] }
  | { readonly op: "not"; readonly of: StoreFilter }
  | AttributeTest
  /** The record's id is one of these. */
  | { readonly op: "ids"; readonly ids: readonly string[] }
  /** The record is a direct member of one of these groups. */
  | { readonly op: "memberOf"; readonly groups: readonly string[] };

/** A leaf of a {@link StoreFilter} that looks at the values of one attribute. */
export type AttributeTest = {
  /** The attribute. */
  readonly attribute: string;
  /** Whether stores hold index entries that answer the test. */
  readonly indexed: boolean;
} & (
  | {
      readonly op: "equals" | "atLeast" | "atMost";
      readonly value: IndexValue;
      /** Compare with case kept. For the residual. */
      readonly exact?: boolean;
      /** The value itself does not count. For the residual. */
      readonly strict?: true;
    }
  | { readonly op: "in"; readonly values: readonly IndexValue[] }
  | ({ readonly op: "substrings"; readonly exact?: true } & PreparedSubstrings)
  | { readonly op: "present" }
);
