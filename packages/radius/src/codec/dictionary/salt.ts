import { randomInt } from "node:crypto";

// What hides a value must not come twice in a packet (RFC 2868 §3.5). Numbers in a row do not for 32,768 values; drawn
// at random they would now and then.
let next = randomInt(0x8000);

/** A salt that no other value of the same packet has: two octets, of which the highest bit is set. */
export function nextSalt(): Uint8Array {
  next = (next + 1) & 0x7fff;
  return Uint8Array.of(0x80 | (next >> 8), next & 255);
}
