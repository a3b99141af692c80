import { Buffer, isUtf8 } from "node:buffer";

/**
 * Strict UTF-8 to text, or `undefined` when the octets are not UTF-8 (RFC 3629). A byte order mark stays.
 *
 * Nearly all strings of LDAP are short ASCII, for which one pass that also looks for the high bit, followed by
 * a copy without transcoding, is cheaper than a validating decoder.
 */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  let seen = 0;
  for (let i = start; i < end; i += 1) seen |= bytes[i] as number;
  if (seen < 0x80) return bytes.toString("latin1", start, end);
  if (!isUtf8(bytes.subarray(start, end))) return undefined;
  return bytes.toString("utf8", start, end);
}

/** Text to UTF-8; a lone surrogate, which has no UTF-8, becomes U+FFFD as in `TextEncoder`. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Buffer over the same memory, for its string methods; the input itself when it is one already. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
