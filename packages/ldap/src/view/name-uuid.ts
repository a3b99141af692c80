import { createHash } from "node:crypto";

/** The namespace of names that this package turns into UUIDs. */
const namespace = Buffer.from("7f2d6c1e4a9b4c53a0e5d1b86f3a2c94", "hex");

/**
 * The UUID of a name (RFC 9562 §5.5, version 5): the same name always has the same.
 *
 * @param parts - what makes the name; no two lists of parts make the same
 */
export function nameUuid(...parts: readonly string[]): string {
  const octets = createHash("sha1").update(namespace).update(JSON.stringify(parts)).digest().subarray(0, 16);
  octets[6] = 0x50 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  const hex = octets.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
