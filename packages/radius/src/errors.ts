import { type DirectoryErrorCode, errorCodeOf } from "@directorykit/core";

/** What becomes of a request that the directory failed at. */
export type FailedRequest =
  /** Nothing is said: the client asks again, or asks its next server, and lets nobody in meanwhile (RFC 2865 §2.4). */
  | "silence"
  /** It is refused: asking again would change nothing. */
  | "refusal";

/** What each failure of the directory is in RADIUS. Total: a new code must be decided here. */
export const failedRequestFor: Readonly<Record<DirectoryErrorCode, FailedRequest>> = {
  "invalid-input": "refusal",
  "invalid-credentials": "refusal",
  "account-locked": "refusal",
  "mfa-required": "refusal",
  denied: "refusal",
  "not-found": "refusal",
  conflict: "refusal",
  "stale-write": "silence",
  "limit-exceeded": "refusal",
  overloaded: "silence",
  timeout: "silence",
  "store-unavailable": "silence",
  "protocol-violation": "refusal",
  misconfigured: "silence",
};

/** What becomes of a request at which anything was thrown. */
export function failedRequestOf(error: unknown): FailedRequest {
  return failedRequestFor[errorCodeOf(error)];
}
