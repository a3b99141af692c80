import { writeMessageId } from "../encode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

/**
 * Reads the value of a cancel request: the messageID of the operation to give up (RFC 3909 §2.1).
 *
 * @throws LdapDecodeError when the value is malformed.
 */
export function decodeCancelRequest(value: Uint8Array): number {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const cancelId = reader.integer();
    reader.closeSequence(outer, -1);
    return cancelId;
  });
}

/** @throws RangeError when `cancelId` is not within 0 to 2^31-1. */
export function encodeCancelRequest(cancelId: number): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writeMessageId(writer, cancelId);
    writer.end(mark);
  });
}
