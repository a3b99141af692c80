import type { Logger } from "@directorykit/core";
import type { RequestOp } from "../codec/index.ts";
import type { Organizations } from "../handlers/organizations.ts";
import type { LdapLimits, ResolvedLdapOptions } from "../options.ts";
import type { LastingSearches } from "./lasting-searches.ts";
import type { Realm } from "./realm.ts";
import type { SessionRegister } from "./session-register.ts";
import type { TlsSetup } from "./tls-setup.ts";

/** What a connection needs of its server. */
export interface ServerContext {
  /** Options that are the same for every organization. */
  readonly options: Pick<ResolvedLdapOptions, "limits" | "plaintextBind">;
  /** The organizations that are served; at least one. */
  readonly realms: readonly [Realm, ...Realm[]];
  /** Which of their trees are. */
  readonly organizations: Organizations;
  readonly register: SessionRegister;
  /** Searches that go on for ever. */
  readonly lasting: LastingSearches;
  readonly logger: Logger;
  /** The certificate in force, if there is one. */
  tls(): TlsSetup | undefined;
  /** Counts a limit that was hit, a malformed message or a connection that was revoked. */
  count(what: keyof LdapLimits | "malformed" | "revoked"): void;
  /** Counts an operation. */
  operation(type: RequestOp["type"]): void;
}
