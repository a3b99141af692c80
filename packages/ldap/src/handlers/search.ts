import { isDirectoryError, type User } from "@directorykit/core";
import { dnKey, LdapResultCode, parentDn, parseDn, type SearchRequest } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { matchesEntry } from "../view/entry-filter.ts";
import { containerEntry, rootDse, subschema, suffixEntry } from "../view/fixed-entries.ts";
import { subschemaDn } from "../view/schema.ts";
import { Selection } from "../view/selection.ts";
import { translateFilter } from "../view/translate-filter.ts";
import type { Tree } from "../view/tree.ts";
import { turn } from "../view/turn.ts";
import { EntrySource } from "./entry-source.ts";
import type { OperationContext } from "./operation-context.ts";
import { type FixedEntryName, type SearchTarget, searchTarget } from "./search-target.ts";
import type { Outcome } from "./session.ts";

/** Where a search puts its entries. */
export interface EntrySink {
  /**
   * Takes an entry. A promise means "wait": the peer is slow to read.
   * @param about - ids of the people whose change may change the entry: the one it is about, their manager
   */
  entry(
    objectName: Uint8Array,
    attributes: readonly Uint8Array[],
    about: readonly string[],
  ): void | Promise<void>;
}

/** Ends a search that has taken as long as it may: thrown here, and the reason of the signal when someone else notices. */
export const timeUp: unique symbol = Symbol("time limit");

/** Thrown to end a search that has sent as many entries as it may. */
const enough: unique symbol = Symbol("size limit");

const subschemaKey = dnKey(parseDn(subschemaDn));
const success: Outcome = { resultCode: LdapResultCode.success };

/** One search on its way. */
interface Running {
  readonly request: SearchRequest;
  readonly view: DirectoryView;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  /** Sends an entry, unless a limit is reached. */
  send(entry: Entry, isSelf?: boolean, about?: readonly string[]): void | Promise<void>;
}

/** Milliseconds a search may take. */
export function searchTime(request: Pick<SearchRequest, "timeLimit">, most: number): number {
  return request.timeLimit > 0 ? Math.min(request.timeLimit * 1000, most) : most;
}

/**
 * Answers a SearchRequest (RFC 4511 §4.5): sends entries to the sink and returns the result that goes into the
 * SearchResultDone. Nothing is thrown: what goes wrong is in the result.
 */
export async function search(
  request: SearchRequest,
  context: OperationContext,
  sink: EntrySink,
): Promise<Outcome> {
  const { view, signal } = context;
  const { limits, directory } = view.options;
  const deadline = performance.now() + searchTime(request, limits.maxSearchMs);
  const most =
    request.sizeLimit > 0 ? Math.min(request.sizeLimit, limits.maxSearchEntries) : limits.maxSearchEntries;
  const selection = new Selection(request.attributes, request.typesOnly, view.schema);
  const { hidden } = view;
  let sent = 0;
  const send: Running["send"] = (entry, isSelf = false, about = []) => {
    if (sent === most) throw enough;
    const now = performance.now();
    if (now > deadline) throw timeUp;
    sent += 1;
    return sink.entry(entry.objectName, selection.apply(entry, isSelf, hidden), about) ?? turn(now);
  };
  try {
    return await run({ request, view, selection, signal, send }, context);
  } catch (error) {
    if (error === enough) {
      const outcome = { resultCode: LdapResultCode.sizeLimitExceeded };
      return most === request.sizeLimit ? outcome : { ...outcome, limit: "maxSearchEntries" };
    }
    if (error === timeUp || signal.reason === timeUp) return outOfTime(request, limits.maxSearchMs);
    if (!isDirectoryError(error)) directory.logger.error({ error: String(error) }, "an LDAP search failed");
    const resultCode = resultCodeOfError(error);
    const isScan = isDirectoryError(error) && error.details?.["limit"] === "maxScan";
    return isScan ? { resultCode, limit: "maxSearchScan" } : { resultCode };
  }
}

/** The result of a search that took too long. */
export function outOfTime(request: Pick<SearchRequest, "timeLimit">, most: number): Outcome {
  const outcome = { resultCode: LdapResultCode.timeLimitExceeded };
  return searchTime(request, most) < most ? outcome : { ...outcome, limit: "maxSearchMs" };
}

async function run(running: Running, context: OperationContext): Promise<Outcome> {
  const { request, view } = running;
  const { schema } = view;
  if (request.baseObject === "" && request.scope === "baseObject") {
    await sendIfMatching(await rootDse(context.facts, schema), running);
    return success;
  }
  const { identity } = context.session;
  if (identity === undefined) {
    return { resultCode: LdapResultCode.insufficientAccessRights, diagnosticMessage: "bind first" };
  }
  let base: ReturnType<typeof parseDn>;
  try {
    base = parseDn(request.baseObject);
  } catch {
    return {
      resultCode: LdapResultCode.invalidDNSyntax,
      diagnosticMessage: "the base is not a distinguished name",
    };
  }
  // What types there are is no secret from anyone who is in.
  if (dnKey(base) === subschemaKey) {
    if (request.scope !== "singleLevel") await sendIfMatching(subschema(schema), running);
    return success;
  }
  if (identity.search === "none") return { resultCode: LdapResultCode.insufficientAccessRights };
  const { tree } = identity;
  const target = searchTarget(tree, base, request.scope);
  if (target !== undefined) {
    const source = new EntrySource(view, identity, running.signal);
    for (const name of target.fixed) await sendIfMatching(await fixedEntry(name, tree, view), running);
    const users = await sendUsers(target.users, running, source);
    const groups = await sendGroups(target.groups, running, source);
    if (target.fixed.length > 0 || users || groups || (await exists(target.leaf, source))) return success;
  }
  return { resultCode: LdapResultCode.noSuchObject, matchedDN: nearest(tree, base) };
}

async function sendIfMatching(entry: Entry, { request, view, send }: Running): Promise<void> {
  if (matchesEntry(request.filter, entry, view.schema)) await send(entry);
}

/** Sends people in scope who match. @returns whether the base of the search is there */
async function sendUsers(
  which: SearchTarget["users"],
  running: Running,
  source: EntrySource,
): Promise<boolean> {
  if (which === "none") return false;
  const { request, view, selection, signal, send } = running;
  const matching = await translateFilter(request.filter, "user", source.translation);
  const filter =
    which === "all"
      ? matching
      : ({
          op: "and",
          of: [{ op: "equals", attribute: "username", value: which.username }, matching],
        } as const);
  const query = { filter: source.visibleUsers(filter), maxScan: view.options.limits.maxSearchScan };
  let found = which === "all";
  for await (const user of view.options.directory.stream("user", query, { signal })) {
    found = true;
    await send(await source.user(user, selection), source.isSelf(user), peopleIn(user));
  }
  return found || (which !== "all" && (await source.findUser(which.username)) !== undefined);
}

/** Sends groups in scope that match. @returns whether the base of the search is there */
async function sendGroups(
  which: SearchTarget["groups"],
  running: Running,
  source: EntrySource,
): Promise<boolean> {
  if (which === "none") return false;
  const { request, view, selection, signal, send } = running;
  const matching = await translateFilter(request.filter, "group", source.translation);
  const filter =
    which === "all"
      ? matching
      : ({ op: "and", of: [{ op: "equals", attribute: "name", value: which.name }, matching] } as const);
  const query = { filter: source.visibleGroups(filter), maxScan: view.options.limits.maxSearchScan };
  let found = which === "all";
  for await (const group of view.options.directory.stream("group", query, { signal })) {
    found = true;
    await send(await source.group(group, selection));
  }
  return found || (which !== "all" && (await source.findGroup(which.name)) !== undefined);
}

/** Whether the person or group is there below which there can be nothing. */
async function exists(leaf: SearchTarget["leaf"], source: EntrySource): Promise<boolean> {
  if (leaf?.type === "user") return (await source.findUser(leaf.username)) !== undefined;
  if (leaf?.type === "group") return (await source.findGroup(leaf.name)) !== undefined;
  return false;
}

function peopleIn(user: User): readonly string[] {
  const { manager } = user.employee;
  return manager === undefined ? [user.id] : [user.id, manager];
}

/** The suffix or one of the containers as an entry. */
export async function fixedEntry(name: FixedEntryName, tree: Tree, view: DirectoryView): Promise<Entry> {
  if (name === "suffix") {
    const organization = await view.options.directory.organization.get();
    return suffixEntry(tree, view.schema, organization?.name ?? view.options.directory.organizationId);
  }
  return containerEntry(name === "users" ? tree.usersDn : tree.groupsDn, view.schema);
}

/** The part of a DN that does exist, for matchedDN (RFC 4511 §4.1.9). */
function nearest(tree: Tree, base: ReturnType<typeof parseDn>): string {
  for (let dn = parentDn(base); dn !== undefined; dn = parentDn(dn)) {
    const node = tree.locate(dn);
    if (node?.type === "users") return tree.usersDn;
    if (node?.type === "groups") return tree.groupsDn;
    if (node?.type === "suffix") return tree.suffix;
  }
  return "";
}
