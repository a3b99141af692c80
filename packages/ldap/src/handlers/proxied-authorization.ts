import { foldCase, type User } from "@directorykit/core";
import { type AuthzId, decodeAuthzId, isLdapDecodeError, LdapResultCode, parseDn } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { OperationContext } from "./operation-context.ts";
import { admit, identityOf, type LdapIdentity, type LdapSession, type Outcome } from "./session.ts";

/**
 * The session in which an operation is done, by its proxied authorization control (RFC 4370): the connection's own, or
 * one that acts as somebody else. That takes the grant attribute `proxy`, and somebody whom the tree lets in.
 */
export async function sessionOf(
  context: Pick<OperationContext, "session" | "controls" | "view">,
): Promise<{ readonly session: LdapSession } | { readonly refusal: Outcome }> {
  const { session, controls, view } = context;
  const { proxiedAuthorization } = controls;
  if (proxiedAuthorization === undefined) return { session };
  // RFC 4370 §3: it must be critical, or a server that passes it over would act as the wrong one.
  if (!proxiedAuthorization.critical)
    return refusal(LdapResultCode.protocolError, "proxied authorization must be critical");
  const { identity } = session;
  if (identity === undefined) return refusal(LdapResultCode.authorizationDenied);
  const { value } = proxiedAuthorization;
  if (value.type === "anonymous") {
    return identity.proxy
      ? { session: { ...session, identity: undefined } }
      : refusal(LdapResultCode.authorizationDenied);
  }
  const other = await actedAs(value, identity, view, session.address);
  return other === undefined
    ? refusal(LdapResultCode.authorizationDenied)
    : { session: { ...session, identity: other } };
}

/**
 * Whoever an authorization identity of SASL names, if the one who has logged in may act as them.
 * @param authzid - `dn:` and a DN, `u:` and a username, or a username
 */
export async function identityActedAs(
  authzid: string,
  identity: LdapIdentity,
  view: DirectoryView,
  address: string,
): Promise<LdapIdentity | undefined> {
  const text = /^(dn|u):/.test(authzid) ? authzid : `u:${authzid}`;
  try {
    return await actedAs(decodeAuthzId(Buffer.from(text)), identity, view, address);
  } catch (error) {
    if (isLdapDecodeError(error)) return undefined;
    throw error;
  }
}

async function actedAs(
  authzId: AuthzId,
  identity: LdapIdentity,
  view: DirectoryView,
  address: string,
): Promise<LdapIdentity | undefined> {
  const user = await userOf(authzId, identity, view);
  if (user === undefined) return undefined;
  if (user.id === identity.user) return identity;
  // Whoever must choose another password first can do nothing else, in anybody's name.
  if (!identity.proxy || identity.mustChangePassword) return undefined;
  const { tree, factors } = identity;
  const { directory, access } = view.options;
  const decision = await admit(directory, { user: user.id, tree, factors }, address);
  if (decision?.allowed !== true) return undefined;
  const other = identityOf(user, tree, factors, decision, access);
  other.proxy = false;
  other.actedBy = identity;
  return other;
}

async function userOf(
  authzId: AuthzId,
  { tree }: LdapIdentity,
  { options }: DirectoryView,
): Promise<User | undefined> {
  if (authzId.type === "anonymous") return undefined;
  if (authzId.type === "user") return options.directory.users.byUsername(foldCase(authzId.user));
  let node: ReturnType<typeof tree.locate>;
  try {
    node = tree.locate(parseDn(authzId.dn));
  } catch {
    return undefined;
  }
  return node?.type === "user" ? options.directory.users.byUsername(node.username) : undefined;
}

function refusal(resultCode: number, diagnosticMessage?: string): { readonly refusal: Outcome } {
  return { refusal: { resultCode, ...(diagnosticMessage === undefined ? {} : { diagnosticMessage }) } };
}
