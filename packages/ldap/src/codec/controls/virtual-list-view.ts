import { optionalOctets } from "../decode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const byOffsetTag = 0xa0;
const greaterThanOrEqualTag = 0x81;

/** Where the window on the list is laid: at a position, or at the first entry not before a value. */
export type VirtualListViewTarget =
  | {
      readonly type: "byOffset";
      /** From 1, in a list of `contentCount` entries. */
      readonly offset: number;
      /** What the client takes the length of the list to be; 0 when it does not know. */
      readonly contentCount: number;
    }
  | { readonly type: "greaterThanOrEqual"; readonly value: Uint8Array };

/** Value of a virtual list view request (draft-ietf-ldapext-ldapv3-vlv-09 §4.1). */
export interface VirtualListViewRequest {
  readonly beforeCount: number;
  readonly afterCount: number;
  readonly target: VirtualListViewTarget;
  readonly contextID?: Uint8Array;
}

/** Value of a virtual list view response (draft-ietf-ldapext-ldapv3-vlv-09 §4.2). */
export interface VirtualListViewResponse {
  readonly targetPosition: number;
  readonly contentCount: number;
  /** A result code, for example sortControlMissing or offsetRangeError. */
  readonly virtualListViewResult: number;
  readonly contextID?: Uint8Array;
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeVirtualListViewRequest(value: Uint8Array): VirtualListViewRequest {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const beforeCount = reader.integer();
    const afterCount = reader.integer();
    let target: VirtualListViewTarget;
    if (reader.peekTag() === byOffsetTag) {
      const choice = reader.open(byOffsetTag);
      target = { type: "byOffset", offset: reader.integer(), contentCount: reader.integer() };
      reader.closeSequence(choice, -1);
    } else {
      target = { type: "greaterThanOrEqual", value: reader.octets(greaterThanOrEqualTag) };
    }
    const contextID = optionalOctets(reader, BerTag.octetString);
    reader.closeSequence(outer, 1);
    return { beforeCount, afterCount, target, ...(contextID !== undefined && { contextID }) };
  });
}

export function encodeVirtualListViewRequest(request: VirtualListViewRequest): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.integer(request.beforeCount);
    writer.integer(request.afterCount);
    if (request.target.type === "byOffset") {
      const choice = writer.begin(byOffsetTag);
      writer.integer(request.target.offset);
      writer.integer(request.target.contentCount);
      writer.end(choice);
    } else {
      writer.octets(request.target.value, greaterThanOrEqualTag);
    }
    if (request.contextID !== undefined) writer.octets(request.contextID);
    writer.end(mark);
  });
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeVirtualListViewResponse(value: Uint8Array): VirtualListViewResponse {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const targetPosition = reader.integer();
    const contentCount = reader.integer();
    const virtualListViewResult = reader.enumerated();
    const contextID = optionalOctets(reader, BerTag.octetString);
    reader.closeSequence(outer, -1);
    return {
      targetPosition,
      contentCount,
      virtualListViewResult,
      ...(contextID !== undefined && { contextID }),
    };
  });
}

export function encodeVirtualListViewResponse(response: VirtualListViewResponse): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.integer(response.targetPosition);
    writer.integer(response.contentCount);
    writer.enumerated(response.virtualListViewResult);
    if (response.contextID !== undefined) writer.octets(response.contextID);
    writer.end(mark);
  });
}
