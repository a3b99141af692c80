import { EapCode, EapType, eapHeaderOctets } from "../../codec/eap-packet.ts";
import { decodeResultTlv, encodeResultTlv } from "../../codec/result-tlv.ts";
import { InnerEap, type InnerEapResponse, type InnerEapStep } from "./inner-eap.ts";
import type { InnerParts } from "./inner-parts.ts";
import {
  type Accepted,
  type Denied,
  denied,
  type TunnelledMethod,
  type TunnelledStep,
} from "./tunnelled-method.ts";

/**
 * PEAPv0 ([MS-PEAP], draft-kamath-pppext-peapv0-00): an EAP method in the tunnel whose packets have lost their headers, and
 * at its end a Result TLV that both sides must agree on.
 */
export class PeapMethod<S> implements TunnelledMethod<S> {
  readonly #eap: InnerEap<S>;
  #state: "opened" | "running" | "ending" = "opened";
  #result: Accepted<S> | Denied | undefined;

  constructor(parts: InnerParts<S>) {
    this.#eap = new InnerEap(parts, "peap");
  }

  async opened(hasMore: boolean): Promise<TunnelledStep<S>> {
    return hasMore ? { type: "wait" } : this.#askIdentity();
  }

  async acknowledged(): Promise<TunnelledStep<S>> {
    return this.#state === "opened" ? this.#askIdentity() : denied("nothing-said");
  }

  async received(plaintext: Uint8Array): Promise<TunnelledStep<S>> {
    if (this.#state === "ending") return this.#end(plaintext);
    if (this.#state === "opened") return denied("unexpected-data");
    const response = headless(plaintext);
    if (response === undefined) return denied("malformed-truncated");
    return this.#step(await this.#eap.receive(response));
  }

  #askIdentity(): TunnelledStep<S> {
    this.#state = "running";
    return { type: "send", plaintext: Uint8Array.of(EapType.identity) };
  }

  #step(step: InnerEapStep<S>): TunnelledStep<S> {
    if (step.type === "request") {
      const plaintext = new Uint8Array(1 + step.data.length);
      plaintext[0] = step.eapType;
      plaintext.set(step.data, 1);
      return { type: "send", plaintext };
    }
    this.#state = "ending";
    this.#result = step;
    return {
      type: "send",
      plaintext: encodeResultTlv(EapCode.request, resultIdentifier, step.type === "accepted"),
    };
  }

  /** The peer must say that it sees a success too: its answer is protected, unlike the EAP-Success that follows. */
  #end(plaintext: Uint8Array): TunnelledStep<S> {
    const result = this.#result as Accepted<S> | Denied;
    if (result.type === "denied") return result;
    return decodeResultTlv(plaintext, resultIdentifier) ? result : denied("result-not-confirmed");
  }
}

/** Nothing depends on it: there is one such packet in a conversation. */
const resultIdentifier = 1;

/** A response without its header, or with it, as some peers send their identity. */
function headless(plaintext: Uint8Array): InnerEapResponse | undefined {
  const [first, , high = 0, low = 0] = plaintext;
  if (first === undefined) return undefined;
  // Without a header this would be a Notification, which answers nothing that was ever asked.
  const hasHeader =
    first === EapCode.response &&
    plaintext.length >= eapHeaderOctets &&
    ((high << 8) | low) === plaintext.length;
  const message = hasHeader ? plaintext.subarray(eapHeaderOctets - 1) : plaintext;
  return { type: message[0] as number, data: message.subarray(1) };
}
