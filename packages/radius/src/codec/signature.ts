import { randomBytes } from "node:crypto";
import { sameOctets } from "./constant-time.ts";
import { encodePacket, headerOctets, type RadiusPacket, type RawAttribute } from "./packet.ts";
import { hasDigestAuthenticator, PacketCode } from "./packet-code.ts";
import { digestOctets, type SharedSecret } from "./shared-secret.ts";

/** Type of Message-Authenticator (RFC 3579 §3.2). */
const messageAuthenticatorType = 80;
const zeros = new Uint8Array(digestOctets);

/** A packet that is to be sent, before it is signed. */
export interface UnsignedPacket {
  /** What it is. */
  readonly code: number;
  /** Of the request; an answer has that of its request. */
  readonly identifier: number;
  /** Without a Message-Authenticator. */
  readonly attributes: readonly RawAttribute[];
}

/**
 * Whether a packet's Message-Authenticator proves that its sender knows the secret; `undefined` when it has none. One of
 * a wrong length, or a second one, proves nothing (RFC 3579 §3.2, RFC 5176 §3.4).
 *
 * @param requestAuthenticator - of the request that the packet answers; absent for a request
 */
export function hasValidMessageAuthenticator(
  packet: RadiusPacket,
  secret: SharedSecret,
  requestAuthenticator?: Uint8Array,
): boolean | undefined {
  let at = headerOctets;
  let found: number | undefined;
  for (const { type, value } of packet.attributes) {
    if (type === messageAuthenticatorType) {
      if (found !== undefined || value.length !== digestOctets) return false;
      found = at + 2;
    }
    at += 2 + value.length;
  }
  if (found === undefined) return undefined;
  const { octets, code } = packet;
  const over = requestAuthenticator ?? (hasDigestAuthenticator(code) ? zeros : packet.authenticator);
  const expected = secret.hmac(
    octets.subarray(0, 4),
    over,
    octets.subarray(headerOctets, found),
    zeros,
    octets.subarray(found + digestOctets),
  );
  return sameOctets(expected, octets.subarray(found, found + digestOctets));
}

/** Whether a request that carries a digest for an authenticator (accounting, CoA, Disconnect) was made with the secret. */
export function hasValidRequestAuthenticator(
  { octets, authenticator }: RadiusPacket,
  secret: SharedSecret,
): boolean {
  const expected = secret.digestBefore(octets.subarray(0, 4), zeros, octets.subarray(headerOctets));
  return sameOctets(expected, authenticator);
}

/** Whether an answer belongs to a request and was made with the secret (RFC 2865 §3). */
export function hasValidResponseAuthenticator(
  { octets, authenticator }: RadiusPacket,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): boolean {
  const expected = secret.digestBefore(
    octets.subarray(0, 4),
    requestAuthenticator,
    octets.subarray(headerOctets),
  );
  return sameOctets(expected, authenticator);
}

/**
 * Writes and signs a request, with a Message-Authenticator before everything else.
 *
 * @param authenticator - of an Access-Request or Status-Server, 16 octets nobody can guess. Default: drawn at random
 */
export function encodeRequest(
  { code, identifier, attributes }: UnsignedPacket,
  secret: SharedSecret,
  authenticator: Uint8Array = randomBytes(digestOctets),
): Uint8Array {
  const isDigest = hasDigestAuthenticator(code);
  const octets = withMessageAuthenticator(
    code,
    identifier,
    attributes,
    isDigest ? zeros : authenticator,
    secret,
  );
  if (isDigest) octets.set(secret.digestBefore(octets), 4);
  return octets;
}

/**
 * Writes and signs the answer to a request. All but an Accounting-Response begin with a Message-Authenticator, which is
 * what keeps a Reject from being turned into an Accept (CVE-2024-3596). An Accounting-Response has none: what is to go
 * into it was never settled, and clients that look at it take different things for right.
 */
export function encodeResponse(
  { code, identifier, attributes }: UnsignedPacket,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  const octets =
    code === PacketCode.accountingResponse
      ? encodePacket(code, identifier, attributes, requestAuthenticator)
      : withMessageAuthenticator(code, identifier, attributes, requestAuthenticator, secret);
  octets.set(secret.digestBefore(octets), 4);
  return octets;
}

function withMessageAuthenticator(
  code: number,
  identifier: number,
  attributes: readonly RawAttribute[],
  authenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  const room: RawAttribute = { type: messageAuthenticatorType, value: zeros };
  const octets = encodePacket(code, identifier, [room, ...attributes], authenticator);
  octets.set(secret.hmac(octets), headerOctets + 2);
  return octets;
}
