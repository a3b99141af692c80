import { hash } from "node:crypto";

import { sameOctets } from "./constant-time.ts";

/** Octets of an MD5 digest and of an authenticator. */
export const digestOctets = 16;

/** Octets that MD5 takes at a time (RFC 2104 §2). */
const blockOctets = 64;
const innerPad = 0x36;
const outerPad = 0x5c;
/** Where what is hashed is put together: to allocate takes longer than to hash. */
const scratch = Buffer.alloc(8192);

/**
 * What a client and a server both know, and the two ways in which RADIUS proves it: an MD5 over a packet with the secret
 * behind it (RFC 2865 §3), and an HMAC-MD5 (RFC 3579 §3.2).
 */
export class SharedSecret {
  readonly #octets: Buffer;
  /** The key of the HMAC, combined with either pad: it is the same for every packet. */
  #inner: Buffer | undefined;
  #outer: Buffer | undefined;

  /** @throws RangeError for a secret without a single octet */
  constructor(secret: string | Uint8Array) {
    this.#octets = Buffer.from(secret as string);
    if (this.#octets.length === 0) throw new RangeError("a shared secret has at least one octet");
  }

  /** Whether it is the same as another. */
  equals(other: SharedSecret): boolean {
    return sameOctets(this.#octets, other.#octets);
  }

  /** Its length in octets. */
  get length(): number {
    return this.#octets.length;
  }

  /** MD5 of the parts and the secret behind them. */
  digestBefore(...parts: readonly Uint8Array[]): Uint8Array {
    return md5(...parts, this.#octets);
  }

  /** MD5 of the secret and the parts behind it. */
  digestBehind(...parts: readonly Uint8Array[]): Uint8Array {
    return md5(this.#octets, ...parts);
  }

  /** HMAC-MD5 of the parts. */
  hmac(...parts: readonly Uint8Array[]): Uint8Array {
    this.#inner ??= padded(this.#octets, innerPad);
    this.#outer ??= padded(this.#octets, outerPad);
    return md5(this.#outer, md5(this.#inner, ...parts));
  }

  /** Nothing of it goes where it is printed. */
  toJSON(): string {
    return "[secret]";
  }
}

/**
 * In one call, and by way of text: through the stream interface, or with octets for a result, Node takes two to ten times as
 * long for what is as short as a packet.
 */
function md5(...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = length <= scratch.length ? scratch : Buffer.alloc(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return Buffer.from(hash("md5", whole.subarray(0, length), "hex"), "hex");
}

function padded(secret: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(blockOctets, pad);
  const key = secret.length > blockOctets ? md5(secret) : secret;
  for (const [i, octet] of key.entries()) block[i] = octet ^ pad;
  return block;
}
