import type { RadiusPacket } from "../codec/packet.ts";

/** What is known of a request that comes. */
export type Seen =
  /** Nothing: it is to be worked on. */
  | "new"
  /** It is being worked on: whoever sends it again gets the one answer. */
  | "under-way"
  /** It was answered with these octets. */
  | { readonly answer: Uint8Array };

/** Milliseconds between looks for entries whose time is over. */
const sweepMs = 1_000;

interface Entry {
  readonly authenticator: Uint8Array;
  readonly expiresAt: number;
  answer: Uint8Array | undefined;
}

/**
 * Requests of the last while and what they were answered with (RFC 5080 §2.2.2): clients that hear nothing send the same
 * octets again, and must neither be asked for another code nor cost another password hash. A request with the identifier of
 * one before it but another authenticator is a new one, and takes its place.
 */
export class DuplicateCache {
  readonly #entries = new Map<string, Entry>();
  readonly #lifetimeMs: number;
  readonly #most: number;
  #sweepAt = 0;

  /** @param most - entries kept; beyond it the oldest go, a 64th of them at once */
  constructor(lifetimeMs: number, most: number) {
    this.#lifetimeMs = lifetimeMs;
    this.#most = most;
  }

  /** Requests that are known. */
  get size(): number {
    return this.#entries.size;
  }

  /** Looks a request up, and notes one that is new as under way. */
  see(peer: string, packet: RadiusPacket, now: number): Seen {
    this.#forgetOld(now);
    const key = keyOf(peer, packet);
    const known = this.#entries.get(key);
    if (known !== undefined && known.expiresAt > now && sameOctets(known.authenticator, packet.authenticator))
      return known.answer === undefined ? "under-way" : { answer: known.answer };
    // Set anew so that the map's order is that of expiry.
    this.#entries.delete(key);
    this.#entries.set(key, {
      // A copy: a view would keep the whole packet.
      authenticator: new Uint8Array(packet.authenticator),
      expiresAt: now + this.#lifetimeMs,
      answer: undefined,
    });
    if (this.#entries.size > this.#most) this.#forgetOldest();
    return "new";
  }

  /** Keeps the answer to a request, unless another one has taken its place. @returns whether the answer is still wanted */
  answered(peer: string, packet: RadiusPacket, answer: Uint8Array): boolean {
    const known = this.#entries.get(keyOf(peer, packet));
    if (known === undefined || !sameOctets(known.authenticator, packet.authenticator)) return false;
    known.answer = answer;
    return true;
  }

  /** Forgets a request, so that the next of its kind is worked on anew. */
  forget(peer: string, packet: RadiusPacket): void {
    const key = keyOf(peer, packet);
    const known = this.#entries.get(key);
    if (known !== undefined && sameOctets(known.authenticator, packet.authenticator))
      this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }

  /**
   * Not with every request: what is taken from the front of a map leaves gaps there, which each new look at the front
   * passes over again.
   */
  #forgetOld(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + sweepMs;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > now) break;
      this.#entries.delete(key);
    }
  }

  /** Some at once, for the same reason. */
  #forgetOldest(): void {
    let left = Math.ceil(this.#most / 64);
    for (const key of this.#entries.keys()) {
      if (left === 0) break;
      this.#entries.delete(key);
      left -= 1;
    }
  }
}

function keyOf(peer: string, { code, identifier }: RadiusPacket): string {
  return `${peer} ${code} ${identifier}`;
}

/** Authenticators are no secrets. */
function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
