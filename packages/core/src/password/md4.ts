/**
 * MD4 (RFC 1320), for the NT hash and nothing else: it protects nothing. OpenSSL 3 has it only in a provider that hosts
 * must load themselves, and no package of it is maintained.
 */
export function md4(message: Uint8Array): Uint8Array {
  const bits = message.length * 8;
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = Buffer.alloc(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeUInt32LE(bits >>> 0, padded.length - 8);
  padded.writeUInt32LE(Math.floor(bits / 2 ** 32), padded.length - 4);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const words = new Int32Array(16);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = padded.readInt32LE(at + i * 4);
    mix(state, words);
  }
  // What was hashed stays nowhere.
  padded.fill(0);
  words.fill(0);
  const digest = Buffer.alloc(16);
  for (let i = 0; i < 4; i++) digest.writeInt32LE(state[i] as number, i * 4);
  return Uint8Array.from(digest);
}

/** The three rounds (RFC 1320 §3.4): which word each step takes, how far it turns, what is added. */
const rounds = [
  {
    combine: (x: number, y: number, z: number) => (x & y) | (~x & z),
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    turns: [3, 7, 11, 19],
    constant: 0,
  },
  {
    combine: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    turns: [3, 5, 9, 13],
    constant: 0x5a827999,
  },
  {
    combine: (x: number, y: number, z: number) => x ^ y ^ z,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    turns: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
  },
] as const;

function mix(state: Int32Array, words: Int32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (const { combine, order, turns, constant } of rounds) {
    for (const [i, word] of order.entries()) {
      const sum = (a + combine(b, c, d) + (words[word] as number) + constant) | 0;
      const turn = turns[i % 4] as number;
      [a, d, c, b] = [d, c, b, (sum << turn) | (sum >>> (32 - turn))];
    }
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}
