import { randomInt } from "node:crypto";
import {
  decodeEapResponse,
  decodeIdentity,
  EapCode,
  type EapMessage,
  EapType,
  encodeEapMessage,
  encodeEapResult,
} from "../../codec/eap-packet.ts";
import { isRadiusDecodeError } from "../../codec/radius-decode-error.ts";
import { ClientCertificateMethod } from "./client-certificate-method.ts";
import { type EapSettings, innerMethodsOf, type TunnelType, tunnelTypesOf } from "./eap-settings.ts";
import type { EapVerifier } from "./eap-verifier.ts";
import { PeapMethod } from "./peap-method.ts";
import { type MethodStep, TlsMethod } from "./tls-method.ts";
import type { TlsTunnel, TlsTunnels } from "./tls-tunnel.ts";
import { TtlsMethod } from "./ttls-method.ts";
import type { TunnelledMethod } from "./tunnelled-method.ts";

/** Responses that one conversation takes. A login with a long certificate chain needs about 15. */
export const maxEapRounds = 50;

/** What is to be done about an EAP response. */
export type EapStep<S> =
  | {
      /** The conversation goes on: an Access-Challenge. */
      readonly type: "request";
      /** The next EAP request. */
      readonly packet: Uint8Array;
    }
  | {
      /** Somebody is let in: an Access-Accept. */
      readonly type: "success";
      /** EAP-Success. */
      readonly packet: Uint8Array;
      /** What the verifier knows of them. */
      readonly subject: S;
      /** For MS-MPPE-Send-Key, 32 octets. Whoever hides it overwrites it. */
      readonly sendKey: Uint8Array;
      /** For MS-MPPE-Recv-Key, 32 octets. Whoever hides it overwrites it. */
      readonly recvKey: Uint8Array;
      /** The name told inside the tunnel; in EAP-TLS the one told in clear, as there is no other. */
      readonly identity: string;
    }
  | {
      /** Nobody is let in: an Access-Reject. */
      readonly type: "failure";
      /** EAP-Failure. */
      readonly packet: Uint8Array;
      /** Why, as a word for logs. The peer must not learn it. */
      readonly reason: string;
    }
  /** The response is to be ignored (RFC 3748 §4.1), and the request it should have answered stands. */
  | { readonly type: "discard" };

/**
 * The server's side of one EAP conversation (RFC 3748), from the identity of the peer to success or failure.
 *
 * Responses go in one after another; one that comes while another is worked on is discarded. After a success or failure,
 * after {@link EapConversation.close}, and after an error everything is discarded and nothing is held any more.
 */
export class EapConversation<S> {
  readonly #settings: EapSettings;
  readonly #verifier: EapVerifier<S>;
  readonly #tunnels: TlsTunnels;
  /** Types not offered yet. */
  readonly #types: TunnelType[];
  #state: "new" | "identity" | "offered" | "running" | "over" = "new";
  #isBusy = false;
  #rounds = 0;
  #identifier = 0;
  #outerIdentity = "";
  #method: TlsMethod<S> | undefined;

  constructor(settings: EapSettings, verifier: EapVerifier<S>, tunnels: TlsTunnels) {
    this.#settings = settings;
    this.#verifier = verifier;
    this.#tunnels = tunnels;
    this.#types = [...tunnelTypesOf(settings)];
  }

  /**
   * Takes what the peer sends. No octets at all are an EAP-Start (RFC 3579 §2.1), which is answered with a request for the
   * identity. Rejects with what the verifier throws; the conversation is over then.
   */
  async receive(eapResponse: Uint8Array): Promise<EapStep<S>> {
    if (this.#isBusy || this.#state === "over") return { type: "discard" };
    this.#isBusy = true;
    try {
      return await this.#receive(eapResponse);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Ends the conversation and frees what it holds. */
  close(): void {
    this.#state = "over";
    this.#method?.close();
    this.#method = undefined;
  }

  async #receive(octets: Uint8Array): Promise<EapStep<S>> {
    if (octets.length === 0) return this.#state === "new" ? this.#askIdentity() : { type: "discard" };
    const response = decodedOrUndefined(octets);
    if (response === undefined) return { type: "discard" };
    if (this.#state !== "new" && response.identifier !== this.#identifier) return { type: "discard" };
    this.#identifier = response.identifier;
    this.#rounds += 1;
    if (this.#rounds > maxEapRounds) return this.#fail("too-many-rounds");
    if (this.#state === "new" || this.#state === "identity") return this.#identity(response);
    return this.#methodResponse(response);
  }

  #askIdentity(): EapStep<S> {
    this.#state = "identity";
    this.#identifier = randomInt(256);
    return this.#request(EapType.identity, new Uint8Array(0));
  }

  #identity({ type, data }: EapMessage): EapStep<S> {
    if (type !== EapType.identity) return { type: "discard" };
    const identity = decodeIdentity(data);
    if (identity === undefined) return this.#fail("bad-identity");
    this.#outerIdentity = identity;
    return this.#offer(this.#types[0]);
  }

  async #methodResponse({ type, data }: EapMessage): Promise<EapStep<S>> {
    const method = this.#method as TlsMethod<S>;
    if (type === EapType.nak && this.#state === "offered") return this.#offer(this.#firstAllowed(data));
    if (type !== method.type) return { type: "discard" };
    this.#state = "running";
    return this.#step(await method.receive(data));
  }

  /** The first of our methods, in our order, among those that a peer would rather have (RFC 3748 §5.3.1). */
  #firstAllowed(desired: Uint8Array): TunnelType | undefined {
    return this.#types.find((type) => desired.includes(type));
  }

  /** Offers a method. Each is offered once, so that a peer cannot go round in circles. */
  #offer(type: TunnelType | undefined): EapStep<S> {
    if (type === undefined) return this.#fail("no-common-method");
    this.#types.splice(this.#types.indexOf(type), 1);
    this.#method?.close();
    const tunnel = this.#tunnels.open(type === EapType.tls);
    const { fragmentOctets } = this.#settings;
    this.#method = new TlsMethod({ type, tunnel, inner: this.#innerMethod(type, tunnel), fragmentOctets });
    this.#state = "offered";
    return this.#request(type, this.#method.start());
  }

  #innerMethod(type: TunnelType, tunnel: TlsTunnel): TunnelledMethod<S> {
    const parts = {
      methods: innerMethodsOf(this.#settings, type),
      settings: this.#settings,
      verifier: this.#verifier,
      outerIdentity: this.#outerIdentity,
      tunnel,
    };
    switch (type) {
      case EapType.ttls:
        return new TtlsMethod(parts);
      case EapType.peap:
        return new PeapMethod(parts);
      case EapType.tls:
        return new ClientCertificateMethod(parts);
    }
  }

  #step(step: MethodStep<S>): EapStep<S> {
    // Closed while the answer was being found: nobody waits for it any more.
    if (this.#method === undefined) {
      if (step.type === "accepted") overwrite(step.keys.recvKey, step.keys.sendKey);
      return { type: "discard" };
    }
    switch (step.type) {
      case "request":
        return this.#request(this.#method.type, step.data);
      case "denied":
        return this.#fail(step.reason);
      case "accepted": {
        const { subject, identity, keys } = step;
        this.close();
        return { type: "success", packet: this.#result(EapCode.success), subject, identity, ...keys };
      }
    }
  }

  #request(type: number, data: Uint8Array): EapStep<S> {
    this.#identifier = (this.#identifier + 1) & 255;
    const packet = encodeEapMessage({ code: EapCode.request, identifier: this.#identifier, type, data });
    return { type: "request", packet };
  }

  #fail(reason: string): EapStep<S> {
    this.close();
    return { type: "failure", packet: this.#result(EapCode.failure), reason };
  }

  #result(code: 3 | 4): Uint8Array {
    return encodeEapResult({ code, identifier: this.#identifier });
  }
}

function decodedOrUndefined(octets: Uint8Array): EapMessage | undefined {
  try {
    return decodeEapResponse(octets);
  } catch (error) {
    if (isRadiusDecodeError(error)) return undefined;
    throw error;
  }
}

function overwrite(...secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
