import type { Filter } from "../query/filter.ts";
import type { GroupId } from "./ids.ts";
import type { CustomAttributes, RecordBase } from "./record.ts";

/** What a group collects: people or machines. Nested groups are of the same kind. */
export type GroupKind = "user" | "system";

/** A set of people or machines. Its members are {@link Membership} edges, not a list in the record. */
export interface Group extends RecordBase<GroupId> {
  /** The name as shown; unique within the organization regardless of case. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** What it collects. */
  readonly kind: GroupKind;
  /** When set, exactly those who match are members, kept up with every change; no one is added by hand. */
  readonly rule?: Filter;
  /** Numeric Unix group id, unique within the organization. */
  readonly posixGid?: number;
  /** Attributes the host has defined. */
  readonly attributes: CustomAttributes;
}

/** What can be a member of a group. */
export type MemberKind = "user" | "group" | "system";

/** One edge: `member` is a direct member of `group`. */
export interface Membership {
  /** The group. */
  readonly group: GroupId;
  /** The id of the member. */
  readonly member: string;
  /** What the member is. */
  readonly memberKind: MemberKind;
  /** Added by hand, or by the group's rule. */
  readonly origin: "static" | "rule";
}
