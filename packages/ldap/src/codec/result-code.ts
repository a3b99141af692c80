/**
 * Result codes of RFC 4511 §4.1.9 and appendix A, with those added by RFC 3909 (cancel), RFC 4370 (proxied
 * authorization), RFC 4528 (assertion), RFC 4533 (content synchronization) and the virtual list view draft.
 */
export const LdapResultCode = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  noSuchAttribute: 16,
  undefinedAttributeType: 17,
  inappropriateMatching: 18,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  invalidAttributeSyntax: 21,
  noSuchObject: 32,
  aliasProblem: 33,
  invalidDNSyntax: 34,
  aliasDereferencingProblem: 36,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
  loopDetect: 54,
  sortControlMissing: 60,
  offsetRangeError: 61,
  namingViolation: 64,
  objectClassViolation: 65,
  notAllowedOnNonLeaf: 66,
  notAllowedOnRDN: 67,
  entryAlreadyExists: 68,
  objectClassModsProhibited: 69,
  affectsMultipleDSAs: 71,
  virtualListViewError: 76,
  other: 80,
  canceled: 118,
  noSuchOperation: 119,
  tooLate: 120,
  cannotCancel: 121,
  assertionFailed: 122,
  authorizationDenied: 123,
  syncRefreshRequired: 4096,
} as const;

/** The name of a result code, as RFC 4511 and its companions spell it. */
export type LdapResultCodeName = keyof typeof LdapResultCode;

/** A result code that this package knows; on the wire the enumeration is open, so messages carry `number`. */
export type LdapResultCode = (typeof LdapResultCode)[LdapResultCodeName];

const names: ReadonlyMap<number, LdapResultCodeName> = new Map(
  Object.entries(LdapResultCode).map(([name, code]) => [code, name as LdapResultCodeName]),
);

/** The name of a result code, or `undefined` for one that this package does not know. */
export function resultCodeName(code: number): LdapResultCodeName | undefined {
  return names.get(code);
}
