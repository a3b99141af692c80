import { optionalString } from "../decode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const orderingRuleTag = 0x80;
const reverseOrderTag = 0x81;
const attributeTypeTag = 0x80;
/** Sort keys that are read; each costs a comparison per pair of entries. */
const maxKeys = 16;

/** One criterion of a sort (RFC 2891 §1.1). */
export interface SortKey {
  readonly attributeType: string;
  /** Matching rule; absent for that of the attribute's schema. */
  readonly orderingRule?: string;
  readonly reverseOrder: boolean;
}

/** Value of the server-side sort response (RFC 2891 §1.2). */
export interface SortResult {
  /** A result code, for example inappropriateMatching. */
  readonly sortResult: number;
  /** The attribute at fault. */
  readonly attributeType?: string;
}

/**
 * Reads the value of a server-side sort request: the keys, first criterion first.
 *
 * @throws LdapDecodeError when the value is malformed, has no key (`invalid-value`) or over 16 (`too-many`).
 */
export function decodeSortRequest(value: Uint8Array): SortKey[] {
  return decodeWhole(value, (reader) => {
    const list = reader.open(BerTag.sequence);
    const keys: SortKey[] = [];
    while (reader.hasMore) {
      if (keys.length === maxKeys) throw reader.error("too-many", "too many sort keys");
      const key = reader.open(BerTag.sequence);
      const attributeType = reader.string();
      const orderingRule = optionalString(reader, orderingRuleTag);
      const reverseOrder = reader.peekTag() === reverseOrderTag && reader.boolean(reverseOrderTag);
      reader.closeSequence(key, 1);
      keys.push({ attributeType, ...(orderingRule !== undefined && { orderingRule }), reverseOrder });
    }
    if (keys.length === 0) throw reader.error("invalid-value", "no sort key");
    reader.close(list);
    return keys;
  });
}

export function encodeSortRequest(keys: readonly SortKey[]): Uint8Array {
  return encodeWhole((writer) => {
    const list = writer.begin(BerTag.sequence);
    for (const key of keys) {
      const mark = writer.begin(BerTag.sequence);
      writer.string(key.attributeType);
      if (key.orderingRule !== undefined) writer.string(key.orderingRule, orderingRuleTag);
      if (key.reverseOrder) writer.boolean(true, reverseOrderTag);
      writer.end(mark);
    }
    writer.end(list);
  });
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeSortResponse(value: Uint8Array): SortResult {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const sortResult = reader.enumerated();
    const attributeType = optionalString(reader, attributeTypeTag);
    reader.closeSequence(outer, 0);
    return { sortResult, ...(attributeType !== undefined && { attributeType }) };
  });
}

export function encodeSortResponse(result: SortResult): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.enumerated(result.sortResult);
    if (result.attributeType !== undefined) writer.string(result.attributeType, attributeTypeTag);
    writer.end(mark);
  });
}
