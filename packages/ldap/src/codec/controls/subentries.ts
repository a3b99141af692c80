import { decodeWhole, encodeWhole } from "../whole-value.ts";

/**
 * Reads the value of a subentries control (RFC 3672 §3): whether subentries are visible and other entries are not, or the
 * other way round.
 *
 * @throws LdapDecodeError when the value is malformed.
 */
export function decodeSubentries(value: Uint8Array): boolean {
  return decodeWhole(value, (reader) => reader.boolean());
}

export function encodeSubentries(visible: boolean): Uint8Array {
  return encodeWhole((writer) => writer.boolean(visible));
}
