import { EapType } from "../../codec/eap-packet.ts";
import {
  decodeTlsFragment,
  encodeTlsFragment,
  FragmentAssembler,
  FragmentSplitter,
  isAcknowledgement,
  type TlsFragment,
} from "../../codec/eap-tls-fragment.ts";
import { isRadiusDecodeError } from "../../codec/radius-decode-error.ts";
import type { TunnelType } from "./eap-settings.ts";
import { type SessionKeys, sessionKeys } from "./keying-material.ts";
import type { TlsTunnel, TunnelProgress } from "./tls-tunnel.ts";
import {
  type Accepted,
  type Denied,
  denied,
  type TunnelledMethod,
  type TunnelledStep,
} from "./tunnelled-method.ts";

/** What a method does next. */
export type MethodStep<S> =
  | {
      readonly type: "request";
      /** Data of the next request. */
      readonly data: Uint8Array;
    }
  | (Accepted<S> & { readonly keys: SessionKeys })
  | Denied;

/** What a {@link TlsMethod} is made of. */
export interface TlsMethodParts<S> {
  /** Its EAP type. */
  readonly type: TunnelType;
  /** The server's end of TLS. */
  readonly tunnel: TlsTunnel;
  /** What happens inside. */
  readonly inner: TunnelledMethod<S>;
  /** Octets of TLS in one packet. */
  readonly fragmentOctets: number;
}

const nothing = new Uint8Array(0);

/** A method that carries TLS in EAP: EAP-TLS, EAP-TTLS, PEAPv0. They differ in what happens inside. */
export class TlsMethod<S> {
  /** Its EAP type. */
  readonly type: TunnelType;
  readonly #tunnel: TlsTunnel;
  readonly #inner: TunnelledMethod<S>;
  readonly #fragmentOctets: number;
  readonly #incoming = new FragmentAssembler();
  #outgoing: FragmentSplitter | undefined;
  #isOpen = false;
  /** What follows when the peer has acknowledged an alert. */
  #ending: Denied | undefined;

  constructor({ type, tunnel, inner, fragmentOctets }: TlsMethodParts<S>) {
    this.type = type;
    this.#tunnel = tunnel;
    this.#inner = inner;
    this.#fragmentOctets = fragmentOctets;
  }

  /** Data of the first request, which asks the peer to begin (RFC 5216 §2.1.1). */
  start(): Uint8Array {
    return encodeTlsFragment({ start: true, more: false, version: 0, data: nothing });
  }

  /** Takes the data of a response. Rejects with what the verifier throws. */
  async receive(data: Uint8Array): Promise<MethodStep<S>> {
    try {
      const fragment = decodeTlsFragment(data);
      return await this.#fragment(fragment);
    } catch (error) {
      if (isRadiusDecodeError(error)) return denied(`malformed-${error.code}`);
      throw error;
    }
  }

  /** Frees the TLS connection. */
  close(): void {
    this.#tunnel.close();
  }

  async #fragment(fragment: TlsFragment): Promise<MethodStep<S>> {
    // A peer may lower the version it was offered, and there is none below 0. EAP-TLS reserves these bits.
    if (fragment.version !== 0 && this.type !== EapType.tls) return denied("unknown-version");
    if (fragment.start) return denied("start-from-peer");
    if (this.#outgoing?.isDone === false) {
      if (!isAcknowledgement(fragment)) return denied("unexpected-fragment");
      return this.#nextFragment(this.#outgoing);
    }
    const message = this.#incoming.add(fragment);
    if (message === undefined) return this.#say(nothing);
    if (this.#ending !== undefined) return this.#ending;
    return message.length === 0 ? this.#acknowledged() : this.#message(message);
  }

  async #acknowledged(): Promise<MethodStep<S>> {
    if (!this.#isOpen) return denied("nothing-said");
    return this.#act(await this.#inner.acknowledged(), nothing);
  }

  async #message(message: Uint8Array): Promise<MethodStep<S>> {
    const progress = await this.#tunnel.receive(message);
    try {
      if (progress.state === "failed") return this.#failed(progress);
      if (progress.state === "handshake") return this.#say(progress.octets);
      return await this.#act(await this.#innerStep(progress), progress.octets);
    } finally {
      progress.plaintext.fill(0);
    }
  }

  async #innerStep({ octets, plaintext }: TunnelProgress): Promise<TunnelledStep<S>> {
    if (!this.#isOpen) {
      this.#isOpen = true;
      const step = await this.#inner.opened(octets.length > 0);
      // With TLS 1.3 a peer may speak in the same flight that ends the handshake.
      if (step.type !== "wait" || plaintext.length === 0) return step;
    }
    return plaintext.length > 0 ? this.#inner.received(plaintext) : { type: "wait" };
  }

  async #act(step: TunnelledStep<S>, octets: Uint8Array): Promise<MethodStep<S>> {
    switch (step.type) {
      case "wait":
        return this.#say(octets);
      case "send": {
        const encrypted = await this.#tunnel.send(step.plaintext);
        step.plaintext.fill(0);
        return this.#say(Buffer.concat([octets, encrypted]));
      }
      case "accepted":
        return { ...step, keys: sessionKeys(this.#tunnel, this.type) };
      case "denied":
        return step;
    }
  }

  /** Tells the peer by an alert, if TLS made one, before the failure that says nothing (RFC 5216 §2.1.3). */
  #failed({ octets, reason }: TunnelProgress): MethodStep<S> {
    const ending = denied(reason ?? "tls-failed");
    if (octets.length === 0) return ending;
    this.#ending = ending;
    return this.#say(octets);
  }

  #say(octets: Uint8Array): MethodStep<S> {
    this.#outgoing = new FragmentSplitter(octets, this.#fragmentOctets);
    return this.#nextFragment(this.#outgoing);
  }

  #nextFragment(outgoing: FragmentSplitter): MethodStep<S> {
    return { type: "request", data: encodeTlsFragment(outgoing.next()) };
  }
}
