/** What is wrong with octets that should be a RADIUS packet or a part of one. */
export type RadiusDecodeErrorCode =
  /** Fewer octets than the packet, or an element in it, says. */
  | "truncated"
  /** More than 4,096 octets (RFC 2865 §3). */
  | "oversized"
  /** A length that cannot be: a packet below 20, an attribute below 2, or one that reaches beyond its packet. */
  | "bad-length"
  /** More attributes than are taken. */
  | "too-many-attributes"
  /** An attribute that must be there once is there twice, or one has a form that its definition excludes. */
  | "bad-attribute"
  /** A value that its data type excludes. */
  | "bad-value";

/** Octets that are no RADIUS packet. The message names the place and never holds what was in it. */
export class RadiusDecodeError extends Error {
  /** The name of the class. */
  override readonly name = "RadiusDecodeError";
  /** What is wrong. */
  readonly code: RadiusDecodeErrorCode;

  constructor(code: RadiusDecodeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether an error is a {@link RadiusDecodeError}. */
export function isRadiusDecodeError(error: unknown): error is RadiusDecodeError {
  return error instanceof RadiusDecodeError;
}
