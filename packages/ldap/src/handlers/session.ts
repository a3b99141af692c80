import type { Decision, Directory, Factor, User, UserId } from "@directorykit/core";
import type { SearchAccess } from "../options.ts";
import type { Tree } from "../view/tree.ts";

/** Who a connection is bound as. */
export interface LdapIdentity {
  /** The person. */
  readonly user: UserId;
  /** Their username when they bound. */
  readonly username: string;
  /** The tree they bound in. */
  readonly tree: Tree;
  /** What they have shown. */
  readonly factors: readonly Factor[];
  /** What they may search. */
  readonly search: SearchAccess;
}

/** What one connection has been told so far. No socket: a test can make one. */
export interface LdapSession {
  /** `undefined` before a bind and after one that failed. */
  identity: LdapIdentity | undefined;
  /** Whether what is said crosses TLS. */
  secure: boolean;
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
}

/** Whether the grants of the tree's resources let the person in now; the first decision that allows, else the last. */
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

/** {@link admit} without waiting; `undefined` when not everything is at hand. */
export function admitCached(
  directory: Directory,
  identity: Pick<LdapIdentity, "user" | "tree" | "factors">,
  address: string,
): boolean | undefined {
  for (const resource of identity.tree.resources) {
    const decision = directory.authorizeCached(identity.user, resource, {
      factors: identity.factors,
      address,
    });
    if (decision === undefined) return undefined;
    if (decision.allowed) return true;
  }
  return false;
}

/** What the grants, or else the server's options, let the person search. */
export function searchAccess(decision: Decision, fallback: SearchAccess): SearchAccess {
  const given = decision.attributes["search"];
  return given === "directory" || given === "self" || given === "none" ? given : fallback;
}

/** The identity of a person who has just bound. */
export function identityOf(
  user: User,
  tree: Tree,
  factors: readonly Factor[],
  decision: Decision,
  fallback: SearchAccess,
): LdapIdentity {
  return { user: user.id, username: user.username, tree, factors, search: searchAccess(decision, fallback) };
}
