import type { AttributeDefinitionId } from "./ids.ts";
import type { RecordBase } from "./record.ts";

/** The kind of value an attribute holds. */
export type AttributeSyntax = "string" | "integer" | "boolean" | "time" | "binary" | "reference";

/** How two values of an attribute are compared (RFC 4517 §4.2 gives the LDAP names). */
export type MatchingRule =
  | "caseIgnore"
  | "caseExact"
  | "telephone"
  | "integer"
  | "boolean"
  | "time"
  | "octetString"
  | "uuid";

/** Records that have attributes. */
export type AttributeOwner = "user" | "group" | "system" | "resource";

/**
 * Who may see values: `public` readers of the directory, `self` only the person and administrators, `secret` no
 * protocol ever returns, matches or sorts by them.
 */
export type AttributeSensitivity = "public" | "self" | "secret";

/** What an attribute is called in each protocol. Absent: not shown there. */
export interface AttributeNames {
  /** LDAP attribute type name (RFC 4512 §1.4), first of its names. */
  readonly ldap?: string;
  /** LDAP object identifier. */
  readonly ldapOid?: string;
  /** SCIM path (RFC 7643). */
  readonly scim?: string;
  /** SAML attribute name. */
  readonly saml?: string;
  /** OpenID Connect claim. */
  readonly oidc?: string;
}

/** Maps one attribute of the directory to its name and rules in every protocol. */
export interface AttributeDefinition extends RecordBase<AttributeDefinitionId> {
  /** The attribute's name inside the directory: letters, digits, `-`, starting with a letter. */
  readonly name: string;
  /** Records it belongs to. */
  readonly owner: AttributeOwner;
  /** What it is for. */
  readonly description?: string;
  /** The kind of value. */
  readonly syntax: AttributeSyntax;
  /** How values are compared. */
  readonly matching: MatchingRule;
  /** Whether a record may hold several values. */
  readonly multiValued: boolean;
  /** Whether stores keep an index; searches on other attributes scan, within limits. */
  readonly indexed: boolean;
  /** Whether no two records may share a value. Unique attributes are indexed. */
  readonly unique: boolean;
  /** Who may see it. */
  readonly sensitivity: AttributeSensitivity;
  /** What it is called elsewhere. */
  readonly names: AttributeNames;
}
