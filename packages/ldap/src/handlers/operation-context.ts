import type { DirectoryView } from "../view/directory-view.ts";
import type { ServerFacts } from "../view/fixed-entries.ts";
import type { RequestControls } from "./controls.ts";
import type { LdapSession } from "./session.ts";

/** What an operation works with, beside its request. */
export interface OperationContext {
  /** Who asks, and over what. */
  readonly session: LdapSession;
  /** The organization they belong to. */
  readonly view: DirectoryView;
  /** Aborted when the operation is given up or out of time, or the connection closes. */
  readonly signal: AbortSignal;
  /** The controls of the request. */
  readonly controls: RequestControls;
  /** What the root DSE says. */
  readonly facts: ServerFacts;
}
