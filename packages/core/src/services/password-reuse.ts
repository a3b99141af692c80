import { DirectoryError } from "../errors.ts";
import type { Credential } from "../model/credential.ts";
import type { User } from "../model/user.ts";
import type { PasswordViolationCode } from "../password/password-policy.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import { markOf } from "./password-reset.ts";
import type { PreparedPassword } from "./prepared-password.ts";
import { hashWork, type ServiceEnvironment } from "./service-environment.ts";
import { credentialOf } from "./stored-credential.ts";

/*
 * A password that must be changed is one that others know, and setting it once more would leave it known and take the
 * mark off. So another is asked for (NIST SP 800-63B-4 §3.1.1.2 forces the change, and nothing else), whoever sets it:
 * code of the host often sets passwords for the person before it without saying so. Whoever leaves the mark may set any.
 *
 * The refusal tells whoever may set the password, by right or with a reset token, that they know the one before. No lock
 * counts it: they could set another as well. But the audit trail names them, so that guesses can be seen for what they
 * are. Whoever takes the password away takes the mark with it: to compare with what is gone, it would have to be kept.
 */

/**
 * Compares a new password with the one that must be changed, before the transaction: hashing takes too long for it.
 * @returns names the stored password that the new one differs from; `undefined` when none has to be changed
 * @throws DirectoryError `invalid-input` with `details.violation` `reused` when it is the same; `overloaded`
 */
export async function compareWithMarked(
  environment: ServiceEnvironment,
  user: Pick<User, "id" | "username">,
  password: string,
  options: WriteOptions,
): Promise<string | undefined> {
  const { reader, hasher } = environment;
  const before = await credentialOf(reader, user.id, "password", options);
  if (before?.mustChange !== true) return undefined;
  if (!(await hasher.verify(before.secret, password, hashWork(options)))) return markOf(before);
  await commit(environment, options, async (unit) => {
    unit.audit({
      action: "credential.password-refused",
      outcome: "failure",
      reason: "reused",
      target: { kind: "user", id: user.id, name: user.username },
    });
  });
  throw reused("password");
}

/**
 * Sees to it that what takes the mark off a password is another one, within the transaction that stores it. Of a hash
 * from elsewhere no more can be said than whether it is the very one that is stored.
 * @throws DirectoryError `invalid-input` with `details.violation` `reused`; `stale-write` with `details.reason`
 * `must-change` when the two were not compared: the mark, or another hash, has come since
 */
export function expectAnother(before: Credential | undefined, next: PreparedPassword): void {
  if (before?.mustChange !== true) return;
  if (next.isImported) {
    if (next.hash === before.secret) throw reused("passwordHash");
  } else if (next.differsFrom !== markOf(before)) {
    throw new DirectoryError("stale-write", "the password became one that must be changed meanwhile", {
      details: { reason: "must-change" },
    });
  }
}

function reused(path: string): DirectoryError {
  const violation: PasswordViolationCode = "reused";
  return new DirectoryError("invalid-input", `${path}: The password is the one that must be changed.`, {
    details: { path, violation },
  });
}
