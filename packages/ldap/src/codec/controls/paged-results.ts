import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

/** Value of the paged results control, of request and response alike (RFC 2696 §2). */
export interface PagedResultsValue {
  /** Request: entries wanted on a page. Response: estimate of all entries, 0 when unknown. */
  readonly size: number;
  /** Empty at the start and at the end; otherwise what the server gave, unread by the client. */
  readonly cookie: Uint8Array;
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodePagedResults(value: Uint8Array): PagedResultsValue {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const size = reader.integer();
    const cookie = reader.octets();
    reader.closeSequence(outer, -1);
    return { size, cookie };
  });
}

export function encodePagedResults(value: PagedResultsValue): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.integer(value.size);
    writer.octets(value.cookie);
    writer.end(mark);
  });
}
