import { LdapResultCode, type PasswordPolicyError } from "../codec/index.ts";

/**
 * Ends the work on an update that is refused. The message goes to the client as the diagnosticMessage: it names
 * attributes and classes, never values.
 */
export class UpdateRefusal extends Error {
  override readonly name = "UpdateRefusal";
  /** The result of the operation. */
  readonly resultCode: LdapResultCode;
  /** The part of the target's DN that exists, where the target does not. */
  readonly matchedDN: string | undefined;
  /** What to say in a password policy response, if the client asked for one. */
  readonly passwordPolicyError: PasswordPolicyError | undefined;

  constructor(
    resultCode: LdapResultCode,
    message: string,
    more: { readonly matchedDN?: string; readonly passwordPolicyError?: PasswordPolicyError } = {},
  ) {
    super(message);
    this.resultCode = resultCode;
    this.matchedDN = more.matchedDN;
    this.passwordPolicyError = more.passwordPolicyError;
  }
}

/** A password that cannot be one, or may not. */
export function badPassword(
  message: string,
  passwordPolicyError: PasswordPolicyError = "insufficientPasswordQuality",
): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.constraintViolation, message, { passwordPolicyError });
}
