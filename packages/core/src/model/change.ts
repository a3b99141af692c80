import type { MemberKind } from "./group.ts";
import type { RecordKind } from "./kinds.ts";

/**
 * Name of a deleted session that stands for all of its user's: those without a record too, such as an LDAP connection,
 * are to end.
 */
export const everySession = "*";

/** What happened to a record. */
export type ChangeOperation = "created" | "updated" | "deleted";

/** One entry of the change feed: what changed, without what it holds. */
export type Change = RecordChange | MembershipChange;

/** Common to all changes. */
export interface ChangeBase {
  /** Position in the organization's feed: 1, 2, 3 … without gaps, in the order of commit. */
  readonly revision: number;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
}

/** A record was created, updated or deleted. */
export interface RecordChange extends ChangeBase {
  /** What kind of record. */
  readonly kind: RecordKind;
  /** Its id. */
  readonly id: string;
  /** What happened to it. */
  readonly operation: ChangeOperation;
  /** Names of the fields that differ after an update; `rehash` for a password hash that was renewed at login. */
  readonly fields?: readonly string[];
  /** The record's name at the time, so that a consumer can still name what was deleted; see also `everySession`. */
  readonly name?: string;
  /** The user a credential, session or direct grant belongs to, so that revocation needs no second look. */
  readonly user?: string;
}

/** A member came or went. */
export interface MembershipChange extends ChangeBase {
  /** Always `membership`. */
  readonly kind: "membership";
  /** The group. */
  readonly id: string;
  /** `created` or `deleted`. */
  readonly operation: "created" | "deleted";
  /** The member. */
  readonly member: string;
  /** What the member is. */
  readonly memberKind: MemberKind;
}

/** A change before the store has given it its place. */
export type ChangeDraft = Omit<RecordChange, "revision"> | Omit<MembershipChange, "revision">;
