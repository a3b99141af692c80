import type { RadiusPacket } from "../codec/packet.ts";
import { RecencyGroups } from "./recency-groups.ts";

/** Where a request comes from. */
export interface RequestSource {
  /** Address and port: an identifier of one is not that of another. */
  readonly peer: string;
  /** The client that it belongs to: all of a range of addresses share its room. */
  readonly client: string;
}

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
/** The part of a client's entries, or of all, that goes at once where there is no room. */
const portion = 64;

interface Entry {
  readonly client: string;
  readonly authenticator: Uint8Array;
  readonly expiresAt: number;
  answer: Uint8Array | undefined;
}

/**
 * Requests of the last while and what they were answered with (RFC 5080 §2.2.2): clients that hear nothing send the same
 * octets again, and must neither be asked for another code nor cost another password hash. A request with the identifier of
 * one before it but another authenticator is a new one, and takes its place. Where there is no room, it is made by the
 * client that asks, once it has its share of it, so that one client cannot have those of all others forgotten.
 */
export class DuplicateCache {
  /** In the order in which they expire. */
  readonly #entries = new Map<string, Entry>();
  readonly #ofClient = new RecencyGroups<string>();
  readonly #lifetimeMs: number;
  readonly #most: number;
  #sweepAt = 0;

  /** @param most - entries kept; beyond it old ones go, a 64th of them at once */
  constructor(lifetimeMs: number, most: number) {
    this.#lifetimeMs = lifetimeMs;
    this.#most = most;
  }

  /** Requests that are known. */
  get size(): number {
    return this.#entries.size;
  }

  /** Looks a request up, and notes one that is new as under way. */
  see({ peer, client }: RequestSource, packet: RadiusPacket, now: number): Seen {
    this.#forgetOld(now);
    const key = keyOf(peer, packet);
    const known = this.#entries.get(key);
    if (known !== undefined && known.expiresAt > now && sameOctets(known.authenticator, packet.authenticator))
      return known.answer === undefined ? "under-way" : { answer: known.answer };
    this.#delete(key);
    if (this.#entries.size >= this.#most) this.#makeRoom(client);
    this.#entries.set(key, {
      client,
      // A copy: a view would keep the whole packet.
      authenticator: new Uint8Array(packet.authenticator),
      expiresAt: now + this.#lifetimeMs,
      answer: undefined,
    });
    this.#ofClient.touch(client, key);
    return "new";
  }

  /**
   * Keeps the answer to a request.
   * @returns whether it is still wanted: not when another request has taken the place of its own, but also when there was no
   * room to keep it
   */
  answered({ peer }: RequestSource, packet: RadiusPacket, answer: Uint8Array): boolean {
    const known = this.#entries.get(keyOf(peer, packet));
    if (known === undefined) return true;
    if (!sameOctets(known.authenticator, packet.authenticator)) return false;
    known.answer = answer;
    return true;
  }

  /** Forgets a request, so that the next of its kind is worked on anew. */
  forget({ peer }: RequestSource, packet: RadiusPacket): void {
    const key = keyOf(peer, packet);
    const known = this.#entries.get(key);
    if (known !== undefined && sameOctets(known.authenticator, packet.authenticator)) this.#delete(key);
  }

  /** Some at once, for the reason that {@link #forgetOld} has. */
  #makeRoom(client: string): void {
    const own = this.#ofClient.sizeOf(client);
    const clients = this.#ofClient.groups + (own === 0 ? 1 : 0);
    const hasItsShare = own >= Math.max(1, Math.floor(this.#most / clients));
    let left = Math.ceil((hasItsShare ? own : this.#entries.size) / portion);
    for (const key of hasItsShare ? this.#ofClient.inOrder(client) : this.#entries.keys()) {
      this.#delete(key);
      left -= 1;
      if (left === 0) return;
    }
  }

  #delete(key: string): void {
    const known = this.#entries.get(key);
    if (known === undefined) return;
    this.#entries.delete(key);
    this.#ofClient.remove(known.client, key);
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
      this.#delete(key);
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
