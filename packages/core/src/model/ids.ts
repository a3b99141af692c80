import { randomFillSync } from "node:crypto";

declare const brandOf: unique symbol;
/** A string that is an id of one kind and is not mistaken for another. */
export type Id<Name extends string> = string & { readonly [brandOf]: Name };

/** Identifies an organization: the first part of every key in a store. A short name the host chooses. */
export type OrganizationId = Id<"organization">;
/** Identifies a user for ever, also after a change of username. */
export type UserId = Id<"user">;
/** Identifies a group. */
export type GroupId = Id<"group">;
/** Identifies an enrolled machine. */
export type SystemId = Id<"system">;
/** Identifies a resource. */
export type ResourceId = Id<"resource">;
/** Identifies a grant. */
export type GrantId = Id<"grant">;
/** Identifies a credential. */
export type CredentialId = Id<"credential">;
/** Identifies a session; not its bearer secret. */
export type SessionId = Id<"session">;
/** Identifies an attribute definition. */
export type AttributeDefinitionId = Id<"attributeDefinition">;
/** Identifies an audit event. */
export type AuditEventId = Id<"auditEvent">;

const bytes = Buffer.alloc(16);
// Random bits are drawn for many ids at once: a call into the generator costs more than the rest of an id.
const pool = Buffer.alloc(4096);
let drawn = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * A new UUIDv7 (RFC 9562 §5.7): 48 bits of `now`, then a 12-bit counter that keeps ids made within the same
 * millisecond in order, then random bits. Ids made by one process sort in the order they were made.
 *
 * @param now - milliseconds since the epoch
 */
export function newId<T extends string>(now: number): T {
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  pool.copy(bytes, 8, drawn, drawn + 8);
  drawn += 8;
  const high = Math.floor(lastMs / 0x10000);
  bytes[0] = high >>> 24;
  bytes[1] = high >>> 16;
  bytes[2] = high >>> 8;
  bytes[3] = high;
  bytes[4] = lastMs >>> 8;
  bytes[5] = lastMs;
  bytes[6] = 0x70 | (sequence >>> 8);
  bytes[7] = sequence;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as T;
}

/** Whether `text` has the form of a UUID of any version, in lower case. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}
