import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const warningTag = 0xa0;
const errorTag = 0x81;
const timeBeforeExpirationTag = 0x80;
const graceAuthNsRemainingTag = 0x81;

/** What is wrong with the password or account, in the order of the wire values. */
export const passwordPolicyErrors = [
  "passwordExpired",
  "accountLocked",
  "changeAfterReset",
  "passwordModNotAllowed",
  "mustSupplyOldPassword",
  "insufficientPasswordQuality",
  "passwordTooShort",
  "passwordTooYoung",
  "passwordInHistory",
] as const;
export type PasswordPolicyError = (typeof passwordPolicyErrors)[number];

/** Value of a password policy response (draft-behera-ldap-password-policy-10 §6.2). */
export interface PasswordPolicyResponse {
  /** Seconds until the password expires; excludes `graceAuthNsRemaining`. */
  readonly timeBeforeExpiration?: number;
  /** Logins left with the expired password. */
  readonly graceAuthNsRemaining?: number;
  readonly error?: PasswordPolicyError;
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodePasswordPolicy(value: Uint8Array): PasswordPolicyResponse {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    let warning: PasswordPolicyResponse = {};
    if (reader.peekTag() === warningTag) {
      const choice = reader.open(warningTag);
      warning =
        reader.peekTag() === timeBeforeExpirationTag
          ? { timeBeforeExpiration: reader.integer(timeBeforeExpirationTag) }
          : { graceAuthNsRemaining: reader.integer(graceAuthNsRemainingTag) };
      reader.close(choice);
    }
    let error: PasswordPolicyError | undefined;
    if (reader.peekTag() === errorTag) {
      error = passwordPolicyErrors[reader.integer(errorTag, 0, passwordPolicyErrors.length - 1)];
    }
    reader.closeSequence(outer, 1);
    return { ...warning, ...(error !== undefined && { error }) };
  });
}

/** @throws RangeError when both warnings are given: the wire has room for one. */
export function encodePasswordPolicy(response: PasswordPolicyResponse): Uint8Array {
  const { timeBeforeExpiration, graceAuthNsRemaining, error } = response;
  if (timeBeforeExpiration !== undefined && graceAuthNsRemaining !== undefined) {
    throw new RangeError("a password policy response carries one warning");
  }
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    if (timeBeforeExpiration !== undefined || graceAuthNsRemaining !== undefined) {
      const choice = writer.begin(warningTag);
      if (timeBeforeExpiration !== undefined) writer.integer(timeBeforeExpiration, timeBeforeExpirationTag);
      if (graceAuthNsRemaining !== undefined) writer.integer(graceAuthNsRemaining, graceAuthNsRemainingTag);
      writer.end(choice);
    }
    if (error !== undefined) writer.integer(passwordPolicyErrors.indexOf(error), errorTag);
    writer.end(mark);
  });
}
