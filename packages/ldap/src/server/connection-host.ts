import type { Control, ProtocolOp, RequestOp } from "../codec/index.ts";
import type { LdapSession, Outcome } from "../handlers/session.ts";
import type { ServerFacts } from "../view/fixed-entries.ts";
import type { Operations } from "./operations.ts";
import type { Realm } from "./realm.ts";
import type { ServerContext } from "./server-context.ts";
import type { Revocable } from "./session-register.ts";

/** What the parts of a connection need of it. */
export interface ConnectionHost extends Revocable {
  readonly context: ServerContext;
  readonly session: LdapSession;
  readonly operations: Operations;
  /** The organization of whoever is bound; the first one before a bind. */
  realm: Realm;
  /** Whether it has ended: nothing is sent any more. */
  readonly isOver: boolean;
  /** Resolves when the peer has read what waits; `undefined` while it keeps up. */
  readonly blocked: Promise<void> | undefined;
  /** What the root DSE says on this connection. */
  facts(): ServerFacts;
  /** Sends the result of an operation. */
  answer(messageId: number, op: RequestOp, outcome: Outcome): void;
  /** Sends a message soon, with what else is ready by then. */
  write(messageId: number, protocolOp: ProtocolOp, controls?: readonly Control[]): void;
  /** Sends an encoded entry soon. */
  writeEntry(messageId: number, entry: Uint8Array, controls?: Uint8Array): void;
  /** Takes up what was held back, after an operation has ended. */
  goOn(): void;
  /** Ends the connection after a fault of the peer's or, for any other error, of ours. */
  fail(error: unknown): void;
}
