import type { GrantAttributes } from "../model/grant.ts";
import type { GrantId, GroupId, ResourceId } from "../model/ids.ts";

/** Why the answer is what it is; for logs, audits and tests, not for strangers. */
export type DecisionReason =
  | "granted"
  | "unknown-user"
  | "user-not-active"
  | "unknown-resource"
  | "no-group-grants-it"
  | "outside-validity"
  | "mfa-required"
  | "network-not-allowed";

/** A grant that led to the answer. */
export interface DecidingGrant {
  /** The grant. */
  readonly grant: GrantId;
  /** The group it names; absent when it names the user directly. */
  readonly group?: GroupId;
}

/** The answer to "may this user use this resource now?". */
export interface Decision {
  /** Whether access is allowed. */
  readonly allowed: boolean;
  /** Why. */
  readonly reason: DecisionReason;
  /** The resource that was asked about, once it was found. */
  readonly resource?: ResourceId;
  /** The grants that allow it; empty when denied. */
  readonly because: readonly DecidingGrant[];
  /** What the grants add, merged: the higher priority wins each attribute, the older grant on a tie. */
  readonly attributes: GrantAttributes;
}

/** One way in which access reaches a user. Each would have to be cut to take the access away. */
export interface AccessPath {
  /** The grant at the end of it. */
  readonly grant: GrantId;
  /** Groups from the one the user is a direct member of up to the one the grant names; empty for a direct grant. */
  readonly groups: readonly { readonly id: GroupId; readonly name: string }[];
  /** Whether the grant counts now, for this request. */
  readonly inForce: boolean;
  /** Why it does not, when it does not. */
  readonly reason?: DecisionReason;
}

/** A decision with every path to it. */
export interface Explanation extends Decision {
  /** Every path, also those not in force now. */
  readonly paths: readonly AccessPath[];
}
