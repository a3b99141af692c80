/**
 * Why octets or text could not be read.
 *
 * - `truncated`: an element is announced longer than what encloses it, or the input ends inside one.
 * - `bad-length`: an indefinite length, more than four length octets, or a length its type forbids.
 * - `too-large`: a whole message exceeds the limit on its size.
 * - `too-deep`: elements (in practice filters) are nested deeper than the limit.
 * - `too-many`: a list holds more members than the limit.
 * - `unexpected-tag`: an element is not of the type required at its place.
 * - `trailing-data`: octets follow where the definition ends.
 * - `invalid-value`: the type is right but the value is not allowed (range, enumeration, UTF-8).
 * - `unknown-operation`: the message is well formed as far as its operation, which is not one of RFC 4511.
 * - `invalid-filter`, `invalid-dn`, `invalid-attribute-description`: text that breaks RFC 4515, 4514, 4512.
 */
export type LdapDecodeErrorCode =
  | "truncated"
  | "bad-length"
  | "too-large"
  | "too-deep"
  | "too-many"
  | "unexpected-tag"
  | "trailing-data"
  | "invalid-value"
  | "unknown-operation"
  | "invalid-filter"
  | "invalid-dn"
  | "invalid-attribute-description";

/** Where a fault was found; every member is optional because a fault may come before it is known. */
export interface LdapDecodeErrorPlace {
  /** Octet (for text: UTF-16 code unit) at which the fault was noticed, from the start of the input. */
  readonly offset?: number | undefined;
  /** The messageID, when the fault lies behind it. */
  readonly messageId?: number | undefined;
  /** The identifier octet of the protocolOp, when the fault lies behind it. */
  readonly opTag?: number | undefined;
}

/**
 * The only error that decoders and parsers of this folder throw, whatever the input.
 *
 * The message never quotes the input, so that it may be logged and sent as a diagnosticMessage. Test with
 * `isLdapDecodeError` where two copies of this package may be loaded: `instanceof` tells them apart.
 */
export class LdapDecodeError extends Error {
  override readonly name = "LdapDecodeError";
  readonly code: LdapDecodeErrorCode;
  readonly offset: number | undefined;
  readonly messageId: number | undefined;
  readonly opTag: number | undefined;

  constructor(code: LdapDecodeErrorCode, message: string, place: LdapDecodeErrorPlace = {}) {
    super(message);
    this.code = code;
    this.offset = place.offset;
    this.messageId = place.messageId;
    this.opTag = place.opTag;
  }
}

/** Whether `value` is an `LdapDecodeError`, also one of another copy of this package. */
export function isLdapDecodeError(value: unknown): value is LdapDecodeError {
  return value instanceof Error && value.name === "LdapDecodeError";
}
