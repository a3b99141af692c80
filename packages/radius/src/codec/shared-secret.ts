import { hmac } from "@noble/hashes/hmac.js";
import { md5 } from "@noble/hashes/legacy.js";

import { sameOctets } from "./constant-time.ts";

/** Octets of an MD5 digest and of an authenticator. */
export const digestOctets = 16;

/**
 * What a client and a server both know, and the two ways in which RADIUS proves it: an MD5 over a packet with the secret
 * behind it (RFC 2865 §3), and an HMAC-MD5 (RFC 3579 §3.2). In JavaScript, because Node's own MD5 takes several times
 * as long for so few octets, and builds that hold to FIPS 140 have none.
 */
export class SharedSecret {
  readonly #octets: Uint8Array;
  readonly #keyed: ReturnType<typeof hmac.create>;

  /** @throws RangeError for a secret without a single octet */
  constructor(secret: string | Uint8Array) {
    this.#octets = typeof secret === "string" ? new TextEncoder().encode(secret) : Uint8Array.from(secret);
    if (this.#octets.length === 0) throw new RangeError("a shared secret has at least one octet");
    this.#keyed = hmac.create(md5, this.#octets);
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
    const hash = md5.create();
    for (const part of parts) hash.update(part);
    return hash.update(this.#octets).digest();
  }

  /** MD5 of the secret and the parts behind it. */
  digestBehind(...parts: readonly Uint8Array[]): Uint8Array {
    const hash = md5.create().update(this.#octets);
    for (const part of parts) hash.update(part);
    return hash.digest();
  }

  /** HMAC-MD5 of the parts. */
  hmac(...parts: readonly Uint8Array[]): Uint8Array {
    const keyed = this.#keyed.clone();
    for (const part of parts) keyed.update(part);
    return keyed.digest();
  }

  /** Nothing of it goes where it is printed. */
  toJSON(): string {
    return "[secret]";
  }
}
