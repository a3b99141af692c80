import type { ResourceId, SystemId } from "./ids.ts";
import type { CustomAttributes, RecordBase } from "./record.ts";

/** The protocol through which a resource is reached. */
export type ResourceKind = "ldap" | "radius" | "saml" | "oauth" | "system" | "directory";

/** Anything that can be kept as JSON. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Settings of a resource in the terms of its protocol; the adapter of that protocol validates them. */
export type ResourceSettings = Readonly<Record<string, JsonValue>>;

/** Something that access is given to: an LDAP tree, a Wi-Fi network, an application, a machine. */
export interface Resource extends RecordBase<ResourceId> {
  /** The protocol through which it is reached. */
  readonly kind: ResourceKind;
  /** The name as shown; unique per kind within the organization regardless of case. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** Settings of its protocol. */
  readonly settings: ResourceSettings;
}

/** An enrolled machine. */
export interface System extends RecordBase<SystemId> {
  /** Host name as shown; unique within the organization regardless of case. */
  readonly hostname: string;
  /** Operating system, as the machine reports it. */
  readonly os?: string;
  /** Attributes the host has defined. */
  readonly attributes: CustomAttributes;
  /** `revoked` machines are refused everywhere. */
  readonly state: "active" | "revoked";
}
