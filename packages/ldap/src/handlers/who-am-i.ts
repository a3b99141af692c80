import { LdapResultCode } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";

/** Answers "Who am I?" (RFC 4532): the authorization identity, empty for an anonymous connection. */
export async function whoAmI({ session, view, signal }: OperationContext): Promise<Outcome> {
  const { identity } = session;
  if (identity === undefined) return { resultCode: LdapResultCode.success, responseValue: new Uint8Array(0) };
  try {
    // A person may have been renamed since the bind.
    const user = await view.options.directory.users.get(identity.user, { signal });
    const dn = identity.tree.userDn(user?.username ?? identity.username);
    return { resultCode: LdapResultCode.success, responseValue: Buffer.from(`dn:${dn}`) };
  } catch (error) {
    return { resultCode: resultCodeOfError(error) };
  }
}
