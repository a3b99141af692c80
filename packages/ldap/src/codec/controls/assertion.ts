import type { Filter } from "../filter.ts";
import { decodeFilter, encodeFilter } from "../filter-codec.ts";
import { type DecodeLimits, resolveDecodeLimits } from "../limits.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

/**
 * Reads the value of an assertion control: a filter that must hold for the operation to be done (RFC 4528 §3).
 *
 * @throws LdapDecodeError when the value is malformed or over the limits on filters.
 */
export function decodeAssertion(value: Uint8Array, limits?: DecodeLimits): Filter {
  return decodeWhole(value, (reader) => decodeFilter(reader, resolveDecodeLimits(limits)));
}

/** @throws RangeError when the filter has no encoding. */
export function encodeAssertion(filter: Filter): Uint8Array {
  return encodeWhole((writer) => encodeFilter(writer, filter));
}
