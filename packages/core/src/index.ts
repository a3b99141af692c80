export type { AccessContext, ResourceRef, Standing } from "./access/authorizer.ts";
export type * from "./access/decision.ts";
export { maxGroupNesting } from "./access/group-graph.ts";
export { inNetworks, isNetwork } from "./access/network.ts";
export { type AttributeNaming, AttributeRegistry } from "./attributes/attribute-registry.ts";
export {
  type AttributeRules,
  displayNameOf,
  type ReadableAttribute,
} from "./attributes/built-in-attributes.ts";
export { type AccountLockOptions, defaultAccountLock } from "./authenticate/account-lock.ts";
export type * from "./authenticate/attempt.ts";
export type { AuthenticationOptions } from "./authenticate/authenticator.ts";
export { defaultSourceThrottle, type SourceThrottleOptions } from "./authenticate/source-throttle.ts";
export type { ChangeListener } from "./changes/change-feed.ts";
export { createDirectory, Directory } from "./directory.ts";
export { allowNtHashes, type DirectoryOptions } from "./directory-options.ts";
export { checkDirectoryDocument } from "./document/check-document.ts";
export type * from "./document/directory-document.ts";
export { type ExportOptions, includeSecrets } from "./document/export-document.ts";
export type { ImportResult } from "./document/import-document.ts";
export {
  DirectoryError,
  type DirectoryErrorCode,
  type DirectoryErrorOptions,
  errorCodeOf,
  isDirectoryError,
} from "./errors.ts";
export { constantTimeEqual } from "./keys/constant-time.ts";
export { type EnvelopeBinding, needsReseal, open, seal } from "./keys/envelope.ts";
export {
  ephemeralKeyRing,
  type KeyRing,
  type KeyRingEntry,
  type KeyRingOptions,
  keyRing,
  loadKeyRing,
  type RingKey,
} from "./keys/key-ring.ts";
export {
  allowReadableByOthers,
  resolveSecret,
  Secret,
  type SecretFileOptions,
  type SecretSource,
  secretFromEnv,
  secretFromFile,
} from "./keys/secret.ts";
export { memoryStore } from "./memory/memory-store.ts";
export type * from "./model/attribute-definition.ts";
export type * from "./model/audit-event.ts";
export type * from "./model/change.ts";
export { everySession } from "./model/change.ts";
export type * from "./model/credential.ts";
export type * from "./model/grant.ts";
export type * from "./model/group.ts";
export type * from "./model/ids.ts";
export { isId, newId } from "./model/ids.ts";
export { type RecordKind, type RecordTypes, recordKinds } from "./model/kinds.ts";
export type * from "./model/organization.ts";
export type * from "./model/record.ts";
export type * from "./model/resource.ts";
export type * from "./model/session.ts";
export type * from "./model/user.ts";
export type { HashQueue, HashQueueOptions, HashWorkOptions } from "./password/hash-queue.ts";
export {
  type Argon2HasherOptions,
  allowWeakHashing,
  argon2Hasher,
  type PasswordHasher,
  type PasswordHashOptions,
} from "./password/password-hasher.ts";
export {
  defaultPasswordPolicy,
  type PasswordPolicy,
  type PasswordViolation,
  type PasswordViolationCode,
} from "./password/password-policy.ts";
export { preparePassword } from "./password/prepare-password.ts";
export { type RememberVerifiedOptions, rememberVerified } from "./password/remember-verified.ts";
export { type Clock, systemClock } from "./ports/clock.ts";
export { type LogFields, type Logger, silentLogger } from "./ports/logger.ts";
export { type MetricLabels, type Metrics, noMetrics } from "./ports/metrics.ts";
export { defaultFilterLimits, type FilterLimits } from "./query/compile-filter.ts";
export {
  type EvaluationSubject,
  evaluateStoreFilter,
  isIndexedLeaf,
  splitFilter,
} from "./query/evaluate-store-filter.ts";
export type * from "./query/filter.ts";
export type { Lookup } from "./query/lookup.ts";
export type { Query, QueryPage, ScannedPage, ScanQuery } from "./query/query.ts";
export { type AttributeFields, Attributes } from "./services/attributes.ts";
export {
  type CredentialSummary,
  Credentials,
  type SetPasswordOptions,
  type TotpEnrolment,
} from "./services/credentials.ts";
export { Grants, type GrantTerms, type NewGrant } from "./services/grants.ts";
export {
  type GroupChanges,
  type GroupFields,
  Groups,
  type MemberId,
  type NewGroup,
} from "./services/groups.ts";
export { type OrganizationFields, OrganizationSettings } from "./services/organization.ts";
export type { PasswordOwner } from "./services/passwords.ts";
export type { PreparedPassword } from "./services/prepared-password.ts";
export { type ResourceFields, Resources } from "./services/resources.ts";
export { secretSettingNames } from "./services/secret-settings.ts";
export { type NewSession, type SessionChanges, Sessions } from "./services/sessions.ts";
export { type SystemFields, Systems } from "./services/systems.ts";
export type { AttributeChanges, UserFields } from "./services/user-input.ts";
export {
  type NewUser,
  type UpdateOptions,
  type UserChanges,
  Users,
  type UserUpdateOptions,
} from "./services/users.ts";
export type * from "./store/store.ts";
export { compareCodePoints, compareIndexValues, foldCase, normalizeValue } from "./text/normalize.ts";
export {
  matchesSubstrings,
  type PreparedSubstrings,
  prepareSubstrings,
  type Substrings,
} from "./text/substrings.ts";
export type { WriteOptions } from "./write/unit-of-work.ts";
