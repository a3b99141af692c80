import type { GrantConditions } from "../model/grant.ts";
import type { JsonValue, ResourceKind } from "../model/resource.ts";
import type { EmailAddress, EmployeeFields, ExternalId, PosixAccount, UserState } from "../model/user.ts";
import type { Filter } from "../query/filter.ts";
import type { AttributeFields } from "../services/attributes.ts";

/** A person in a directory document. */
export interface UserEntry {
  /** The login name. */
  readonly username: string;
  /** The primary e-mail address. */
  readonly email?: string;
  /** All e-mail addresses, instead of `email`. */
  readonly emails?: readonly EmailAddress[];
  /** First name. */
  readonly givenName?: string;
  /** Last name. */
  readonly familyName?: string;
  /** Middle name. */
  readonly middleName?: string;
  /** The name to show. */
  readonly displayName?: string;
  /** The password in clear; hashed on import and never exported. */
  readonly password?: string;
  /** A password hash instead. */
  readonly passwordHash?: string;
  /** Whether that password must be changed at the next sign-in. Default false. */
  readonly mustChangePassword?: boolean;
  /** TOTP secret, base32; exported only on request. */
  readonly totpSecret?: string;
  /** Hashes of recovery codes, as exported on request. */
  readonly recoveryCodeHashes?: readonly string[];
  /** Default `active`. */
  readonly state?: UserState;
  /** Unix account. */
  readonly posix?: PosixAccount;
  /** Public SSH keys. */
  readonly sshKeys?: readonly string[];
  /** Certificates the person logs in with: PEM, or DER in base64. */
  readonly certificates?: readonly string[];
  /** Phone numbers. */
  readonly phones?: readonly string[];
  /** Employment data; `manager` is a username here. */
  readonly employee?: Omit<EmployeeFields, "manager"> & { readonly manager?: string };
  /** Attributes the document or the host defines. */
  readonly attributes?: Readonly<Record<string, JsonValue>>;
  /** Identities in other sources. */
  readonly externalIds?: readonly ExternalId[];
}

/** A group in a directory document. */
export interface GroupEntry {
  /** The name. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** Usernames of its members. */
  readonly members?: readonly string[];
  /** Names of the groups nested in it. */
  readonly groups?: readonly string[];
  /** Numeric Unix group id. */
  readonly posixGid?: number;
  /** Members follow from this instead. */
  readonly rule?: Filter;
  /** Attributes the document or the host defines. */
  readonly attributes?: Readonly<Record<string, JsonValue>>;
}

/** A resource in a directory document: beside these names, the settings of its kind. */
export interface ResourceEntry {
  /** The protocol. */
  readonly kind: ResourceKind;
  /** The name. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** Settings of its kind. */
  readonly [setting: string]: JsonValue | undefined;
}

/** A grant in a directory document. */
export interface GrantEntry {
  /** Name of the group. Exactly one of `group` and `user` is given. */
  readonly group?: string;
  /** Username. */
  readonly user?: string;
  /** Name of the resource; `kind/name` where several kinds have one of this name. */
  readonly resource: string;
  /** What the grant adds. */
  readonly attributes?: Readonly<Record<string, JsonValue>>;
  /** Short for the condition `mfa`. */
  readonly requireMfa?: boolean;
  /** Networks in CIDR notation the request must come from. */
  readonly networks?: GrantConditions["networks"];
  /** Of two grants that set the same attribute the higher priority wins. */
  readonly priority?: number;
  /** Counts only from this time on (ISO 8601). */
  readonly notBefore?: string;
  /** Counts only before this time (ISO 8601). */
  readonly notAfter?: string;
}

/** A whole directory as one JSON document: the form of seeds, exports and backups. */
export interface DirectoryDocument {
  /** The version of this form. */
  readonly version: 1;
  /** Name and LDAP root of the organization. */
  readonly organization?: { readonly name?: string; readonly baseDn?: string };
  /** Attributes to define. */
  readonly attributeDefinitions?: readonly AttributeFields[];
  /** People. */
  readonly users?: readonly UserEntry[];
  /** Groups. */
  readonly groups?: readonly GroupEntry[];
  /** Resources. */
  readonly resources?: readonly ResourceEntry[];
  /** Grants. */
  readonly grants?: readonly GrantEntry[];
}
