import {
  type Decision,
  type Directory,
  type Factor,
  foldCase,
  type User,
  type UserId,
} from "@directorykit/core";
import type { Control } from "../codec/index.ts";
import type { LdapAccess, LdapLimits, ResolvedLdapOptions, SearchAccess, WriteAccess } from "../options.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { OpenCommits } from "./open-commits.ts";

/** Who a connection is bound as. */
export interface LdapIdentity {
  /** The person. */
  readonly user: UserId;
  /** Their username when they bound. */
  readonly username: string;
  /** The tree they bound in; kept up to date by {@link stillAdmitted}. */
  tree: Tree;
  /** What they have shown. */
  readonly factors: readonly Factor[];
  /** What they may search; kept up to date by {@link stillAdmitted}, like what else the grants decide. */
  search: SearchAccess;
  /** What they may write. */
  write: WriteAccess;
  /** Whether they may act as others (RFC 4370). */
  proxy: boolean;
  /** Whether they may synchronize content (RFC 4533). */
  sync: boolean;
  /** Whether they must choose another password, and can do nothing else before. */
  mustChangePassword: boolean;
  /** Whoever it is that acts as them, if somebody does: the right to ends with theirs. */
  actedBy?: LdapIdentity;
  /** Changes that are being committed, which put off the end of the connection. */
  readonly commits: OpenCommits;
}

/** What one connection has been told so far. No socket: a test can make one. */
export interface LdapSession {
  /** `undefined` before a bind and after one that failed. */
  identity: LdapIdentity | undefined;
  /** Whether what is said crosses TLS. */
  secure: boolean;
  /** The certificate, DER, that the peer has shown to hold the key of when TLS began, if it is one to be trusted. */
  certificate?: Uint8Array | undefined;
  /** Address of the peer. */
  readonly address: string;
  /** Number of the connection, for the audit trail. */
  readonly id: string;
}

/** An LdapResult without the parts that are mostly empty. */
export interface Outcome {
  readonly resultCode: number;
  readonly matchedDN?: string;
  readonly diagnosticMessage?: string;
  /** The limit of the server that ended the operation, to be counted. */
  readonly limit?: keyof LdapLimits;
  /** What an extended operation answers. */
  readonly responseValue?: Uint8Array;
  /** What a SASL mechanism says back. */
  readonly serverSaslCreds?: Uint8Array;
  /** Controls of the response. */
  readonly controls?: readonly Control[];
}

/** Everyone whose access a connection hangs on that is bound so. */
export function peopleOf({ user, actedBy }: LdapIdentity): readonly UserId[] {
  return actedBy === undefined ? [user] : [user, actedBy.user];
}

/**
 * Whether the grants of the tree's resources let the person in now; the first decision that allows, else the last;
 * `undefined` when there is no resource.
 */
export async function admit(
  directory: Directory,
  identity: Pick<LdapIdentity, "user" | "tree" | "factors">,
  address: string,
): Promise<Decision | undefined> {
  let decision: Decision | undefined;
  for (const resource of identity.tree.resources) {
    decision = await directory.authorize(identity.user, resource, { factors: identity.factors, address });
    if (decision.allowed) return decision;
  }
  return decision;
}

/**
 * Whether a bound person is still let in, and so is whoever acts as them; brings up to date what they may search.
 * @throws DirectoryError `store-unavailable` or `timeout`
 */
export async function stillAdmitted(
  identity: LdapIdentity,
  view: DirectoryView,
  address: string,
): Promise<boolean> {
  const { actedBy } = identity;
  if (actedBy !== undefined && !((await stillAdmitted(actedBy, view, address)) && actedBy.proxy))
    return false;
  if (!view.isCurrent(identity.tree)) {
    const tree = (await view.trees()).find((one) => one.suffixKey === identity.tree.suffixKey);
    if (tree === undefined) return false;
    identity.tree = tree;
  }
  const decision = await admit(view.options.directory, identity, address);
  if (decision?.allowed !== true) return false;
  follow(identity, decision, view.options.access);
  return true;
}

/** {@link stillAdmitted} without waiting; `undefined` when not everything is at hand. */
export function stillAdmittedCached(
  identity: LdapIdentity,
  view: DirectoryView,
  address: string,
): boolean | undefined {
  const { actedBy } = identity;
  if (actedBy !== undefined) {
    const isActorAdmitted = stillAdmittedCached(actedBy, view, address);
    if (isActorAdmitted !== true) return isActorAdmitted;
    if (!actedBy.proxy) return false;
  }
  if (!view.isCurrent(identity.tree)) return undefined;
  const context = { factors: identity.factors, address };
  for (const resource of identity.tree.resources) {
    const decision = view.options.directory.authorizeCached(identity.user, resource, context);
    if (decision === undefined) return undefined;
    if (!decision.allowed) continue;
    follow(identity, decision, view.options.access);
    return true;
  }
  return false;
}

/** Brings up to date what the attributes of the grants, or else the server's options, let the person do. */
function follow(
  identity: Pick<LdapIdentity, "search" | "write" | "proxy" | "sync" | "actedBy">,
  { attributes }: Decision,
  fallback: LdapAccess,
): void {
  const search = attributes["search"];
  identity.search =
    search === "directory" || search === "self" || search === "none" ? search : fallback.search;
  const write = attributes["write"];
  identity.write = write === "directory" || write === "self" || write === "none" ? write : fallback.write;
  // Nobody writes what they do not see.
  if (identity.write === "directory" && identity.search !== "directory") identity.write = "self";
  // Rights to act as others are not handed on.
  identity.proxy = attributes["proxy"] === true && identity.actedBy === undefined;
  identity.sync = attributes["sync"] === true;
}

/** Whether someone is shown the NT hashes of people. */
export function mayReadNtHashes(
  { username }: Pick<LdapIdentity, "username">,
  { ntHashReaders }: Pick<ResolvedLdapOptions, "ntHashReaders">,
): boolean {
  return ntHashReaders.size > 0 && ntHashReaders.has(foldCase(username));
}

/**
 * Names what someone sees who may search the directory: everyone of the same name sees the same, apart from themselves.
 * Administrators see more people than others do, and readers of NT hashes more of them.
 */
export function sightOf(
  identity: Pick<LdapIdentity, "tree" | "write" | "username">,
  options: Pick<ResolvedLdapOptions, "ntHashReaders">,
): string {
  const people = identity.write === "directory" ? "*" : "";
  const hashes = mayReadNtHashes(identity, options) ? "#" : "";
  return `${identity.tree.serial}${people}${hashes}`;
}

/** The identity of a person who has just bound. */
export function identityOf(
  user: User,
  tree: Tree,
  factors: readonly Factor[],
  decision: Decision,
  fallback: LdapAccess,
  mustChangePassword = false,
): LdapIdentity {
  const identity: LdapIdentity = {
    user: user.id,
    username: user.username,
    tree,
    factors,
    search: "none",
    write: "none",
    proxy: false,
    sync: false,
    mustChangePassword,
    commits: new OpenCommits(),
  };
  follow(identity, decision, fallback);
  return identity;
}
