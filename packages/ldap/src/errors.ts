import { type DirectoryErrorCode, errorCodeOf } from "@directorykit/core";
import { LdapResultCode } from "./codec/index.ts";

/** What each failure of the directory is in LDAP (RFC 4511 appendix A). Total: a new code must be decided here. */
export const resultCodeFor: Readonly<Record<DirectoryErrorCode, LdapResultCode>> = {
  "invalid-input": LdapResultCode.constraintViolation,
  "invalid-credentials": LdapResultCode.invalidCredentials,
  "account-locked": LdapResultCode.invalidCredentials,
  "mfa-required": LdapResultCode.invalidCredentials,
  denied: LdapResultCode.insufficientAccessRights,
  "not-found": LdapResultCode.noSuchObject,
  conflict: LdapResultCode.entryAlreadyExists,
  "stale-write": LdapResultCode.busy,
  "limit-exceeded": LdapResultCode.adminLimitExceeded,
  overloaded: LdapResultCode.busy,
  timeout: LdapResultCode.timeLimitExceeded,
  "store-unavailable": LdapResultCode.unavailable,
  "protocol-violation": LdapResultCode.protocolError,
  misconfigured: LdapResultCode.unwillingToPerform,
};

/** What an LDAP result means in the directory's terms; `undefined` for results that are no failure. */
export function errorCodeFor(resultCode: number): DirectoryErrorCode | undefined {
  switch (resultCode) {
    case LdapResultCode.success:
    case LdapResultCode.compareTrue:
    case LdapResultCode.compareFalse:
    case LdapResultCode.referral:
    case LdapResultCode.saslBindInProgress:
      return undefined;
    case LdapResultCode.invalidCredentials:
    case LdapResultCode.inappropriateAuthentication:
      return "invalid-credentials";
    case LdapResultCode.insufficientAccessRights:
    case LdapResultCode.strongerAuthRequired:
    case LdapResultCode.confidentialityRequired:
    case LdapResultCode.unwillingToPerform:
      return "denied";
    case LdapResultCode.noSuchObject:
    case LdapResultCode.noSuchAttribute:
      return "not-found";
    case LdapResultCode.entryAlreadyExists:
    case LdapResultCode.attributeOrValueExists:
      return "conflict";
    case LdapResultCode.sizeLimitExceeded:
    case LdapResultCode.adminLimitExceeded:
      return "limit-exceeded";
    case LdapResultCode.timeLimitExceeded:
      return "timeout";
    case LdapResultCode.busy:
      return "overloaded";
    case LdapResultCode.unavailable:
      return "store-unavailable";
    case LdapResultCode.protocolError:
    case LdapResultCode.operationsError:
      return "protocol-violation";
    default:
      return "invalid-input";
  }
}

/** The result code for anything thrown while an operation ran. */
export function resultCodeOfError(error: unknown): LdapResultCode {
  return resultCodeFor[errorCodeOf(error)];
}
