import { BerReader } from "./ber-reader.ts";
import { BerTag } from "./tag.ts";

/** Where the parts of an LDAPMessage lie. */
export interface PeekedMessage {
  readonly messageId: number;
  /** Identifier octet of the protocolOp; compare with `OperationTag`. */
  readonly opTag: number;
  /** First octet of the protocolOp, its identifier. */
  readonly opStart: number;
  /** Octet behind the protocolOp: where controls begin when it is less than `end`. */
  readonly opEnd: number;
  /** Octet behind the message. */
  readonly end: number;
}

/**
 * Reads the messageID and finds the protocolOp, without a look inside it: enough to answer busy, to count or
 * to find an Abandon, and to compare a request octet for octet with an earlier one.
 *
 * @throws LdapDecodeError when the octets up to the protocolOp's end are malformed.
 */
export function peekMessage(frame: Uint8Array): PeekedMessage {
  const reader = new BerReader(frame);
  reader.open(BerTag.sequence);
  const end = reader.end;
  const messageId = reader.integer();
  const opStart = reader.offset;
  const opTag = reader.peekTag();
  reader.skip();
  return { messageId, opTag, opStart, opEnd: reader.offset, end };
}
