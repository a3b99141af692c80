import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { DirectoryError } from "../errors.ts";
import type { AttributeOwner, MatchingRule } from "../model/attribute-definition.ts";
import type { ResourceId } from "../model/ids.ts";
import { foldSpaces, normalizeValue } from "../text/normalize.ts";
import { prepareSubstrings } from "../text/substrings.ts";
import type { Filter, IndexValue, StoreFilter } from "./filter.ts";

/** Bounds on filters that strangers may send. Passing one is `limit-exceeded`, naming it. */
export interface FilterLimits {
  /** Levels of nesting. Default 64. */
  readonly maxFilterDepth: number;
  /** Nodes in the whole filter; each part of a substring test counts as one. Default 2048. */
  readonly maxFilterNodes: number;
}

/** The limits used where none are given. */
export const defaultFilterLimits: FilterLimits = { maxFilterDepth: 64, maxFilterNodes: 2048 };

/** Groups (with those nested in them) and users that grants now in force let use one of some resources. */
export interface Entitled {
  readonly groups: readonly string[];
  readonly users: readonly string[];
}

/** Looks up what a filter says about relations, so that stores only see direct edges and ids. */
export interface RelationResolver {
  /** The groups and all groups nested in them. */
  descendants(groups: readonly string[]): Promise<readonly string[]>;
  /** The groups a member belongs to; through nested groups too when `transitive`. */
  groupsOf(member: string, transitive: boolean): Promise<readonly string[]>;
  /** Who may use any of the resources. */
  entitled(resources: readonly ResourceId[]): Promise<Entitled>;
}

/** What is known of relations without looking. */
export interface KnownRelations {
  /** The groups and all groups nested in them; `undefined` when that would have to be looked up. */
  descendantsNow(groups: readonly string[]): readonly string[] | undefined;
  /** Who may use any of the resources; `undefined` when that would have to be looked up. */
  entitledNow(resources: readonly ResourceId[]): Entitled | undefined;
}

/** Undefined of three-valued logic; it is gone once the filter is compiled. */
type Compiled = StoreFilter | "undefined";

const yes: StoreFilter = { op: "true" };
const no: StoreFilter = { op: "false" };

type Relation = Extract<Filter, { op: "memberOf" | "hasMember" | "entitledTo" }>;

/**
 * Translates a filter to what stores are asked: names looked up, values normalised, relations resolved, negation
 * pushed to the leaves, undefined parts removed (a part that is undefined never makes a record match, negated or not),
 * constants folded, and `or` of equalities on one attribute joined.
 *
 * @throws DirectoryError `limit-exceeded` naming the limit
 */
export async function compileFilter(
  filter: Filter,
  owner: AttributeOwner,
  registry: AttributeRegistry,
  relations: RelationResolver,
  limits: FilterLimits = defaultFilterLimits,
): Promise<StoreFilter> {
  checkFilterSize(filter, limits);
  const resolved = new Map<Relation, StoreFilter>();
  for (const node of relationsIn(filter)) resolved.set(node, await resolve(node, owner, relations));
  return compile(filter, owner, registry, (node) => resolved.get(node));
}

/**
 * {@link compileFilter} without waiting, of what is known.
 * The filter's size is the caller's to check.
 * @returns `undefined` when a relation would have to be looked up
 */
export function compileFilterNow(
  filter: Filter,
  owner: AttributeOwner,
  registry: AttributeRegistry,
  relations: KnownRelations,
): StoreFilter | undefined {
  const resolved = new Map<Relation, StoreFilter>();
  for (const node of relationsIn(filter)) {
    const known = resolveNow(node, owner, relations);
    if (known === undefined) return undefined;
    resolved.set(node, known);
  }
  return compile(filter, owner, registry, (node) => resolved.get(node));
}

/** Compiles a filter that has no relations, without waiting. Relations in it are undefined. */
export function compileAttributeFilter(
  filter: Filter,
  owner: AttributeOwner,
  registry: AttributeRegistry,
): StoreFilter {
  checkFilterSize(filter);
  return compile(filter, owner, registry, () => undefined);
}

async function resolve(
  node: Relation,
  owner: AttributeOwner,
  relations: RelationResolver,
): Promise<StoreFilter> {
  switch (node.op) {
    case "memberOf":
      return memberOfFilter(node.transitive ? await relations.descendants(node.groups) : node.groups);
    case "hasMember":
      return owner === "group" ? idsFilter(await relations.groupsOf(node.member, node.transitive)) : no;
    case "entitledTo":
      return entitledFilter(await relations.entitled(node.resources), owner);
  }
}

function resolveNow(
  node: Relation,
  owner: AttributeOwner,
  relations: KnownRelations,
): StoreFilter | undefined {
  switch (node.op) {
    case "memberOf": {
      const groups = node.transitive ? relations.descendantsNow(node.groups) : node.groups;
      return groups === undefined ? undefined : memberOfFilter(groups);
    }
    case "hasMember":
      return owner === "group" ? undefined : no;
    case "entitledTo": {
      const known = relations.entitledNow(node.resources);
      return known === undefined ? undefined : entitledFilter(known, owner);
    }
  }
}

function memberOfFilter(groups: readonly string[]): StoreFilter {
  return groups.length === 0 ? no : { op: "memberOf", groups };
}

function entitledFilter({ groups, users }: Entitled, owner: AttributeOwner): StoreFilter {
  if (owner === "group") return idsFilter(groups);
  return combine("or", [memberOfFilter(groups), idsFilter(users)]);
}

function relationsIn(filter: Filter): readonly Relation[] {
  const found: Relation[] = [];
  collect(filter);
  return found;

  function collect(node: Filter): void {
    if (node.op === "not") collect(node.of);
    else if (node.op === "and" || node.op === "or") for (const part of node.of) collect(part);
    else if (node.op === "memberOf" || node.op === "hasMember" || node.op === "entitledTo") found.push(node);
  }
}

/** @param related - what a relation was resolved to; `undefined` makes it undefined */
function compile(
  filter: Filter,
  owner: AttributeOwner,
  registry: AttributeRegistry,
  related: (node: Relation) => StoreFilter | undefined,
): StoreFilter {
  const compiled = visit(filter, false);
  return compiled === "undefined" ? no : compiled;

  function visit(node: Filter, negated: boolean): Compiled {
    switch (node.op) {
      case "not":
        return visit(node.of, !negated);
      case "and":
      case "or": {
        const parts = node.of.map((part) => visit(part, negated));
        return combine((node.op === "and") !== negated ? "and" : "or", parts);
      }
      case "memberOf":
      case "hasMember":
      case "entitledTo":
        return sign(related(node) ?? "undefined", negated);
      default:
        return sign(compileLeaf(node, owner, registry), negated);
    }
  }
}

type Leaf = Exclude<Filter, { op: "memberOf" | "hasMember" | "entitledTo" | "and" | "or" | "not" }>;

function compileLeaf(node: Leaf, owner: AttributeOwner, registry: AttributeRegistry): Compiled {
  if (node.op === "true" || node.op === "false") return node;
  if (node.op === "unknown") return "undefined";
  if (node.op === "ids") return idsFilter(node.ids);
  if (node.attribute === "id") return compileId(node);
  const attribute = registry.get(owner, node.attribute);
  if (attribute === undefined || attribute.sensitivity === "secret") return "undefined";
  const base = { attribute: attribute.name, indexed: attribute.indexed };
  switch (node.op) {
    case "present":
      return { ...base, op: "present" };
    case "equals":
    case "atLeast":
    case "atMost":
    case "above":
    case "below": {
      if (node.matching !== undefined && !canMatch(attribute.matching, node.matching)) return "undefined";
      if (keepsCase(attribute.matching, node.matching))
        return comparison(base, node.op, foldSpaces(String(node.value)), true);
      const value = normalizeValue(attribute.matching, node.value);
      return value === undefined ? "undefined" : comparison(base, node.op, value, false);
    }
    case "substrings": {
      if (attribute.syntax !== "string" && attribute.syntax !== "binary") return "undefined";
      if (node.matching !== undefined && !canMatch(attribute.matching, node.matching)) return "undefined";
      const exact = keepsCase(attribute.matching, node.matching);
      const pieces = prepareSubstrings(exact ? "caseExact" : attribute.matching, { any: [], ...node });
      // A rule without substrings must not turn the test into "has any value".
      if (pieces === undefined) return "undefined";
      const indexed = attribute.indexed && pieces.spaced !== true && !exact;
      return { ...base, indexed, op: "substrings", ...pieces, ...(exact ? { exact } : {}) };
    }
  }
}

/** A comparison in terms that stores know: whole numbers leave the value itself out by going one further. */
function comparison(
  base: { readonly attribute: string; readonly indexed: boolean },
  op: "equals" | "atLeast" | "atMost" | "above" | "below",
  value: IndexValue,
  keepCase: boolean,
): StoreFilter {
  const exact = keepCase ? ({ exact: true } as const) : {};
  if (op !== "above" && op !== "below") return { ...base, op, value, ...exact };
  const inclusive = op === "above" ? "atLeast" : "atMost";
  if (typeof value === "number")
    return { ...base, op: inclusive, value: op === "above" ? value + 1 : value - 1 };
  return { ...base, indexed: false, op: inclusive, value, strict: true, ...exact };
}

/** Whether values are compared with their case though their own rule folds it. */
function keepsCase(own: MatchingRule, wanted: "caseExact" | "caseIgnore" | undefined): boolean {
  return own === "caseIgnore" && wanted === "caseExact";
}

/** Whether values of an attribute can be compared by another rule than its own: case can be kept, not folded later. */
function canMatch(own: MatchingRule, wanted: "caseExact" | "caseIgnore"): boolean {
  return own === wanted || (own === "caseIgnore" && wanted === "caseExact");
}

function compileId(node: Extract<Leaf, { attribute: string }>): Compiled {
  if (node.op === "present") return yes;
  if (node.op !== "equals") return "undefined";
  const id = normalizeValue("uuid", node.value);
  return id === undefined ? "undefined" : idsFilter([id as string]);
}

function idsFilter(ids: readonly string[]): StoreFilter {
  return ids.length === 0 ? no : { op: "ids", ids };
}

function sign(compiled: Compiled, negated: boolean): Compiled {
  if (!negated || compiled === "undefined") return compiled;
  if (compiled.op === "true") return no;
  if (compiled.op === "false") return yes;
  return { op: "not", of: compiled };
}

/** Joins parts, treating undefined as false: in negation normal form neither can make a record match. */
function combine(op: "and" | "or", parts: readonly Compiled[]): StoreFilter {
  const absorbing = op === "and" ? "false" : "true";
  const neutral = op === "and" ? "true" : "false";
  const kept: StoreFilter[] = [];
  for (const part of parts) {
    const value = part === "undefined" ? no : part;
    if (value.op === absorbing) return value;
    if (value.op === neutral) continue;
    if (value.op === op) kept.push(...value.of);
    else kept.push(value);
  }
  const joined = op === "or" ? joinEqualities(kept) : kept;
  if (joined.length === 0) return op === "and" ? yes : no;
  return joined.length === 1 && joined[0] !== undefined ? joined[0] : { op, of: joined };
}

function joinEqualities(parts: readonly StoreFilter[]): StoreFilter[] {
  const values = new Map<string, Set<IndexValue>>();
  const rest: StoreFilter[] = [];
  const indexed = new Map<string, boolean>();
  for (const part of parts) {
    if (part.op === "equals" && part.exact !== true) {
      const seen = values.get(part.attribute) ?? new Set();
      values.set(part.attribute, seen.add(part.value));
      indexed.set(part.attribute, part.indexed);
    } else rest.push(part);
  }
  for (const [attribute, seen] of values) {
    const base = { attribute, indexed: indexed.get(attribute) === true };
    const [first] = seen;
    rest.push(
      seen.size === 1 && first !== undefined
        ? { ...base, op: "equals", value: first }
        : { ...base, op: "in", values: [...seen] },
    );
  }
  return rest;
}

/** Refuses a filter that is too large or nested too deep. @throws DirectoryError `limit-exceeded` naming the limit */
export function checkFilterSize(filter: Filter, limits: FilterLimits = defaultFilterLimits): void {
  let nodes = 0;
  const stack: { node: Filter; depth: number }[] = [{ node: filter, depth: 1 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    nodes += top.node.op === "substrings" ? 1 + (top.node.any?.length ?? 0) : 1;
    if (top.depth > limits.maxFilterDepth) throw tooBig("maxFilterDepth", limits.maxFilterDepth);
    if (nodes > limits.maxFilterNodes) throw tooBig("maxFilterNodes", limits.maxFilterNodes);
    if (top.node.op === "not") stack.push({ node: top.node.of, depth: top.depth + 1 });
    else if (top.node.op === "and" || top.node.op === "or") {
      for (const part of top.node.of) stack.push({ node: part, depth: top.depth + 1 });
    }
  }
}

function tooBig(limit: keyof FilterLimits, value: number): DirectoryError {
  return new DirectoryError("limit-exceeded", `the filter passes ${limit} (${value})`, {
    details: { limit, value },
  });
}
