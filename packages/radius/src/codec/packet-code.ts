/** Codes of packets that are spoken here (RFC 2865 §4, RFC 2866 §4, RFC 5176 §2, RFC 5997 §3, RFC 7930 §4). */
export const PacketCode = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
  protocolError: 52,
} as const;

/** One of {@link PacketCode}. */
export type PacketCode = (typeof PacketCode)[keyof typeof PacketCode];

/** Requests whose authenticator is a digest of the request (RFC 2866 §3, RFC 5176 §2.3) and no random number. */
export function hasDigestAuthenticator(code: number): boolean {
  return (
    code === PacketCode.accountingRequest ||
    code === PacketCode.disconnectRequest ||
    code === PacketCode.coaRequest
  );
}
