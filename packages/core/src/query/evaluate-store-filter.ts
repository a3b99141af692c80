import { compareIndexValues } from "../text/normalize.ts";
import { matchesSubstrings } from "../text/substrings.ts";
import type { AttributeTest, IndexValue, StoreFilter } from "./filter.ts";

/** What the evaluator needs to know of a record. */
export interface EvaluationSubject {
  /** The record's id. */
  readonly id: string;
  /** Normalised values of an attribute; empty when it has none. */
  values(attribute: string): readonly IndexValue[];
  /** Values compared without folding case, for `exact` tests. */
  exactValues(attribute: string): readonly IndexValue[];
  /** Tells of a group's id whether the record is a direct member of it. */
  groups(): Pick<ReadonlySet<string>, "has">;
}

/** Whether a record matches. This is the definition that every store's own execution is held against. */
export function evaluateStoreFilter(filter: StoreFilter, subject: EvaluationSubject): boolean {
  switch (filter.op) {
    case "true":
      return true;
    case "false":
      return false;
    case "and":
      return filter.of.every((part) => evaluateStoreFilter(part, subject));
    case "or":
      return filter.of.some((part) => evaluateStoreFilter(part, subject));
    case "not":
      return !evaluateStoreFilter(filter.of, subject);
    case "ids":
      return includes(filter.ids, subject.id);
    case "memberOf": {
      const groups = subject.groups();
      return filter.groups.some((group) => groups.has(group));
    }
    default:
      return testAttribute(filter, subject);
  }
}

function testAttribute(test: AttributeTest, subject: EvaluationSubject): boolean {
  const exact = test.op !== "present" && test.op !== "in" && test.exact === true;
  const values = exact ? subject.exactValues(test.attribute) : subject.values(test.attribute);
  switch (test.op) {
    case "present":
      return values.length > 0;
    case "equals":
      return values.includes(test.value);
    case "in":
      return values.some((value) => includes(test.values, value));
    case "atLeast":
    case "atMost":
      return values.some((value) => {
        if (typeof value !== typeof test.value) return false;
        const order = compareIndexValues(value, test.value);
        if (order === 0) return test.strict !== true;
        return test.op === "atLeast" ? order > 0 : order < 0;
      });
    case "substrings":
      return values.some((value) => typeof value === "string" && matchesSubstrings(value, test));
  }
}

const sets = new WeakMap<readonly IndexValue[], ReadonlySet<IndexValue>>();

/** A filter is asked of many records, and its lists may be as long as the directory. */
function includes(list: readonly IndexValue[], value: IndexValue): boolean {
  if (list.length <= 16) return list.includes(value);
  let set = sets.get(list);
  if (set === undefined) {
    set = new Set(list);
    sets.set(list, set);
  }
  return set.has(value);
}

/** Splits a filter into what `pushable` accepts and the residual. A conjunction is split between its parts. */
export function splitFilter(
  filter: StoreFilter,
  pushable: (leaf: StoreFilter) => boolean,
): { readonly pushed: StoreFilter; readonly residual?: StoreFilter } {
  if (isPushable(filter, pushable)) return { pushed: filter };
  if (filter.op !== "and") return { pushed: { op: "true" }, residual: filter };
  const pushed = filter.of.filter((part) => isPushable(part, pushable));
  const residual = filter.of.filter((part) => !isPushable(part, pushable));
  return {
    pushed: pushed.length === 0 ? { op: "true" } : { op: "and", of: pushed },
    residual: residual.length === 1 && residual[0] !== undefined ? residual[0] : { op: "and", of: residual },
  };
}

function isPushable(filter: StoreFilter, pushable: (leaf: StoreFilter) => boolean): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.of.every((part) => isPushable(part, pushable));
  if (filter.op === "not") return isPushable(filter.of, pushable);
  return pushable(filter);
}

/** Whether a leaf can be answered from index entries, keys and memberships alone. */
export function isIndexedLeaf(leaf: StoreFilter): boolean {
  switch (leaf.op) {
    case "true":
    case "false":
    case "ids":
    case "memberOf":
      return true;
    case "and":
    case "or":
    case "not":
      return false;
    case "equals":
    case "atLeast":
    case "atMost":
      return leaf.indexed && leaf.exact !== true;
    default:
      return leaf.indexed;
  }
}
