import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";

// Fresh in every process: whoever measures how long the comparison takes cannot choose inputs whose digests share a
// prefix, and two inputs of different lengths are compared as two digests of the same length. A key object, because Node takes several times as long to begin
// an HMAC with the bare octets.
const processKey = createSecretKey(randomBytes(32));

/**
 * Whether two secrets are equal, in a time that does not depend on where they differ. Text counts as its UTF-8
 * octets. Text that is not well-formed Unicode equals nothing, because UTF-8 has no form for it.
 *
 * @param a - one secret
 * @param b - the other; it may have another length
 */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const wellFormed = isWellFormed(a) && isWellFormed(b);
  return timingSafeEqual(digest(a), digest(b)) && wellFormed;
}

function isWellFormed(value: string | Uint8Array): boolean {
  return typeof value !== "string" || value.isWellFormed();
}

function digest(value: string | Uint8Array): Buffer {
  return createHmac("sha256", processKey).update(value).digest();
}
