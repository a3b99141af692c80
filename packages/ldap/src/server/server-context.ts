import type { SecureContext } from "node:tls";
import type { RequestOp } from "../codec/index.ts";
import type { LdapLimits, ResolvedLdapOptions } from "../options.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { AnswerCache } from "./answer-cache.ts";
import type { Connection } from "./connection.ts";
import type { SessionRegister } from "./session-register.ts";

/** What a connection needs of its server. */
export interface ServerContext {
  readonly options: ResolvedLdapOptions;
  readonly view: DirectoryView;
  readonly answers: AnswerCache;
  readonly register: SessionRegister;
  /** The certificate in force, if there is one. */
  secureContext(): SecureContext | undefined;
  /** Counts a limit that was hit, a malformed message or a connection that was revoked. */
  count(what: keyof LdapLimits | "malformed" | "revoked"): void;
  /** Counts an operation. */
  operation(type: RequestOp["type"]): void;
  /** The connection has ended. */
  closed(connection: Connection): void;
}
