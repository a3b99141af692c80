/** Octets of the longest message that fits one block beside its length. */
const maxOctets = 55;

/**
 * MD4 (RFC 1320) of a message of one block, which is all that MS-CHAPv2 hashes here: the NT hash of an NT hash. It protects
 * nothing. OpenSSL 3 has it only where the host loads its legacy provider.
 *
 * @throws RangeError for a message of more than 55 octets
 */
export function md4(message: Uint8Array): Uint8Array {
  if (message.length > maxOctets) throw new RangeError("this MD4 takes at most 55 octets");
  const block = new DataView(new ArrayBuffer(64));
  new Uint8Array(block.buffer).set(message);
  block.setUint8(message.length, 0x80);
  block.setUint32(56, message.length * 8, true);
  const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
  let [a, b, c, d] = start as readonly [number, number, number, number];
  for (const { mix, constant, order, turns } of rounds) {
    for (const [i, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + block.getUint32(word * 4, true) + constant) | 0;
      const turn = turns[i & 3] as number;
      [a, b, c, d] = [d, (sum << turn) | (sum >>> (32 - turn)), b, c];
    }
  }
  new Uint8Array(block.buffer).fill(0);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [i, word] of [a, b, c, d].entries())
    digest.setUint32(i * 4, (word + (start[i] as number)) >>> 0, true);
  return new Uint8Array(digest.buffer);
}

/** The three rounds (RFC 1320 §3.4). */
const rounds = [
  {
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    turns: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    turns: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    turns: [3, 9, 11, 15],
  },
] as const;
