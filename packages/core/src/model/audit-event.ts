import type { AuditEventId } from "./ids.ts";

/** Who did it: in whose name and, where that was somebody else, who really. */
export interface AuditActor {
  /** A person, an administrator through a service call, or the directory itself. */
  readonly kind: "user" | "administrator" | "system" | "anonymous";
  /** The id or name, where known. */
  readonly id?: string;
  /**
   * Whoever did it in the actor's name, by a right to act as others: LDAP's proxied authorization (RFC 4370), or a login
   * for somebody else by SASL. Absent when the actor did it themselves.
   */
  readonly actedBy?: Pick<AuditActor, "kind" | "id">;
}

/** One line of the append-only audit trail, written in the same transaction as what it tells of. */
export interface AuditEvent {
  /** Unique; ids sort in the order of writing. */
  readonly id: AuditEventId;
  /** When, in milliseconds since the epoch (UTC). */
  readonly at: number;
  /** What was done, as `noun.verb`: `user.suspended`, `authentication.failed`. */
  readonly action: string;
  /** Whether it was done or refused. */
  readonly outcome: "success" | "failure";
  /** Who did it. */
  readonly actor: AuditActor;
  /** What it was done to: a record's kind and id. */
  readonly target?: { readonly kind: string; readonly id: string; readonly name?: string };
  /** The protocol it came by: `ldap`, `radius`, `api`. */
  readonly protocol?: string;
  /** Address of the peer. */
  readonly source?: string;
  /** Why, in a word: for the auditor, never for the stranger. */
  readonly reason?: string;
  /** Ties together the events of one request. */
  readonly correlation?: string;
  /** Further facts, free of secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
