import { BerReader } from "./ber-reader.ts";
import { BerWriter } from "./ber-writer.ts";

/**
 * Reads a value that is one BER element with nothing behind it.
 *
 * @throws LdapDecodeError whatever `read` throws, `trailing-data` when octets are left.
 */
export function decodeWhole<Value>(value: Uint8Array, read: (reader: BerReader) => Value): Value {
  const reader = new BerReader(value);
  const result = read(reader);
  if (reader.hasMore) throw reader.error("trailing-data", "octets behind the value");
  return result;
}

/** Writes a value into octets of its own. */
export function encodeWhole(write: (writer: BerWriter) => void): Uint8Array {
  const writer = new BerWriter(128);
  write(writer);
  return new Uint8Array(writer.finish());
}
