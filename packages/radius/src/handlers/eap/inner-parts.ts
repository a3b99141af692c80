import type { EapSettings, InnerMethodName } from "./eap-settings.ts";
import type { EapVerdict, EapVerifier } from "./eap-verifier.ts";
import type { TlsTunnel } from "./tls-tunnel.ts";
import { type Accepted, type Denied, denied } from "./tunnelled-method.ts";

/** What a method inside a tunnel works with. */
export interface InnerParts<S> {
  /** What may happen inside, in the order in which it is offered. */
  readonly methods: readonly InnerMethodName[];
  /** How EAP is spoken. */
  readonly settings: EapSettings;
  /** Verifies people. */
  readonly verifier: EapVerifier<S>;
  /** The name told in clear. */
  readonly outerIdentity: string;
  /** The tunnel. */
  readonly tunnel: TlsTunnel;
}

/** What a verdict means where nobody can be asked for a code. */
export function withoutCode<S>(verdict: EapVerdict<S>, identity: string): Accepted<S> | Denied {
  if (verdict.type === "accepted") return { type: "accepted", subject: verdict.subject, identity };
  return denied(verdict.type === "denied" ? "not-let-in" : "code-needed");
}

/**
 * Whether somebody who is `outer` in clear may be `inner` in the tunnel: unless both tell a realm (RFC 7542 §2.2), and the
 * inner one is neither the same nor below it.
 */
export function isInnerRealmAllowed(inner: string, outer: string): boolean {
  const innerRealm = realmOf(inner);
  const outerRealm = realmOf(outer);
  if (innerRealm === undefined || outerRealm === undefined) return true;
  return innerRealm === outerRealm || innerRealm.endsWith(`.${outerRealm}`);
}

function realmOf(identity: string): string | undefined {
  const at = identity.lastIndexOf("@");
  return at === -1 || at === identity.length - 1 ? undefined : identity.slice(at + 1).toLowerCase();
}
