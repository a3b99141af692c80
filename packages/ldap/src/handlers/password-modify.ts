import type { User } from "@directorykit/core";
import {
  decodePasswordModifyRequest,
  type ExtendedRequest,
  encodePasswordModifyResponse,
  isLdapDecodeError,
  LdapResultCode,
  type PasswordModifyRequest,
} from "../codec/index.ts";
import { badPassword, UpdateRefusal } from "../view/update-refusal.ts";
import { mayTakePassword } from "./bind.ts";
import { confidentialityRequired, passwordText } from "./login.ts";
import type { OperationContext } from "./operation-context.ts";
import { commitUser, preparePassword } from "./password-change.ts";
import type { Outcome } from "./session.ts";
import { runUpdate, type Update, writeOptions } from "./update.ts";
import { administratorsOnly, insufficient, noSuchObject, readDn } from "./update-target.ts";

/**
 * Answers a password modify request (RFC 3062). One's own password is changed with the old one, or on a connection that was
 * bound with it; others' by administrators. Without a new password the server makes one up and says it. The octets are
 * wiped, whatever becomes of it.
 */
export async function passwordModify(op: ExtendedRequest, context: OperationContext): Promise<Outcome> {
  try {
    // Before all else: who sends passwords in clear had better hear of it.
    if (!mayTakePassword(context.session, context.view.options)) return confidentialityRequired;
    return await runUpdate(context, async (update) => {
      const request = decode(op.requestValue);
      const user = await userOf(request.userIdentity, update);
      const { directory } = update.view.options;
      const { oldPasswd: old, newPasswd } = request;
      const generated = newPasswd === undefined ? await directory.credentials.generate(user) : undefined;
      const plain = newPasswd === undefined ? generated : passwordText(newPasswd);
      if (plain === undefined) throw badPassword("userPassword: is not text");
      const asked = { old, next: { plain } };
      const change = await preparePassword(user, asked, update, LdapResultCode.invalidCredentials);
      await commitUser(user, change, update, (held) =>
        directory.users.update(user.id, change.fields, { ...writeOptions(update), ...held }),
      );
      return generated === undefined
        ? {}
        : { responseValue: encodePasswordModifyResponse({ genPasswd: Buffer.from(generated) }) };
    });
  } finally {
    op.requestValue?.fill(0);
  }
}

function decode(value: Uint8Array | undefined): PasswordModifyRequest {
  try {
    return decodePasswordModifyRequest(value);
  } catch (error) {
    if (!isLdapDecodeError(error)) throw error;
    throw new UpdateRefusal(LdapResultCode.protocolError, error.message);
  }
}

/**
 * Whose password it is: a DN, `dn:` and a DN, or `u:` and a username; whoever is bound when nothing is said.
 * @throws UpdateRefusal noSuchObject for people whom the writer does not see
 */
async function userOf(userIdentity: Uint8Array | undefined, update: Update): Promise<User> {
  const { identity, source, view, signal } = update;
  const { users } = view.options.directory;
  const text = userIdentity === undefined ? "" : passwordText(userIdentity);
  const own = await users.get(identity.user, { signal });
  if (text === "" && own !== undefined) return own;
  if (text === undefined) throw new UpdateRefusal(LdapResultCode.invalidDNSyntax, "the user is not text");
  const dn = readDn(text.startsWith("u:") ? identity.tree.userDn(text.slice(2)) : text.replace(/^dn:/, ""));
  const node = identity.tree.locate(dn);
  if (node?.type === "user") {
    const named = await users.byUsername(node.username, { signal });
    if (named !== undefined && named.id === identity.user) return named;
    if (identity.search === "none") throw insufficient();
    const seen = await source.findUser(node.username);
    if (seen !== undefined) {
      administratorsOnly(update);
      return seen;
    }
  }
  if (identity.search === "none") throw insufficient();
  throw noSuchObject(dn, update);
}
