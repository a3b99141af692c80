import type { UserId } from "./ids.ts";
import type { CustomAttributes, RecordBase } from "./record.ts";

/**
 * What an administrator has decided about a person. `staged` people are prepared but cannot log in yet;
 * `suspended` people keep their data and lose every access. Locks after failed logins are computed, not states.
 */
export type UserState = "staged" | "active" | "suspended";

/** An e-mail address of a user. */
export interface EmailAddress {
  /** The address as it is shown. */
  readonly value: string;
  /** One address is the primary one; it is unique within the organization. */
  readonly primary: boolean;
  /** Free label: `work`, `home`. */
  readonly type?: string;
}

/** The parts of a person's name. */
export interface PersonName {
  /** First name. */
  readonly given?: string;
  /** Last name. */
  readonly family?: string;
  /** Middle name or names. */
  readonly middle?: string;
  /** The name to show; computed from the parts when absent. */
  readonly display?: string;
}

/** What a person is in the organization. */
export interface EmployeeFields {
  /** Employee number; unique within the organization when given. */
  readonly number?: string;
  /** Job title. */
  readonly title?: string;
  /** Kind of employment: `full-time`, `contractor`. */
  readonly type?: string;
  /** Department. */
  readonly department?: string;
  /** Cost centre. */
  readonly costCenter?: string;
  /** Company or division. */
  readonly organization?: string;
  /** Place of work. */
  readonly location?: string;
  /** The manager, another user. */
  readonly manager?: UserId;
}

/** A Unix account (RFC 2307 §3). */
export interface PosixAccount {
  /** Numeric user id, unique within the organization, 1 to 2^31-2. Never 0. */
  readonly uid: number;
  /** Numeric id of the primary group, 0 to 2^31-2. */
  readonly gid: number;
  /** Home directory, an absolute path. */
  readonly home: string;
  /** Login shell, an absolute path. */
  readonly shell?: string;
  /** The GECOS comment field. */
  readonly gecos?: string;
}

/** This user's identity in another source, such as Google Workspace. */
export interface ExternalId {
  /** The source's name. */
  readonly source: string;
  /** The id there; unique per source within the organization. */
  readonly id: string;
}

/** A person with one identity for all protocols. */
export interface User extends RecordBase<UserId> {
  /** The login name as shown; unique within the organization regardless of case. */
  readonly username: string;
  /** E-mail addresses; at most one is primary. */
  readonly emails: readonly EmailAddress[];
  /** The person's name. */
  readonly name: PersonName;
  /** Employment data. */
  readonly employee: EmployeeFields;
  /** Phone numbers. */
  readonly phones: readonly string[];
  /** Unix account, for machines and LDAP. */
  readonly posix?: PosixAccount;
  /** Public SSH keys, in authorized_keys form. */
  readonly sshKeys: readonly string[];
  /** Attributes the host has defined. */
  readonly attributes: CustomAttributes;
  /** The administrator's decision. */
  readonly state: UserState;
  /** Identities in other sources. */
  readonly externalIds: readonly ExternalId[];
}
