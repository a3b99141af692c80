import type { Filter as CoreFilter, Lookup, UserId } from "@directorykit/core";
import { type ComparisonFilter, type Filter, parseDn, type SearchRequest } from "../codec/index.ts";
import { decodeText } from "../view/assertion.ts";
import { syntaxes } from "../view/attribute-syntaxes.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { EntryWriter } from "../view/entry-writer.ts";
import type { EntryOwner } from "../view/made-attribute.ts";
import type { Schema } from "../view/schema.ts";
import { Selection } from "../view/selection.ts";
import { translateFilter } from "../view/translate-filter.ts";
import type { FixedNode, Tree } from "../view/tree.ts";
import { isStamp, treeEntry } from "../view/tree-entries.ts";
import { EntrySource } from "./entry-source.ts";
import { searchTarget } from "./search-target.ts";
import { type LdapIdentity, sightOf } from "./session.ts";

/** What a planned search finds. */
export interface FoundPerson {
  /** The SearchResultEntry's protocolOp, encoded, in memory that the next answer overwrites. */
  readonly entry: Uint8Array;
  /** Whom it is about. */
  readonly user: UserId;
  /** Whether somebody else can come to be found by the same value only when this one no longer is. */
  readonly isOnly: boolean;
}

/** Where a plan looks for records, and for which. */
interface Lookups {
  readonly users: Lookup<"user">;
  /** Absent where no group can have the value. */
  readonly groups?: Lookup<"group">;
  /** Whether nobody else can have the value of the one who is found. */
  readonly isUnique: boolean;
  /** Values, in lower case, that entries of the tree itself have. */
  readonly others: ReadonlySet<string>;
}

/**
 * A search for one person by a value that only they have, understood once and asked again for other values without
 * waiting. It gives what {@link search} gives; where it cannot, it says so. It holds for as long as nothing in the
 * directory changes but people, their memberships and what they log in with.
 */
export class PlannedSearch {
  /** Which of the filter's equality tests, in the order in which they are written, the value belongs to. */
  readonly test: number;
  /** What those see whom it is for, by `sightOf`. */
  readonly sight: string;
  readonly #source: EntrySource;
  readonly #selection: Selection;
  readonly #writer: EntryWriter;
  readonly #lookups: Lookups;

  private constructor(
    test: number,
    sight: string,
    view: DirectoryView,
    source: EntrySource,
    selection: Selection,
    lookups: Lookups,
  ) {
    this.test = test;
    this.sight = sight;
    this.#source = source;
    this.#selection = selection;
    this.#writer = new EntryWriter(selection, view.hidden);
    this.#lookups = lookups;
  }

  /**
   * Plans a search that has been answered before.
   * @returns `undefined` for one that must be looked at anew each time
   */
  static async of(
    request: SearchRequest,
    identity: LdapIdentity,
    view: DirectoryView,
  ): Promise<PlannedSearch | undefined> {
    const { schema } = view;
    const { tree } = identity;
    const sight = sightOf(identity, view.options);
    // What a connection's own identity may do changes with the grants of whoever is bound on it.
    const source = new EntrySource(view, { ...identity }, new AbortController().signal);
    const selection = new Selection(request.attributes, request.typesOnly, schema);
    if (!source.answersNow(selection)) return undefined;
    const target = searchTarget(tree, parseDn(request.baseObject), request.scope);
    if (target?.users !== "all" || !followsPersonOnly(request.filter, schema)) return undefined;
    for (const [i, { test, rest }] of equalityTests(request.filter).entries()) {
      const lookups = await findLookups(test, rest, target.groups !== "none", source, view);
      if (lookups === undefined) continue;
      const others = await valuesOfFixed(test.attribute, target.fixed, tree, view);
      if (others === undefined) return undefined;
      return new PlannedSearch(i, sight, view, source, selection, { ...lookups, others });
    }
    return undefined;
  }

  /**
   * The person with a value, as visible ASCII; `"nobody"` when there is none, `undefined` when that cannot be said at once
   * or when the person is the reader, who sees more of themself than others do.
   */
  now(value: string, reader: UserId): FoundPerson | "nobody" | undefined {
    const { users, groups, isUnique, others } = this.#lookups;
    if (others.size > 0 && others.has(value.toLowerCase())) return undefined;
    const found = users.now(value);
    if (found === undefined || found.length > 1) return undefined;
    if (groups !== undefined && groups.now(value)?.length !== 0) return undefined;
    const [user] = found;
    if (user === undefined) return "nobody";
    if (user.id === reader) return undefined;
    const entry = this.#source.writeUserNow(user, this.#selection, this.#writer);
    return entry === undefined ? undefined : { entry, user: user.id, isOnly: isUnique };
  }
}

/** Look-ups by an equality test that asks for one person; `undefined` for any other test. */
async function findLookups(
  test: ComparisonFilter,
  rest: readonly Filter[],
  withGroups: boolean,
  source: EntrySource,
  { options }: DirectoryView,
): Promise<Omit<Lookups, "others"> | undefined> {
  const { directory } = options;
  const asked = (owner: EntryOwner): Promise<CoreFilter> => translateFilter(test, owner, source.translation);
  const others = (owner: EntryOwner): Promise<CoreFilter> =>
    translateFilter({ type: "and", filters: rest }, owner, source.translation);
  const ofUsers = await asked("user");
  const attribute = attributeOf(ofUsers, test);
  if (attribute === undefined) return undefined;
  const isUnique =
    attribute === "id" || directory.attributes.registry.get("user", attribute)?.unique === true;
  if (!isUnique && attribute !== "email") return undefined;
  const users = directory.lookup("user", attribute, source.visibleUsers(await others("user")));
  const ofGroups: CoreFilter = withGroups ? await asked("group") : { op: "false" };
  if (ofGroups.op === "false" || ofGroups.op === "unknown") return { users, isUnique };
  const groupAttribute = attributeOf(ofGroups, test);
  if (groupAttribute === undefined) return undefined;
  const visible = source.visibleGroups(await others("group"));
  return { users, groups: directory.lookup("group", groupAttribute, visible), isUnique };
}

/** Values of an attribute that the tree's own entries have; `undefined` when they cannot be told apart by their letters. */
async function valuesOfFixed(
  name: string,
  nodes: readonly FixedNode[],
  tree: Tree,
  view: DirectoryView,
): Promise<ReadonlySet<string> | undefined> {
  const type = view.schema.type(name);
  const values = new Set<string>();
  for (const node of nodes) {
    const { attributes } = await treeEntry(node, tree, view, isStamp(name, view.schema));
    for (const attribute of attributes)
      if (attribute.type === type) for (const value of attribute.values) values.add(value.toLowerCase());
  }
  return values.size === 0 || type?.syntax === "uuid" ? values : undefined;
}

/** The attribute of the directory that a test asks for by the value as it was sent. */
function attributeOf(translated: CoreFilter, { value }: ComparisonFilter): string | undefined {
  if (translated.op !== "equals" || translated.matching !== undefined) return undefined;
  return translated.value === decodeText(value) ? translated.attribute : undefined;
}

interface EqualityTest {
  readonly test: ComparisonFilter;
  /** What else must hold. */
  readonly rest: readonly Filter[];
}

/** The equality tests of a filter that must all hold, in the order in which they are written. */
function equalityTests(filter: Filter): readonly EqualityTest[] {
  if (filter.type === "equalityMatch") return [{ test: filter, rest: [] }];
  if (filter.type !== "and") return [];
  return filter.filters.flatMap((part, i) =>
    equalityTests(part).map(({ test, rest }) => ({
      test,
      rest: [...filter.filters.toSpliced(i, 1), ...rest],
    })),
  );
}

/** Whether no test looks at other people by their names; memberOf looks at groups. */
export function followsPersonOnly(filter: Filter, schema: Schema): boolean {
  switch (filter.type) {
    case "and":
    case "or":
      return filter.filters.every((part) => followsPersonOnly(part, schema));
    case "not":
      return followsPersonOnly(filter.filter, schema);
    default: {
      // A rule alone is one of every attribute that it goes with.
      if (filter.attribute === undefined) return false;
      const type = schema.type(filter.attribute);
      if (type === undefined || type.names[0] === "memberOf") return true;
      return syntaxes[type.syntax].kind !== "dn" && type.names[0] !== "memberUid";
    }
  }
}
