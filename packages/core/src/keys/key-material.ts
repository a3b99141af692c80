import { DirectoryError } from "../errors.ts";
import type { Secret } from "./secret.ts";

/** Octets in a key. */
export const keyOctets = 32;

// Keys printed in specifications, which end up in configurations that were copied from an example. Most of those are
// runs or patterns (FIPS 197 C.3 is 00 to 1f, RFC 8439 §2.8.2 is 80 to 9f) and need no entry.
const published = new Set([
  // NIST SP 800-38A appendix F, AES-256.
  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
  // RFC 7515 A.1, the first half of the HMAC example key.
  "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebf",
]);

/**
 * The 32 octets of a key given as octets or as base64 (either alphabet, padded or not).
 *
 * @param key - the key
 * @param name - what to call it in the error message
 * @throws DirectoryError `misconfigured` when it is not 32 octets, or is one nobody drew at random: all octets alike, a
 * short pattern repeated, a run, printable text, or a key published in a specification
 */
export function keyMaterial(key: Secret | Uint8Array | string, name: string): Uint8Array {
  const value = typeof key === "string" || key instanceof Uint8Array ? key : key.reveal();
  const octets = typeof value === "string" ? fromBase64(value) : Uint8Array.from(value);
  if (octets === undefined) throw refuse(name, "is not base64");
  if (octets.length !== keyOctets) throw refuse(name, `has ${octets.length} octets`);
  const weakness = weaknessOf(octets);
  if (weakness !== undefined) throw refuse(name, weakness);
  return octets;
}

function refuse(name: string, fault: string): DirectoryError {
  return new DirectoryError(
    "misconfigured",
    `The ${name} ${fault}; give 32 random octets, for instance from: openssl rand -base64 32`,
  );
}

function fromBase64(text: string): Uint8Array | undefined {
  const body = text.trim().replace(/={0,2}$/, "");
  return /^[A-Za-z0-9+/_-]+$/.test(body) ? Uint8Array.from(Buffer.from(body, "base64")) : undefined;
}

/** Why no random source gave this key, or `undefined`. Each test is wrong about a random key less than once in 10^12. */
function weaknessOf(octets: Uint8Array): string | undefined {
  for (const period of [1, 2, 4, 8, 16]) {
    if (octets.every((octet, i) => i < period || octet === octets[i - period])) return "repeats a pattern";
  }
  const step = difference(octets, 1);
  if (octets.every((_, i) => i === 0 || difference(octets, i) === step)) return "is a run of numbers";
  if (octets.every((octet) => octet >= 0x20 && octet <= 0x7e)) return "is text rather than random octets";
  if (new Set(octets).size < 12) return "has too few different octets";
  if (published.has(Buffer.from(octets).toString("hex"))) return "is a published example";
  return undefined;
}

function difference(octets: Uint8Array, i: number): number {
  return ((octets[i] ?? 0) - (octets[i - 1] ?? 0)) & 0xff;
}
