import { createHash, timingSafeEqual } from "node:crypto";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
// libxcrypt takes no more (CRYPT_MAX_PASSPHRASE_SIZE); every round hashes the password, so its length is cost.
const maxPasswordOctets = 512;

/**
 * Whether a password gives a sha256crypt or sha512crypt hash (U. Drepper, "Unix crypt using SHA-256 and SHA-512").
 * Synchronous and slow: for a thread of its own. Passwords over 512 octets match nothing.
 *
 * @param stored - `$5$` or `$6$`, optional rounds, salt and hash, found well-formed and within bounds
 * @param password - the password
 */
export function verifyShaCrypt(stored: string, password: string): boolean {
  const key = Buffer.from(password);
  if (key.length > maxPasswordOctets) return false;
  const [, method, ...rest] = stored.split("$");
  const [hash = "", salt = "", rounds = "rounds=5000"] = rest.reverse();
  const computed = shaCrypt(
    method === "5" ? "sha256" : "sha512",
    key,
    Buffer.from(salt),
    Number(rounds.slice("rounds=".length)),
  );
  return computed.length === hash.length && timingSafeEqual(Buffer.from(computed), Buffer.from(hash));
}

/** The steps are numbered as in the specification. */
function shaCrypt(algorithm: "sha256" | "sha512", key: Buffer, salt: Buffer, rounds: number): string {
  const digest = (...parts: Uint8Array[]): Buffer => {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  // 4-8: digest B.
  const b = digest(key, salt, key);
  // 1-3 and 9-12: digest A; one octet of B for each octet of the key, then by the bits of its length.
  const partsOfA = [key, salt, cycle(b, key.length)];
  for (let bits = key.length; bits > 0; bits >>>= 1) partsOfA.push((bits & 1) === 1 ? b : key);
  const a = digest(...partsOfA);
  // 13-16: digest DP makes P, as long as the key. 17-20: DS makes S, as long as the salt.
  const p = cycle(digest(...Array<Buffer>(key.length).fill(key)), key.length);
  const s = cycle(digest(...Array<Buffer>(16 + (a[0] ?? 0)).fill(salt)), salt.length);
  // 21: the rounds.
  let c = a;
  for (let round = 0; round < rounds; round++) {
    const hash = createHash(algorithm).update(round % 2 === 1 ? p : c);
    if (round % 3 !== 0) hash.update(s);
    if (round % 7 !== 0) hash.update(p);
    c = hash.update(round % 2 === 1 ? c : p).digest();
  }
  // 22: base64 of its own, over octets in an order of its own.
  return algorithm === "sha256" ? encode(c, 10, 20, 1) : encode(c, 21, 42, 2);
}

/** The octets of `block` again and again, up to `length`. */
function cycle(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/**
 * Takes octets three at a time. The specification lists them one by one; within a group they lie a third apart, and
 * from group to group each steps by one and the three change places.
 */
function encode(digest: Buffer, second: number, third: number, rest: 1 | 2): string {
  const at = (i: number): number => digest[i] ?? 0;
  let text = "";
  for (let i = 0; i < second; i++) {
    const group = [i, i + second, i + third];
    // SHA-256 turns the group to the right from step to step, SHA-512 to the left.
    const turn = rest === 1 ? (3 - (i % 3)) % 3 : i % 3;
    const [high = 0, middle = 0, low = 0] = [0, 1, 2].map((place) => at(group[(place + turn) % 3] ?? 0));
    text += symbols((high << 16) | (middle << 8) | low, 4);
  }
  return rest === 1 ? text + symbols((at(31) << 8) | at(30), 3) : text + symbols(at(63), 2);
}

function symbols(value: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += alphabet[(value >>> (6 * i)) & 63] ?? "";
  return text;
}
