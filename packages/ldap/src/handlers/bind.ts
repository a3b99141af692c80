import type { BindRequest } from "../codec/index.ts";
import { LdapResultCode, parseDn } from "../codec/index.ts";
import type { ResolvedLdapOptions } from "../options.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { admit, identityOf, type LdapSession, type Outcome } from "./session.ts";

const success: Outcome = { resultCode: LdapResultCode.success };
// One answer for every way of not being let in: nobody learns which it was.
const refused: Outcome = { resultCode: LdapResultCode.invalidCredentials };

/** Whether passwords may cross this connection. */
export function mayTakePassword(session: LdapSession, options: ResolvedLdapOptions): boolean {
  if (session.secure || options.plaintextBind === "anywhere") return true;
  return options.plaintextBind === "loopback" && isLoopback(session.address);
}

/**
 * Answers a BindRequest (RFC 4511 §4.2, RFC 4513 §5). The connection is anonymous from the start of it; only a
 * success gives it an identity. The password's octets are wiped once they are text.
 */
export async function bind(
  request: BindRequest,
  session: LdapSession,
  view: DirectoryView,
): Promise<Outcome> {
  session.identity = undefined;
  if (request.version !== 3) {
    return { resultCode: LdapResultCode.protocolError, diagnosticMessage: "only LDAP version 3 is served" };
  }
  const { authentication, name } = request;
  if (authentication.type !== "simple") {
    return {
      resultCode: LdapResultCode.authMethodNotSupported,
      diagnosticMessage: "only simple binds are served",
    };
  }
  if (authentication.password.length === 0) {
    if (name === "") return success;
    // RFC 4513 §5.1.2: applications take such a success for a login.
    return { resultCode: LdapResultCode.unwillingToPerform, diagnosticMessage: "a name needs a password" };
  }
  if (!mayTakePassword(session, view.options)) {
    return {
      resultCode: LdapResultCode.confidentialityRequired,
      diagnosticMessage: "passwords are taken over TLS only",
    };
  }
  let dn: ReturnType<typeof parseDn>;
  try {
    dn = parseDn(name);
  } catch {
    return {
      resultCode: LdapResultCode.invalidDNSyntax,
      diagnosticMessage: "the name is not a distinguished name",
    };
  }
  const password = Buffer.from(authentication.password).toString("utf8");
  const tree = await view.treeOf(dn);
  const node = tree?.locate(dn);
  const username = node?.type === "user" ? node.username : "";
  authentication.password.fill(0);
  return login(username, password, tree, session, view);
}

async function login(
  username: string,
  password: string,
  tree: Tree | undefined,
  session: LdapSession,
  view: DirectoryView,
): Promise<Outcome> {
  const { directory } = view.options;
  // A name that is nobody's goes the same way, so that it takes the same time.
  const result = await directory.authenticate({
    username,
    password,
    protocol: "ldap",
    source: session.address,
    correlation: session.id,
    resource: tree?.resources ?? [],
  });
  if (result.outcome !== "accepted" || tree === undefined) return refused;
  const decision = await admit(
    directory,
    { user: result.user.id, tree, factors: result.factors },
    session.address,
  );
  if (decision?.allowed !== true) return refused;
  session.identity = identityOf(result.user, tree, result.factors, decision, view.options.access.search);
  return success;
}

function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}
