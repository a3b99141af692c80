import { isUtf8 } from "node:buffer";
import { foldCase, type UserId } from "@directorykit/core";
import type { BindRequest } from "../codec/index.ts";
import { LdapResultCode, parseDn } from "../codec/index.ts";
import type { ResolvedLdapOptions } from "../options.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { admit, identityOf, type LdapIdentity, type LdapSession, type Outcome } from "./session.ts";

const success: Outcome = { resultCode: LdapResultCode.success };
// One answer for every way of not being let in: nobody learns which it was.
const refused: Outcome = { resultCode: LdapResultCode.invalidCredentials };

/** The answer to a bind, with who the connection is bound as after a success with a name. */
export interface BindOutcome extends Outcome {
  /** Absent when the connection is anonymous. */
  readonly identity?: LdapIdentity;
}

/** What happens to people while a password is being checked. */
export interface BindWatch {
  /** People whose sessions a change has ended meanwhile. */
  readonly ended: ReadonlySet<UserId>;
  /** Whether anything has changed that may decide who is let in. Set to false by whoever has looked at it. */
  changed: boolean;
}

/** Whether passwords may cross this connection. */
export function mayTakePassword(session: LdapSession, options: ResolvedLdapOptions): boolean {
  if (session.secure || options.plaintextBind === "anywhere") return true;
  return options.plaintextBind === "loopback" && isLoopback(session.address);
}

/**
 * Answers a BindRequest (RFC 4511 §4.2, RFC 4513 §5). The password's octets are wiped, whatever becomes of it.
 *
 * @param watch - sees changes from before the call until after it
 * @param signal - aborted when the connection closes
 */
export async function bind(
  request: BindRequest,
  session: LdapSession,
  view: DirectoryView,
  watch: BindWatch,
  signal: AbortSignal,
): Promise<BindOutcome> {
  const { authentication } = request;
  try {
    return await run(request, session, view, watch, signal);
  } finally {
    if (authentication.type === "simple") authentication.password.fill(0);
    else if (authentication.type === "sasl") authentication.credentials?.fill(0);
  }
}

async function run(
  request: BindRequest,
  session: LdapSession,
  view: DirectoryView,
  watch: BindWatch,
  signal: AbortSignal,
): Promise<BindOutcome> {
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
  const { password } = authentication;
  if (password.length === 0) {
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
  const octets = Buffer.from(password.buffer, password.byteOffset, password.length);
  const text = isUtf8(octets) ? octets.toString("utf8") : undefined;
  return login(dn, text, session, view, watch, signal);
}

async function login(
  dn: ReturnType<typeof parseDn>,
  password: string | undefined,
  session: LdapSession,
  view: DirectoryView,
  watch: BindWatch,
  signal: AbortSignal,
): Promise<BindOutcome> {
  const { directory, access } = view.options;
  const tree = await view.treeOf(dn);
  const node = tree?.locate(dn);
  // A password that is no text is nobody's, and a DN is that of an entry: an e-mail address in it is none.
  const username = node?.type === "user" && password !== undefined ? node.username : "";
  const user = username === "" ? undefined : await directory.users.byUsername(username, { signal });
  // A name that is nobody's goes the same way, so that it takes the same time.
  const result = await directory.authenticate(
    {
      ...(user === undefined ? { username: "" } : { userId: user.id }),
      password: password ?? "",
      protocol: "ldap",
      source: session.address,
      correlation: session.id,
      resource: tree?.resources ?? [],
    },
    { signal },
  );
  if (result.outcome !== "accepted" || tree === undefined) return refused;
  // Renamed while the password was checked: the DN is not theirs any more.
  if (foldCase(result.user.username) !== username) return refused;
  const subject = { user: result.user.id, tree, factors: result.factors };
  let decision: Awaited<ReturnType<typeof admit>>;
  do {
    watch.changed = false;
    decision = await admit(directory, subject, session.address);
    if (decision?.allowed !== true || watch.ended.has(result.user.id)) return refused;
  } while (watch.changed);
  return { ...success, identity: identityOf(result.user, tree, result.factors, decision, access.search) };
}

function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}
