import { decodeEapResponse, EapCode, encodeEapMessage } from "../../codec/eap-packet.ts";
import { AvpCode, encodeAvps } from "../../codec/ttls-avp.ts";
import { InnerEap } from "./inner-eap.ts";
import type { InnerParts } from "./inner-parts.ts";
import { denied, type TunnelledStep } from "./tunnelled-method.ts";

/** EAP inside EAP-TTLS: whole packets in EAP-Message AVPs (RFC 5281 §11.2.1). The peer begins, with its identity. */
export class EapInTtls<S> {
  readonly #eap: InnerEap<S>;
  #identifier: number | undefined;

  constructor(parts: InnerParts<S>) {
    this.#eap = new InnerEap(parts, "ttls");
  }

  /** Takes an EAP response. @throws RadiusDecodeError for what is none */
  async receive(octets: Uint8Array): Promise<TunnelledStep<S>> {
    const response = decodeEapResponse(octets);
    if (this.#identifier !== undefined && response.identifier !== this.#identifier)
      return denied("unexpected-identifier");
    const step = await this.#eap.receive(response);
    if (step.type !== "request") return step;
    this.#identifier = (response.identifier + 1) & 255;
    const value = encodeEapMessage({
      code: EapCode.request,
      identifier: this.#identifier,
      type: step.eapType,
      data: step.data,
    });
    return {
      type: "send",
      plaintext: encodeAvps([{ code: AvpCode.eapMessage, vendor: 0, mandatory: true, value }]),
    };
  }
}
