import { type BindRequest, LdapResultCode } from "../codec/index.ts";
import type { ResolvedLdapOptions } from "../options.ts";
import { claimantOfBindName } from "./claimant.ts";
import { type BindContext, type BindOutcome, confidentialityRequired, login, passwordText } from "./login.ts";
import { saslBind } from "./sasl-bind.ts";
import type { LdapSession, Outcome } from "./session.ts";

const success: Outcome = { resultCode: LdapResultCode.success };

/** Whether passwords may cross this connection. */
export function mayTakePassword(
  session: LdapSession,
  options: Pick<ResolvedLdapOptions, "plaintextBind">,
): boolean {
  if (session.secure || options.plaintextBind === "anywhere") return true;
  return options.plaintextBind === "loopback" && isLoopback(session.address);
}

/** SASL mechanisms that may be used on a connection as it is. */
export function saslMechanisms(
  session: LdapSession,
  options: Pick<ResolvedLdapOptions, "plaintextBind">,
): readonly string[] {
  return [
    ...(session.certificate === undefined ? [] : ["EXTERNAL"]),
    ...(mayTakePassword(session, options) ? ["PLAIN"] : []),
  ];
}

/** Answers a BindRequest (RFC 4511 §4.2, RFC 4513 §5). The password's octets are wiped, whatever becomes of it. */
export async function bind(request: BindRequest, context: BindContext): Promise<BindOutcome> {
  try {
    return await run(request, context);
  } finally {
    wipePassword(request);
  }
}

/** Overwrites the octets of the password in a BindRequest. */
export function wipePassword({ authentication }: BindRequest): void {
  if (authentication.type === "simple") authentication.password.fill(0);
  else if (authentication.type === "sasl") authentication.credentials?.fill(0);
}

async function run(request: BindRequest, context: BindContext): Promise<BindOutcome> {
  const { session, organizations } = context;
  const [first] = organizations.views;
  if (request.version !== 3) {
    return { resultCode: LdapResultCode.protocolError, diagnosticMessage: "only LDAP version 3 is served" };
  }
  const { authentication, name } = request;
  const takesPassword = mayTakePassword(session, first.options);
  if (authentication.type === "sasl") return saslBind(authentication, takesPassword, context);
  if (authentication.type !== "simple") return { resultCode: LdapResultCode.authMethodNotSupported };
  const { password } = authentication;
  if (password.length === 0) {
    if (name === "") return success;
    // RFC 4513 §5.1.2: applications take such a success for a login.
    return { resultCode: LdapResultCode.unwillingToPerform, diagnosticMessage: "a name needs a password" };
  }
  if (!takesPassword) return confidentialityRequired;
  const claimant = await claimantOfBindName(organizations, name, context.signal);
  if (claimant === undefined) {
    return {
      resultCode: LdapResultCode.invalidDNSyntax,
      diagnosticMessage: "the name is not a distinguished name",
    };
  }
  return login(claimant, { password: passwordText(password) }, context);
}

function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}
