import type { AttributeDefinition } from "./attribute-definition.ts";
import type { Credential } from "./credential.ts";
import type { Grant } from "./grant.ts";
import type { Group } from "./group.ts";
import type { Organization } from "./organization.ts";
import type { Resource, System } from "./resource.ts";
import type { Session } from "./session.ts";
import type { User } from "./user.ts";

/** Every kind of record a store keeps, with its type. */
export interface RecordTypes {
  /** People. */
  readonly user: User;
  /** Sets of people or machines. */
  readonly group: Group;
  /** Machines. */
  readonly system: System;
  /** What access is given to. */
  readonly resource: Resource;
  /** Access. */
  readonly grant: Grant;
  /** What users can prove. */
  readonly credential: Credential;
  /** Live sign-ins. */
  readonly session: Session;
  /** The schema of custom attributes. */
  readonly attributeDefinition: AttributeDefinition;
  /** The organization's own settings; one record. */
  readonly organization: Organization;
}

/** The name of a kind of record. */
export type RecordKind = keyof RecordTypes;

/** All kinds, in the order in which one may refer to another. */
export const recordKinds: readonly RecordKind[] = [
  "organization",
  "attributeDefinition",
  "user",
  "group",
  "system",
  "resource",
  "grant",
  "credential",
  "session",
];
