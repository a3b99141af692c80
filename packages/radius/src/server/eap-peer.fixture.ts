import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { decodeEapPacket, EapCode, type EapMessage, EapType, encodeEapMessage } from "../codec/eap-packet.ts";
import {
  decodeTlsFragment,
  encodeTlsFragment,
  FragmentAssembler,
  FragmentSplitter,
  type TlsFragment,
} from "../codec/eap-tls-fragment.ts";
import type { EapConversation, EapStep } from "../handlers/eap/conversation.ts";

const nothing = new Uint8Array(0);

/** A device that speaks to a conversation directly, and can say what no proper device would. */
export class EapPeer<S> {
  /** What the server said last. */
  last: EapStep<S> | undefined;
  readonly #conversation: EapConversation<S>;

  constructor(conversation: EapConversation<S>) {
    this.#conversation = conversation;
  }

  /** The request that waits for an answer. */
  get request(): EapMessage {
    if (this.last?.type !== "request") throw new Error(`no request, but ${JSON.stringify(this.last)}`);
    return decodeEapPacket(this.last.packet) as EapMessage;
  }

  /** Sends octets as they are. */
  async raw(octets: Uint8Array): Promise<EapStep<S>> {
    const step = await this.#conversation.receive(octets);
    if (step.type !== "discard") this.last = step;
    return step;
  }

  /** Answers the request that waits. */
  answer(type: number, data: Uint8Array, identifier: number = this.request.identifier): Promise<EapStep<S>> {
    return this.raw(encodeEapMessage({ code: EapCode.response, identifier, type, data }));
  }

  /** Tells who it is, as the first thing. */
  identify(identity: string): Promise<EapStep<S>> {
    const data = new TextEncoder().encode(identity);
    return this.raw(
      encodeEapMessage({ code: EapCode.response, identifier: 7, type: EapType.identity, data }),
    );
  }

  /** Wants another method. */
  nak(...types: number[]): Promise<EapStep<S>> {
    return this.answer(EapType.nak, Uint8Array.from(types));
  }

  /** Answers with one fragment of TLS. */
  fragment(fragment: Partial<TlsFragment>, type: number = this.request.type): Promise<EapStep<S>> {
    return this.answer(
      type,
      encodeTlsFragment({ start: false, more: false, version: 0, data: nothing, ...fragment }),
    );
  }
}

/** The device's end of TLS in EAP. */
export class EapTlsPeer<S> {
  readonly peer: EapPeer<S>;
  /** What the server said inside, and nobody has looked at. */
  readonly heard: Buffer[] = [];
  readonly #carrier: Duplex;
  readonly #outgoing: Buffer[] = [];
  readonly #fragmentOctets: number;
  #socket!: TLSSocket;

  private constructor(peer: EapPeer<S>, fragmentOctets: number) {
    this.peer = peer;
    this.#fragmentOctets = fragmentOctets;
    this.#carrier = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#outgoing.push(chunk);
        done();
      },
    });
  }

  /** Answers the start of a method with a handshake, as far as it goes. */
  static async begin<S>(
    peer: EapPeer<S>,
    options: ConnectionOptions,
    fragmentOctets = 1000,
  ): Promise<EapTlsPeer<S>> {
    const tls = new EapTlsPeer(peer, fragmentOctets);
    tls.#socket = connect({ ...options, socket: tls.#carrier, servername: "radius.example.com" });
    tls.#socket.on("error", () => {});
    tls.#socket.on("data", (chunk: Buffer) => tls.heard.push(chunk));
    await tls.#talk();
    return tls;
  }

  /** Whether TLS stands. */
  get isOpen(): boolean {
    return this.#socket.getFinished() !== undefined && this.#socket.getPeerFinished() !== undefined;
  }

  /** Says something inside, and hears what the server says to it. */
  async say(plaintext: Uint8Array): Promise<EapStep<S> | undefined> {
    this.#socket.write(plaintext);
    await this.#talk();
    return this.peer.last;
  }

  /** What the server said inside since somebody looked last. */
  taken(): Buffer {
    return Buffer.concat(this.heard.splice(0));
  }

  /** Key material of this end. */
  keys(octets: number, label: string, context: Uint8Array): Buffer {
    return this.#socket.exportKeyingMaterial(octets, label, Buffer.from(context));
  }

  close(): void {
    this.#socket.destroy();
    this.#carrier.destroy();
  }

  /** Carries octets to and fro until the device has nothing to say, or the server none that must be acknowledged. */
  async #talk(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < 6; turn++) await nextTurn();
      const flight = Buffer.concat(this.#outgoing.splice(0));
      if (this.peer.last?.type !== "request") return;
      if (flight.length === 0 && !this.#mustAcknowledge) return;
      this.#mustAcknowledge = false;
      await this.#carry(flight);
    }
  }

  #mustAcknowledge = false;

  async #carry(flight: Uint8Array): Promise<void> {
    const splitter = new FragmentSplitter(flight, this.#fragmentOctets);
    do {
      await this.peer.fragment(splitter.next());
    } while (!splitter.isDone);
    const assembler = new FragmentAssembler();
    while (this.peer.last?.type === "request") {
      const whole = assembler.add(decodeTlsFragment(this.peer.request.data));
      if (whole === undefined) {
        await this.peer.fragment({});
        continue;
      }
      if (whole.length > 0) this.#carrier.push(Buffer.from(whole));
      // Whoever heard something and has no answer acknowledges it.
      this.#mustAcknowledge = whole.length > 0 && this.heard.length === 0;
      return;
    }
  }
}
