import { isUtf8 } from "node:buffer";
import { type AuthenticationResult, foldCase, type User, type UserId } from "@directorykit/core";
import {
  ControlOid,
  encodePasswordPolicy,
  LdapResultCode,
  type PasswordPolicyResponse,
} from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import type { RequestControls } from "./controls.ts";
import type { Organizations } from "./organizations.ts";
import { admit, identityOf, type LdapIdentity, type LdapSession, type Outcome } from "./session.ts";

/** The answer to a bind, with who the connection is bound as after a success with a name. */
export interface BindOutcome extends Outcome {
  /** Who it is, and the organization they belong to. Absent when the connection is anonymous. */
  readonly bound?: { readonly identity: LdapIdentity; readonly view: DirectoryView };
}

/** What happens to people while a password is being checked. */
export interface BindWatch {
  /** People whose sessions a change has ended meanwhile. */
  readonly ended: ReadonlySet<UserId>;
  /** Whether anything has changed that may decide who is let in. Set to false by whoever has looked at it. */
  changed: boolean;
}

/** What a bind works with. */
export interface BindContext {
  /** The connection, which is nobody's by now. */
  readonly session: LdapSession;
  /** The organizations that are served. */
  readonly organizations: Organizations;
  /** Sees changes from before the bind until after it. */
  readonly watch: BindWatch;
  /** Aborted when the connection closes. */
  readonly signal: AbortSignal;
  /** The controls of the request. */
  readonly controls: RequestControls;
}

/** Whom a bind names, and where they may be let in. */
export interface Claimant {
  /** Their organization. */
  readonly view: DirectoryView;
  /** Where: the first of these trees that lets them in. */
  readonly trees: readonly Tree[];
  /** Who: by id, by the name they typed, or by what they prove; nobody when the id is `undefined`. */
  readonly name: { readonly userId: UserId | undefined } | { readonly username: string } | "by-proof";
  /** The folded username that the name stands on, if it does: whoever is renamed meanwhile is someone else. */
  readonly username?: string;
}

/** What a bind proves it by. */
export type Proof =
  | {
      /** `undefined` for octets that are no text, which are nobody's password. */
      readonly password: string | undefined;
    }
  | { readonly certificate: Uint8Array };

/** One answer for every way of not being let in: nobody learns which it was. */
export const refused: Outcome = { resultCode: LdapResultCode.invalidCredentials };

/** A password may not cross this connection. */
export const confidentialityRequired: Outcome = {
  resultCode: LdapResultCode.confidentialityRequired,
  diagnosticMessage: "passwords are taken over TLS only",
};

/** Authenticates whoever binds, and sees whether a tree lets them in. */
export async function login(claimant: Claimant, proof: Proof, context: BindContext): Promise<BindOutcome> {
  const { view, trees, username } = claimant;
  const { session, watch, controls } = context;
  const { directory, access } = view.options;
  const result = await authenticate(claimant, proof, context);
  if (result.outcome !== "accepted") return refused;
  const { user, factors } = result;
  if (username !== undefined && foldCase(user.username) !== username) return refused;
  const mustChange = result.mustChangePassword;
  // A client that cannot be told would take such a password for one like any other.
  if (mustChange && controls.passwordPolicy === undefined) return refused;
  for (;;) {
    watch.changed = false;
    const admission = await firstAdmission(user, trees, factors, session.address, directory);
    if (admission === undefined || watch.ended.has(user.id)) return refused;
    if (watch.changed) continue;
    const identity = identityOf(user, admission.tree, factors, admission.decision, access, mustChange);
    return {
      resultCode: LdapResultCode.success,
      bound: { identity, view },
      ...passwordPolicyControls(controls, mustChange ? { error: "changeAfterReset" } : {}),
    };
  }
}

/** The response control of a password policy request (draft-behera-ldap-password-policy-10 §9.1), if there was one. */
export function passwordPolicyControls(
  controls: RequestControls,
  response: PasswordPolicyResponse,
): Pick<Outcome, "controls"> {
  if (controls.passwordPolicy === undefined) return {};
  const value = encodePasswordPolicy(response);
  return { controls: [{ oid: ControlOid.passwordPolicy, critical: false, value }] };
}

/** A password's octets as text; `undefined` when they are none. */
export function passwordText(octets: Uint8Array): string | undefined {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  return isUtf8(buffer) ? buffer.toString("utf8") : undefined;
}

function authenticate(
  { view, trees, name }: Claimant,
  proof: Proof,
  { session, signal }: BindContext,
): Promise<AuthenticationResult> {
  const by = "certificate" in proof ? { certificate: proof.certificate } : { password: proof.password ?? "" };
  // A name that is nobody's goes the same way, so that it takes the same time; so does what cannot be a password.
  const isNobody = "password" in proof && proof.password === undefined;
  const who =
    name === "by-proof"
      ? {}
      : isNobody || ("userId" in name && name.userId === undefined)
        ? { username: "" }
        : (name as { readonly userId: UserId } | { readonly username: string });
  return view.options.directory.authenticate(
    {
      ...who,
      ...by,
      protocol: "ldap",
      source: session.address,
      correlation: session.id,
      resource: trees.flatMap((tree) => tree.resources),
    },
    { signal },
  );
}

async function firstAdmission(
  user: User,
  trees: readonly Tree[],
  factors: LdapIdentity["factors"],
  address: string,
  directory: DirectoryView["options"]["directory"],
): Promise<
  { readonly tree: Tree; readonly decision: NonNullable<Awaited<ReturnType<typeof admit>>> } | undefined
> {
  for (const tree of trees) {
    const decision = await admit(directory, { user: user.id, tree, factors }, address);
    if (decision?.allowed === true) return { tree, decision };
  }
  return undefined;
}
