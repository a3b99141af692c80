import type { GrantId, GroupId, ResourceId, UserId } from "./ids.ts";
import type { RecordBase } from "./record.ts";
import type { JsonValue } from "./resource.ts";

/** What must hold for a grant to count. */
export interface GrantConditions {
  /** The person must have shown a second factor. */
  readonly mfa?: boolean;
  /** The request must come from one of these networks, in CIDR notation. */
  readonly networks?: readonly string[];
}

/** What a grant adds to the answer: a VLAN, reply attributes, roles, sudo rights. */
export type GrantAttributes = Readonly<Record<string, JsonValue>>;

/** Access: the members of a group, or one user, may use a resource. Nothing is allowed without one. */
export interface Grant extends RecordBase<GrantId> {
  /** The group whose members get access. Exactly one of `group` and `user` is set. */
  readonly group?: GroupId;
  /** A single user who gets access; the exception, shown as such in every explanation. */
  readonly user?: UserId;
  /** What access is given to. */
  readonly resource: ResourceId;
  /** What the grant adds to the answer. */
  readonly attributes: GrantAttributes;
  /** Of two grants that set the same attribute the higher priority wins; the older one on a tie. Default 0. */
  readonly priority: number;
  /** Counts only from this time on, in milliseconds since the epoch. */
  readonly notBefore?: number;
  /** Counts only before this time, in milliseconds since the epoch. */
  readonly notAfter?: number;
  /** What else must hold. */
  readonly conditions: GrantConditions;
}
