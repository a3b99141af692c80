import { isUtf8 } from "node:buffer";
import { foldCase, type UserId } from "@directorykit/core";
import type { BindRequest } from "../codec/index.ts";
import { LdapResultCode, parseDn } from "../codec/index.ts";
import type { ResolvedLdapOptions } from "../options.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import type { RequestControls } from "./controls.ts";
import { admit, identityOf, type LdapIdentity, type LdapSession, type Outcome } from "./session.ts";

const success: Outcome = { resultCode: LdapResultCode.success };
// One answer for every way of not being let in: nobody learns which it was.
const refused: Outcome = { resultCode: LdapResultCode.invalidCredentials };

/** The answer to a bind, with who the connection is bound as after a success with a name. */
export interface BindOutcome extends Outcome {
  /** Who it is, and the organization they belong to. Absent when the connection is anonymous. */
  readonly bound?: { readonly identity: LdapIdentity; readonly view: DirectoryView };
}

/** What a bind works with. */
export interface BindContext {
  /** The connection, which is nobody's by now. */
  readonly session: LdapSession;
  /** The organizations that are served; at least one. */
  readonly views: readonly DirectoryView[];
  /** Sees changes from before the bind until after it. */
  readonly watch: BindWatch;
  /** Aborted when the connection closes. */
  readonly signal: AbortSignal;
  /** The controls of the request. */
  readonly controls: RequestControls;
}

/** What happens to people while a password is being checked. */
export interface BindWatch {
  /** People whose sessions a change has ended meanwhile. */
  readonly ended: ReadonlySet<UserId>;
  /** Whether anything has changed that may decide who is let in. Set to false by whoever has looked at it. */
  changed: boolean;
}

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
  _session: LdapSession,
  _options: Pick<ResolvedLdapOptions, "plaintextBind">,
): readonly string[] {
  return [];
}

/** Answers a BindRequest (RFC 4511 §4.2, RFC 4513 §5). The password's octets are wiped, whatever becomes of it. */
export async function bind(request: BindRequest, context: BindContext): Promise<BindOutcome> {
  const { authentication } = request;
  try {
    return await run(request, context);
  } finally {
    if (authentication.type === "simple") authentication.password.fill(0);
    else if (authentication.type === "sasl") authentication.credentials?.fill(0);
  }
}

async function run(request: BindRequest, context: BindContext): Promise<BindOutcome> {
  const { session, views } = context;
  const [first] = views as [DirectoryView];
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
  if (!mayTakePassword(session, first.options)) {
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
  return login(dn, text, context);
}

async function login(
  dn: ReturnType<typeof parseDn>,
  password: string | undefined,
  { session, views, watch, signal }: BindContext,
): Promise<BindOutcome> {
  const place = await placeOf(views, dn);
  const tree = place?.tree;
  const view = place?.view ?? (views[0] as DirectoryView);
  const { directory, access } = view.options;
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
  const identity = identityOf(result.user, tree, result.factors, decision, access);
  return { ...success, bound: { identity, view } };
}

/** The organization and tree that hold a DN, if any does: the most specific one. */
async function placeOf(
  views: readonly DirectoryView[],
  dn: ReturnType<typeof parseDn>,
): Promise<{ readonly view: DirectoryView; readonly tree: Tree } | undefined> {
  let best: { view: DirectoryView; tree: Tree } | undefined;
  for (const view of views) {
    const tree = await view.treeOf(dn);
    if (tree === undefined) continue;
    if (best === undefined || tree.suffixDn.rdns.length > best.tree.suffixDn.rdns.length)
      best = { view, tree };
  }
  return best;
}

function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}
