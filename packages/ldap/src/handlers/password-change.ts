import { isDirectoryError, type User, type UserChanges, type UserUpdateOptions } from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import type { WrittenPassword } from "../view/password-writes.ts";
import { badPassword, UpdateRefusal } from "../view/update-refusal.ts";
import { mayTakePassword } from "./bind.ts";
import { passwordText } from "./login.ts";
import { isOwn, type Update, writeOptions } from "./update.ts";

/** A change of password that is asked for. */
export interface AskedPassword {
  /** What is given as the old one. */
  readonly old?: Uint8Array | undefined;
  /** The new one; `null` takes it away. */
  readonly next: WrittenPassword | null;
}

/** What a change of password is to the directory. */
export type PasswordFields = Pick<UserChanges, "password" | "passwordHash">;

/** A change of password that may be made. */
export interface PreparedChange {
  /** What it is to the directory. */
  readonly fields: PasswordFields;
  /** The old password that was given. */
  readonly proof?: PasswordProof;
}

/** An old password that was right when it was looked at. */
interface PasswordProof {
  /** What holds the change to it. */
  readonly options: Pick<UserUpdateOptions, "expectedPasswordSetAt">;
  /** The result if it is not right any more. */
  readonly wrongOld: LdapResultCode;
}

/** @throws UpdateRefusal confidentialityRequired unless passwords may cross the connection */
export function confidentialOnly({ session, view }: Update): void {
  if (!mayTakePassword(session, view.options)) {
    throw new UpdateRefusal(LdapResultCode.confidentialityRequired, "passwords are taken over TLS only");
  }
}

/**
 * Sees to it that a person's password may be changed so, and hashes it.
 *
 * One's own needs the old one, or a connection that was bound with it: a certificate, or somebody who acts for others, is
 * not enough.
 *
 * @param user - the person, as they will be
 * @param wrongOld - the result for an old password that is not the right one
 * @throws UpdateRefusal; DirectoryError `invalid-input` by the policy, `overloaded`
 */
export async function preparePassword(
  user: User,
  { old, next }: AskedPassword,
  update: Update,
  wrongOld: LdapResultCode,
): Promise<PreparedChange> {
  confidentialOnly(update);
  const { identity, view } = update;
  const { directory } = view.options;
  const isSelfService = identity.write !== "directory";
  if (isSelfService && next === null)
    throw notAllowed("userPassword: is not yours to take away", "passwordModNotAllowed");
  // Set anew in a further step, it would be the same one, and nobody would know that it had to be changed.
  if (next === null && isOwn(update, user) && update.identity.mustChangePassword)
    throw notAllowed("userPassword: is to be changed, not taken away", "passwordModNotAllowed");
  if (isSelfService && next !== null && "hash" in next)
    throw badPassword("userPassword: is taken as it is typed, not as a hash");
  if (old === undefined && isOwn(update, user) && !isBoundByPassword(update))
    throw notAllowed("userPassword: the old one is needed too", "mustSupplyOldPassword");
  const proof = old === undefined ? {} : { proof: await proveOld(user, old, update, wrongOld) };
  if (next === null) return { fields: { password: null }, ...proof };
  const fields =
    "hash" in next
      ? { passwordHash: next.hash }
      : { password: await directory.credentials.prepare(user, next.plain, writeOptions(update)) };
  return { fields, ...proof };
}

/** Whether it is by this person's password that the connection is theirs. */
function isBoundByPassword({ identity }: Update): boolean {
  return identity.actedBy === undefined && identity.factors.includes("password");
}

/** Verifies the old password as a login would: with a code behind it, and counted against the account when it is wrong. */
async function proveOld(
  user: User,
  old: Uint8Array,
  update: Update,
  wrongOld: LdapResultCode,
): Promise<PasswordProof> {
  const { session, view, signal } = update;
  const text = passwordText(old);
  // Before the proof: a password that is set in the meantime, as because this one is known to others, stays.
  const setAt = await view.options.directory.credentials.passwordSetAt(user.id, { signal });
  const result =
    text === undefined
      ? undefined
      : await view.options.directory.authenticate(
          {
            userId: user.id,
            password: text,
            protocol: "ldap",
            source: session.address,
            correlation: session.id,
          },
          { signal },
        );
  if (result?.outcome !== "accepted" || setAt === undefined) throw notRight(wrongOld);
  return { options: { expectedPasswordSetAt: setAt }, wrongOld };
}

function notRight(wrongOld: LdapResultCode): UpdateRefusal {
  return new UpdateRefusal(wrongOld, "userPassword: the old one is not right");
}

function notAllowed(
  message: string,
  passwordPolicyError: "passwordModNotAllowed" | "mustSupplyOldPassword",
): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.insufficientAccessRights, message, { passwordPolicyError });
}

/** Groups have no passwords. */
export function notWritablePassword(): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.objectClassViolation, "userPassword: is not kept in such entries");
}

/**
 * Makes the change of a person that has their password in it, and notes what that means for the connection.
 * @param commit - makes it, with the options that hold it to the old password
 */
export async function commitUser(
  user: User,
  { fields, proof }: Partial<PreparedChange>,
  update: Update,
  commit: (held: PasswordProof["options"]) => Promise<User>,
): Promise<User> {
  const isOwnPassword = fields !== undefined && isOwn(update, user);
  const after = await update
    .commit(() => commit(proof?.options ?? {}), isOwnPassword ? "own-password" : undefined)
    .catch((error: unknown) => {
      if (proof !== undefined && isDirectoryError(error) && error.details["reason"] === "password")
        throw notRight(proof.wrongOld);
      throw error;
    });
  if (isOwnPassword && fields.password !== null) update.identity.mustChangePassword = false;
  return after;
}
