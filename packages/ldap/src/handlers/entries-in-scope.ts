import type { Filter as CoreFilter } from "@directorykit/core";
import { dnKey, LdapResultCode, parseDn, type SearchRequest } from "../codec/index.ts";
import type { Entry } from "../view/entry.ts";
import { matchesEntry } from "../view/entry-filter.ts";
import { rootDse, subschema } from "../view/fixed-entries.ts";
import { subschemaDn } from "../view/schema.ts";
import { Selection } from "../view/selection.ts";
import { translateFilter } from "../view/translate-filter.ts";
import { asksForStamp, treeEntry } from "../view/tree-entries.ts";
import type { EntrySource } from "./entry-source.ts";
import { EntryStream, type FoundFixedEntry } from "./entry-stream.ts";
import type { OperationContext } from "./operation-context.ts";
import { type SearchTarget, searchTarget } from "./search-target.ts";
import type { Outcome } from "./session.ts";

const subschemaKey = dnKey(parseDn(subschemaDn));

/** The entries that a search may give, and whether there is anything at its base. */
export interface EntriesInScope {
  /** They. */
  readonly entries: EntryStream;
  /** Asked when the search has found nothing: what is wrong then, or `undefined` when the base is there. */
  missingBase(): Promise<Outcome | undefined>;
}

/**
 * Works out which entries a search gives (RFC 4511 §4.5.1.2), for whoever asks.
 *
 * @param source - what they see; `undefined` before a bind
 * @returns the result instead when they may not ask, or when nothing of the tree can be there
 * @throws DirectoryError as `directory.query`
 */
export async function entriesInScope(
  request: SearchRequest,
  context: OperationContext,
  source: EntrySource | undefined,
): Promise<EntriesInScope | { readonly refusal: Outcome }> {
  const { view, session, facts } = context;
  const { schema } = view;
  const { baseObject, scope, filter } = request;
  const only = (entries: readonly Entry[]): EntriesInScope => ({
    entries: stream(matching(entries), undefined, undefined),
    missingBase: async () => undefined,
  });
  const stream = (
    fixed: readonly FoundFixedEntry[],
    users: CoreFilter | undefined,
    groups: CoreFilter | undefined,
  ): EntryStream => new EntryStream({ fixed, users, groups }, view, context.signal);
  const matching = (entries: readonly Entry[]): readonly FoundFixedEntry[] =>
    entries
      .map((entry, i) => ({ part: "fixed", id: String(i).padStart(4, "0"), entry }) as const)
      .filter(({ entry }) => matchesEntry(filter, entry, schema, view.hidden));

  if (baseObject === "" && scope === "baseObject") return only([await rootDse(facts, schema)]);
  const { identity } = session;
  if (identity === undefined || source === undefined)
    return refusal(LdapResultCode.insufficientAccessRights, { diagnosticMessage: "bind first" });
  let base: ReturnType<typeof parseDn>;
  try {
    base = parseDn(baseObject);
  } catch {
    return refusal(LdapResultCode.invalidDNSyntax, {
      diagnosticMessage: "the base is not a distinguished name",
    });
  }
  const { subentries } = context.controls;
  // What types there are is no secret from anyone who is in.
  if (dnKey(base) === subschemaKey) {
    const isVisible = scope !== "singleLevel" && subentries?.value !== false;
    return only(isVisible ? [subschema(schema)] : []);
  }
  if (identity.search === "none") return refusal(LdapResultCode.insufficientAccessRights);
  const { tree } = identity;
  const noSuchObject = (): Outcome => ({
    resultCode: LdapResultCode.noSuchObject,
    matchedDN: tree.nearest(base),
  });
  const target = searchTarget(tree, base, scope);
  if (target === undefined) return { refusal: noSuchObject() };
  const missingBase = async (): Promise<Outcome | undefined> =>
    (await isThere(target, source)) ? undefined : noSuchObject();
  // RFC 3672 §3: whoever wants to see subentries sees nothing else, and there are none in the tree.
  if (subentries?.value === true) return { entries: stream([], undefined, undefined), missingBase };
  const fixed: Entry[] = [];
  const selection = new Selection(request.attributes, request.typesOnly, schema);
  const withStamp = selection.has(schema.known("contextCSN")) || asksForStamp(filter, schema);
  for (const node of target.fixed) fixed.push(await treeEntry(node, tree, view, withStamp));
  const { translation } = source;
  const translated: Translated = (owner) => translateFilter(filter, owner, translation);
  return {
    entries: stream(
      matching(fixed),
      await usersInScope(target.users, translated, source),
      await groupsInScope(target.groups, translated, source),
    ),
    missingBase,
  };
}

function refusal(resultCode: number, more: Partial<Outcome> = {}): { readonly refusal: Outcome } {
  return { refusal: { resultCode, ...more } };
}

type Translated = (owner: "user" | "group") => Promise<CoreFilter>;

async function usersInScope(
  which: SearchTarget["users"],
  translated: Translated,
  source: EntrySource,
): Promise<CoreFilter | undefined> {
  if (which === "none") return undefined;
  if (which === "all") return source.visibleUsers(await translated("user"));
  const named: CoreFilter = { op: "equals", attribute: "username", value: which.username };
  return source.visibleUsers({ op: "and", of: [named, await translated("user")] });
}

async function groupsInScope(
  which: SearchTarget["groups"],
  translated: Translated,
  source: EntrySource,
): Promise<CoreFilter | undefined> {
  if (which === "none") return undefined;
  if (which === "all") return source.visibleGroups(await translated("group"));
  const named: CoreFilter = { op: "equals", attribute: "name", value: which.name };
  return source.visibleGroups({ op: "and", of: [named, await translated("group")] });
}

/** Whether the base of a search is there; below a person or group there is nothing, if they are. */
async function isThere(target: SearchTarget, source: EntrySource): Promise<boolean> {
  const { fixed, users, groups, leaf } = target;
  if (fixed.length > 0 || users === "all" || groups === "all") return true;
  if (users !== "none") return (await source.findUser(users.username)) !== undefined;
  if (groups !== "none") return (await source.findGroup(groups.name)) !== undefined;
  if (leaf?.type === "user") return (await source.findUser(leaf.username)) !== undefined;
  if (leaf?.type === "group") return (await source.findGroup(leaf.name)) !== undefined;
  return false;
}
