import { type Filter as CoreFilter, type Group, isDirectoryError, type User } from "@directorykit/core";
import { type Filter, LdapResultCode, parseDn, type SearchRequest } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { matchesEntry } from "../view/entry-filter.ts";
import { containerEntry, rootDse, subschema, suffixEntry } from "../view/fixed-entries.ts";
import { subschemaDn } from "../view/schema.ts";
import type { AttributeTypeDefinition } from "../view/schema-definitions.ts";
import { Selection } from "../view/selection.ts";
import { translateFilter } from "../view/translate-filter.ts";
import type { Tree, TreeNode } from "../view/tree.ts";
import { EntrySource } from "./entry-source.ts";
import { type SearchTarget, searchTarget } from "./search-target.ts";
import type { LdapIdentity, LdapSession, Outcome } from "./session.ts";

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

/**
 * Answers a SearchRequest (RFC 4511 §4.5): sends entries to the sink and returns the result that goes into the
 * SearchResultDone. Nothing is thrown: what goes wrong is in the result.
 *
 * @param signal - aborted when the operation is abandoned or the connection closes
 * @param offersStartTls - whether the root DSE may announce StartTLS on this connection
 */
export async function search(
  request: SearchRequest,
  session: LdapSession,
  view: DirectoryView,
  sink: EntrySink,
  signal: AbortSignal,
  offersStartTls: boolean,
): Promise<Outcome> {
  const { limits, directory } = view.options;
  const milliseconds =
    request.timeLimit > 0 ? Math.min(request.timeLimit * 1000, limits.maxSearchMs) : limits.maxSearchMs;
  const deadline = performance.now() + milliseconds;
  const most =
    request.sizeLimit > 0 ? Math.min(request.sizeLimit, limits.maxSearchEntries) : limits.maxSearchEntries;
  let sent = 0;
  const send = async (
    entry: Entry,
    selection: Selection,
    isSelf: boolean,
    hidden: ReadonlySet<AttributeTypeDefinition>,
    about: readonly string[] = [],
  ): Promise<void> => {
    if (sent === most) throw enough;
    if (performance.now() > deadline) throw timeUp;
    sent += 1;
    const waiting = sink.entry(entry.objectName, selection.apply(entry, isSelf, hidden), about);
    if (waiting !== undefined) await waiting;
  };
  try {
    return await run(request, session, view, signal, send, offersStartTls);
  } catch (error) {
    if (error === enough) return { resultCode: LdapResultCode.sizeLimitExceeded };
    if (error === timeUp || signal.reason === timeUp) return { resultCode: LdapResultCode.timeLimitExceeded };
    if (!isDirectoryError(error)) directory.logger.error({ error: String(error) }, "an LDAP search failed");
    return { resultCode: resultCodeOfError(error) };
  }
}

type Send = (
  entry: Entry,
  selection: Selection,
  isSelf: boolean,
  hidden: ReadonlySet<AttributeTypeDefinition>,
  about?: readonly string[],
) => Promise<void>;

async function run(
  request: SearchRequest,
  session: LdapSession,
  view: DirectoryView,
  signal: AbortSignal,
  send: Send,
  offersStartTls: boolean,
): Promise<Outcome> {
  const { schema } = view;
  const none: ReadonlySet<AttributeTypeDefinition> = new Set();
  const selection = new Selection(request.attributes, request.typesOnly, schema);
  if (request.baseObject === "" && request.scope === "baseObject") {
    const entry = rootDse(await view.trees(), schema, offersStartTls);
    if (matchesEntry(request.filter, entry, schema)) await send(entry, selection, false, none);
    return { resultCode: LdapResultCode.success };
  }
  const { identity } = session;
  if (identity === undefined || identity.search === "none") {
    return {
      resultCode: LdapResultCode.insufficientAccessRights,
      diagnosticMessage: identity === undefined ? "bind first" : "",
    };
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
  if (request.baseObject.toLowerCase() === subschemaDn.toLowerCase()) {
    const entry = subschema(schema);
    if (request.scope === "baseObject" && matchesEntry(request.filter, entry, schema))
      await send(entry, selection, false, none);
    return { resultCode: LdapResultCode.success };
  }
  const { tree } = identity;
  const target = tree.holds(base) ? searchTarget(tree, base, request.scope) : undefined;
  if (target === undefined)
    return {
      resultCode: LdapResultCode.noSuchObject,
      matchedDN: tree.holds(base) ? nearest(tree, base) : "",
    };
  const hidden = hiddenTypes(view);
  await sendFixed(target, request.filter, tree, view, (entry) => send(entry, selection, false, none));
  const source = new EntrySource(view, tree, identity);
  const context = { directory: view.options.directory, tree, schema, layout: view.options.layout, hidden };
  const scan = { maxScan: view.options.limits.maxSearchScan };
  const named = target.users !== "none" && target.users !== "all" ? target.users.username : undefined;
  let found = target.fixed.length > 0 || target.users === "all" || target.groups === "all";
  if (target.users !== "none" && (named === undefined || (await isVisibleUser(named, source, signal)))) {
    found = true;
    const filter = withSelf(await translateFilter(request.filter, "user", context), identity, source);
    const scoped: CoreFilter =
      named === undefined
        ? filter
        : { op: "and", of: [{ op: "equals", attribute: "username", value: named }, filter] };
    for await (const user of view.options.directory.stream(
      "user",
      { filter: source.visibleUsers(scoped), ...scan },
      { signal },
    )) {
      await send(
        await source.user(user as User, selection),
        selection,
        user.id === identity.user,
        hidden,
        peopleIn(user as User),
      );
    }
  }
  const groupName = target.groups !== "none" && target.groups !== "all" ? target.groups.name : undefined;
  if (
    target.groups !== "none" &&
    (groupName === undefined || (await isVisibleGroup(groupName, source, signal)))
  ) {
    found = true;
    const filter = await translateFilter(request.filter, "group", context);
    const scoped: CoreFilter =
      groupName === undefined
        ? filter
        : { op: "and", of: [{ op: "equals", attribute: "name", value: groupName }, filter] };
    for await (const group of view.options.directory.stream(
      "group",
      { filter: source.visibleGroups(scoped), ...scan },
      { signal },
    )) {
      await send(await source.group(group as Group, selection), selection, false, hidden);
    }
  }
  // One level below a person there is nothing, which is not the same as no such person.
  found ||= request.scope === "singleLevel" && (await exists(tree.locate(base), source, signal));
  if (found) return { resultCode: LdapResultCode.success };
  return { resultCode: LdapResultCode.noSuchObject, matchedDN: nearest(tree, base) };
}

function exists(node: TreeNode | undefined, source: EntrySource, signal: AbortSignal): Promise<boolean> {
  if (node?.type === "user") return isVisibleUser(node.username, source, signal);
  if (node?.type === "group") return isVisibleGroup(node.name, source, signal);
  return Promise.resolve(node !== undefined);
}

function peopleIn(user: User): readonly string[] {
  const { manager } = user.employee;
  return manager === undefined ? [user.id] : [user.id, manager];
}

/** Someone who may only see themself asks about nobody else. */
function withSelf(filter: CoreFilter, identity: LdapIdentity, source: EntrySource): CoreFilter {
  return source.onlySelf ? { op: "and", of: [{ op: "ids", ids: [identity.user] }, filter] } : filter;
}

async function isVisibleUser(username: string, source: EntrySource, signal: AbortSignal): Promise<boolean> {
  return (await source.findUser(username, signal)) !== undefined;
}

async function isVisibleGroup(name: string, source: EntrySource, signal: AbortSignal): Promise<boolean> {
  return (await source.findGroup(name, signal)) !== undefined;
}

async function sendFixed(
  target: SearchTarget,
  filter: Filter,
  tree: Tree,
  view: DirectoryView,
  send: (entry: Entry) => Promise<void>,
): Promise<void> {
  for (const name of target.fixed) {
    const entry = await fixedEntry(name, tree, view);
    if (matchesEntry(filter, entry, view.schema)) await send(entry);
  }
}

/** The suffix or one of the containers as an entry. */
export async function fixedEntry(
  name: SearchTarget["fixed"][number],
  tree: Tree,
  view: DirectoryView,
): Promise<Entry> {
  if (name === "suffix") {
    const organization = await view.options.directory.organization.get();
    return suffixEntry(tree, view.schema, organization?.name ?? view.options.directory.organizationId);
  }
  const dn = name === "users" ? tree.usersDn : tree.groupsDn;
  const [rdn] = parseDn(dn).rdns;
  return containerEntry(dn, view.schema, rdn?.[0] ?? { type: "ou", value: name });
}

/** Attributes nobody is shown or may match by. */
export function hiddenTypes(view: DirectoryView): ReadonlySet<AttributeTypeDefinition> {
  return new Set(
    ["userPassword", ...view.options.access.hiddenAttributes].flatMap((name) => view.schema.type(name) ?? []),
  );
}

/** The part of a DN that does exist, for matchedDN (RFC 4511 §4.1.9). */
function nearest(tree: Tree, base: ReturnType<typeof parseDn>): string {
  for (let rdns = base.rdns.slice(1); rdns.length > 0; rdns = rdns.slice(1)) {
    const node = tree.locate({ rdns });
    if (node?.type === "users") return tree.usersDn;
    if (node?.type === "groups") return tree.groupsDn;
    if (node?.type === "suffix") return tree.suffix;
  }
  return "";
}
