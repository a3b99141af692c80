import { X509Certificate } from "node:crypto";
import {
  decodeSaslPlain,
  isLdapDecodeError,
  LdapResultCode,
  type SaslAuthentication,
  type SaslPlainMessage,
} from "../codec/index.ts";
import { decodeText } from "../view/assertion.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { claimantOfName } from "./claimant.ts";
import {
  type BindContext,
  type BindOutcome,
  confidentialityRequired,
  login,
  passwordText,
  refused,
} from "./login.ts";
import { identityActedAs } from "./proxied-authorization.ts";

/**
 * Answers a bind by SASL (RFC 4513 §5.2): PLAIN (RFC 4616) with a username or `dn:` and a DN, where passwords may cross
 * the connection; EXTERNAL (RFC 4422 appendix A) with the client's certificate. An authorization identity other than
 * oneself needs the grant attribute `proxy`.
 */
export async function saslBind(
  { mechanism, credentials }: SaslAuthentication,
  takesPassword: boolean,
  context: BindContext,
): Promise<BindOutcome> {
  switch (mechanism.toUpperCase()) {
    case "PLAIN":
      if (!takesPassword) return confidentialityRequired;
      return credentials === undefined ? goOn : plain(credentials, context);
    case "EXTERNAL":
      return credentials === undefined ? goOn : external(credentials, context);
    default:
      return { resultCode: LdapResultCode.authMethodNotSupported };
  }
}

/** The client speaks first in both mechanisms; one that has not is asked to (RFC 4513 §5.2.1.2). */
const goOn: BindOutcome = {
  resultCode: LdapResultCode.saslBindInProgress,
  serverSaslCreds: new Uint8Array(0),
};

async function plain(credentials: Uint8Array, context: BindContext): Promise<BindOutcome> {
  let message: SaslPlainMessage;
  try {
    message = decodeSaslPlain(credentials);
  } catch (error) {
    if (!isLdapDecodeError(error)) throw error;
    return { resultCode: LdapResultCode.protocolError, diagnosticMessage: error.message };
  }
  const { authzid, authcid, passwd } = message;
  if (passwd.length === 0) return refused;
  const claimant = await claimantOfName(context.organizations, authcid, context.signal);
  const outcome = await login(claimant, { password: passwordText(passwd) }, context);
  return actingAs(authzid, outcome, context);
}

async function external(credentials: Uint8Array, context: BindContext): Promise<BindOutcome> {
  const { session, organizations, signal } = context;
  const { certificate } = session;
  const authzid = decodeText(credentials);
  if (certificate === undefined || authzid === undefined) return refused;
  const { views } = organizations;
  const [first] = views;
  // Connections may outlive it.
  if (!isInItsTime(certificate, first.options.directory.clock())) return refused;
  // An attempt is a failure on the books of an organization, so it is made only where somebody has the certificate.
  const knowing: DirectoryView[] = [];
  for (const view of views) {
    const { credentials: known } = view.options.directory;
    if ((await known.holderOfCertificate(certificate, { signal })) !== undefined) knowing.push(view);
  }
  let outcome: BindOutcome = refused;
  for (const view of knowing.length === 0 ? [first] : knowing) {
    const trees = await organizations.treesOf(view);
    outcome = await login({ view, trees, name: "by-proof" }, { certificate }, context);
    if (outcome.bound !== undefined) break;
  }
  return actingAs(authzid, outcome, context);
}

/** Whether a certificate, DER, is within its time (RFC 5280 §4.1.2.5); what is none is not. */
function isInItsTime(certificate: Uint8Array, now: number): boolean {
  try {
    const { validFromDate, validToDate } = new X509Certificate(certificate);
    return validFromDate.getTime() <= now && now <= validToDate.getTime();
  } catch {
    return false;
  }
}

/** The bind as whoever the authorization identity names. */
async function actingAs(
  authzid: string,
  outcome: BindOutcome,
  { session }: BindContext,
): Promise<BindOutcome> {
  const { bound } = outcome;
  if (authzid === "" || bound === undefined) return outcome;
  const { identity, view } = bound;
  const other = await identityActedAs(authzid, identity, view, session.address);
  return other === undefined ? refused : { ...outcome, bound: { identity: other, view } };
}
