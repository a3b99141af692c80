import { readAttributes } from "../decode-components.ts";
import { writeAttributes } from "../encode-components.ts";
import { type DecodeLimits, resolveDecodeLimits } from "../limits.ts";
import type { PartialAttribute } from "../message.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const applicationTag = 0x64;

/** Value of a pre-read or post-read response: the entry before or after the change (RFC 4527 §3). */
export interface ReadEntry {
  readonly objectName: string;
  readonly attributes: readonly PartialAttribute[];
}

/**
 * Reads the value of a pre-read or post-read request: an attribute selection as of a search.
 *
 * @throws LdapDecodeError when the value is malformed, `too-many` over `maxAttributes`.
 */
export function decodeReadEntryRequest(value: Uint8Array, limits?: DecodeLimits): string[] {
  const { maxAttributes } = resolveDecodeLimits(limits);
  return decodeWhole(value, (reader) => {
    const list = reader.open(BerTag.sequence);
    const attributes: string[] = [];
    while (reader.hasMore) {
      if (attributes.length === maxAttributes) throw reader.error("too-many", "too many attributes");
      attributes.push(reader.string());
    }
    reader.close(list);
    return attributes;
  });
}

export function encodeReadEntryRequest(attributes: readonly string[]): Uint8Array {
  return encodeWhole((writer) => {
    const list = writer.begin(BerTag.sequence);
    for (const name of attributes) writer.string(name);
    writer.end(list);
  });
}

/** @throws LdapDecodeError when the value is malformed or over the limits. */
export function decodeReadEntryResponse(value: Uint8Array, limits?: DecodeLimits): ReadEntry {
  return decodeWhole(value, (reader) => {
    // A SearchResultEntry by RFC 4527 §3.1, yet some servers leave out its application tag.
    const tag = reader.peekTag() === applicationTag ? applicationTag : BerTag.sequence;
    const outer = reader.open(tag);
    const objectName = reader.string();
    const attributes = readAttributes(reader, resolveDecodeLimits(limits), 0);
    reader.closeSequence(outer, -1);
    return { objectName, attributes };
  });
}

export function encodeReadEntryResponse(entry: ReadEntry): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(applicationTag);
    writer.string(entry.objectName);
    writeAttributes(writer, entry.attributes);
    writer.end(mark);
  });
}
