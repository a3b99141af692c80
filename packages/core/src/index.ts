export {
  DirectoryError,
  type DirectoryErrorCode,
  type DirectoryErrorOptions,
  errorCodeOf,
  isDirectoryError,
} from "./errors.ts";
export { memoryStore } from "./memory/memory-store.ts";
export type * from "./model/attribute-definition.ts";
export type * from "./model/audit-event.ts";
export type * from "./model/change.ts";
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
export { type Clock, systemClock } from "./ports/clock.ts";
export { type LogFields, type Logger, silentLogger } from "./ports/logger.ts";
export { type MetricLabels, type Metrics, noMetrics } from "./ports/metrics.ts";
export {
  type EvaluationSubject,
  evaluateStoreFilter,
  isIndexedLeaf,
  splitFilter,
} from "./query/evaluate-store-filter.ts";
export type * from "./query/filter.ts";
export type * from "./store/store.ts";
export { compareCodePoints, compareIndexValues, foldCase, normalizeValue } from "./text/normalize.ts";
