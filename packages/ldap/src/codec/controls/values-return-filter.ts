import type { Filter } from "../filter.ts";
import { decodeFilter, encodeFilter } from "../filter-codec.ts";
import { type DecodeLimits, resolveDecodeLimits } from "../limits.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

/** A filter that is no combination of others (SimpleFilterItem of RFC 3876 §2). */
export type SimpleFilterItem = Exclude<Filter, { type: "and" | "or" | "not" }>;

/**
 * Reads the value of a values return filter control (RFC 3876 §2): values that any of the items is true of are returned.
 *
 * @throws LdapDecodeError when the value is malformed, an item is a combination or looks at the DN (`invalid-value`), or
 *   there are over `maxFilterNodes` items (`too-many`).
 */
export function decodeValuesReturnFilter(value: Uint8Array, limits?: DecodeLimits): SimpleFilterItem[] {
  const resolved = resolveDecodeLimits(limits);
  return decodeWhole(value, (reader) => {
    const list = reader.open(BerTag.sequence);
    const items: SimpleFilterItem[] = [];
    while (reader.hasMore) {
      if (items.length === resolved.maxFilterNodes) throw reader.error("too-many", "too many filter items");
      const item = decodeFilter(reader, { ...resolved, maxDepth: 1 });
      const isSimple = item.type !== "and" && item.type !== "or" && item.type !== "not";
      if (!isSimple || (item.type === "extensibleMatch" && item.dnAttributes))
        throw reader.error("invalid-value", "not a simple filter item");
      items.push(item);
    }
    reader.close(list);
    return items;
  });
}

export function encodeValuesReturnFilter(items: readonly SimpleFilterItem[]): Uint8Array {
  return encodeWhole((writer) => {
    const list = writer.begin(BerTag.sequence);
    for (const item of items) encodeFilter(writer, item);
    writer.end(list);
  });
}
