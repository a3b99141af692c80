import { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { BerWriter } from "../codec/index.ts";
import type { LdapLimits } from "../options.ts";
import type { TlsSetup } from "./tls-setup.ts";
import { WriteTurn } from "./write-turn.ts";

/** Answers waiting in memory beyond which a connection is not read from, and a search waits. */
export const highWaterBytes = 262_144;

/** Answers of at least this size leave at once: what they cost to send is small beside what is in them. */
const ownTurnBytes = 8192;

const turn = new WriteTurn();

/** Milliseconds a peer has to close its side once we have closed ours. */
const lingerMs = 1000;

/** What happens on a channel. */
export interface ChannelEvents {
  /** Octets came. */
  received(chunk: Buffer): void;
  /** The peer has read what blocked the channel. */
  unblocked(): void;
  /** The peer will send nothing more. */
  ended(): void;
  /** It is gone. */
  closed(): void;
}

/**
 * The octets of one connection, both ways: a stream that may change to TLS, and what waits to be sent on it. Knows
 * when a peer is too slow; decides nothing.
 */
export class Channel {
  /** What is to be sent next. */
  readonly writer: BerWriter = new BerWriter(4096);
  readonly #events: ChannelEvents;
  #stream: Duplex;
  #detach: () => void;
  #flushing = false;
  #blocked: PromiseWithResolvers<void> | undefined;
  #blockedSince: number | undefined;
  #handshakeSince: number | undefined;
  #secure: boolean;
  #certificate: Uint8Array | undefined;
  #endedAt: number | undefined;
  #gone = false;

  /** @param peer - whether the stream is as good as TLS already, and what certificate its peer has shown */
  constructor(
    stream: Duplex,
    peer: { readonly secure: boolean; readonly certificate?: Uint8Array | undefined },
    events: ChannelEvents,
  ) {
    this.#stream = stream;
    this.#secure = peer.secure;
    this.#certificate = peer.certificate;
    this.#events = events;
    this.#detach = this.#attach(stream);
  }

  /** The certificate, DER, that the peer has shown to hold the key of, if it is one to be trusted. */
  get certificate(): Uint8Array | undefined {
    return this.#certificate;
  }

  /** Whether what is said crosses TLS: true once the handshake is over. */
  get secure(): boolean {
    return this.#secure;
  }

  /** Resolves when the peer has read what waits; `undefined` while it keeps up. */
  get blocked(): Promise<void> | undefined {
    return this.#blocked?.promise;
  }

  /** Whether nothing is read for now. */
  get isPaused(): boolean {
    return this.#stream.isPaused();
  }

  /** Stops reading. */
  pause(): void {
    this.#stream.pause();
  }

  /** Reads on. */
  resume(): void {
    if (this.#stream.isPaused()) this.#stream.resume();
  }

  /** Sends at the end of this turn, so that answers that are ready together leave together. */
  flushSoon(): void {
    if (this.writer.length >= highWaterBytes) this.flush();
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Sends what was written once the other connections that have something to read have been read, too. */
  flushInTurn(): void {
    if (this.writer.length >= ownTurnBytes) this.flush();
    else if (this.writer.length > 0) turn.add(this);
  }

  /** Sends what was written. Throws nothing: a stream that cannot be written to is closed. */
  flush(): void {
    if (this.writer.length === 0) return;
    const octets = this.writer.take();
    if (this.#gone || this.#endedAt !== undefined) return;
    let more: boolean;
    try {
      more = this.#stream.write(octets);
    } catch {
      this.destroy();
      return;
    }
    if (!more && this.#stream.writableLength >= highWaterBytes) {
      this.#blocked ??= Promise.withResolvers();
      this.#blockedSince ??= performance.now();
    }
  }

  /** Changes to TLS, as the server; what comes next must be a handshake. */
  startTls(setup: TlsSetup): void {
    const plain = this.#stream;
    this.#detach();
    plain.on("error", () => this.destroy());
    plain.on("close", () => this.destroy());
    plain.pause();
    this.#detach = () => {};
    this.#handshakeSince = performance.now();
    if (!(plain instanceof Socket)) {
      this.destroy();
      return;
    }
    setup.upgrade(plain, (tls) => {
      this.#handshakeSince = undefined;
      if (this.#gone || this.#endedAt !== undefined) {
        tls.destroy();
        return;
      }
      this.#secure = true;
      this.#certificate = setup.certificateOf(tls);
      this.#stream = tls;
      this.#detach = this.#attach(tls);
    });
  }

  /** Sends what waits and closes our side. What still comes is dropped; a peer that leaves its side open is cut off. */
  end(): void {
    if (this.#gone || this.#endedAt !== undefined) return;
    if (this.#handshakeSince !== undefined) {
      this.destroy();
      return;
    }
    this.flush();
    this.#endedAt = performance.now();
    this.#release();
    this.#stream.end();
    this.#stream.resume();
  }

  /** Closes at once. */
  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#release();
    this.#stream.destroy();
    this.#events.closed();
  }

  /** The limit that the peer has passed by being slow, if it has; `linger` is no limit of the server's options. */
  overdue(now: number, limits: LdapLimits): keyof LdapLimits | "linger" | undefined {
    const over = (since: number | undefined, most: number): boolean =>
      since !== undefined && now - since > most;
    if (over(this.#endedAt, lingerMs)) return "linger";
    if (over(this.#handshakeSince, limits.messageTimeoutMs)) return "messageTimeoutMs";
    return over(this.#blockedSince, limits.writeTimeoutMs) ? "writeTimeoutMs" : undefined;
  }

  #attach(stream: Duplex): () => void {
    const listeners = {
      data: (chunk: Buffer): void => {
        if (this.#endedAt === undefined) this.#events.received(chunk);
      },
      drain: (): void => this.#unblock(),
      end: (): void => {
        this.#events.ended();
        this.end();
      },
      error: (): void => this.destroy(),
      close: (): void => this.destroy(),
    };
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) stream.off(event, listener);
    };
  }

  #unblock(): void {
    if (this.#blocked === undefined) return;
    this.#release();
    if (this.#endedAt === undefined) this.#events.unblocked();
  }

  #release(): void {
    this.#blockedSince = undefined;
    this.#blocked?.resolve();
    this.#blocked = undefined;
  }
}
