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
  /**
   * Makes a change, and keeps the connection until the change is answered, should it end the access of whoever is bound.
   * @param own - the change is one of the password that the connection is bound with, which does not end it
   * @throws DirectoryError `overloaded` when the connection is about to end; what `work` throws
   */
  commit<T>(work: () => Promise<T>, own?: "own-password"): Promise<T>;
}
