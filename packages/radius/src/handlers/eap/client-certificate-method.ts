import { type InnerParts, withoutCode } from "./inner-parts.ts";
import { type Accepted, denied, type TunnelledMethod, type TunnelledStep } from "./tunnelled-method.ts";

/** EAP-TLS: nothing happens inside the tunnel, the handshake has proved it all (RFC 5216, RFC 9190). */
export class ClientCertificateMethod<S> implements TunnelledMethod<S> {
  readonly #parts: Pick<InnerParts<S>, "verifier" | "outerIdentity" | "tunnel">;
  #accepted: Accepted<S> | undefined;

  constructor(parts: Pick<InnerParts<S>, "verifier" | "outerIdentity" | "tunnel">) {
    this.#parts = parts;
  }

  async opened(): Promise<TunnelledStep<S>> {
    const { verifier, outerIdentity, tunnel } = this.#parts;
    const certificate = tunnel.peerCertificate;
    if (certificate === undefined) return denied("untrusted-certificate");
    const verdict = await verifier.certificate({ certificate, outerIdentity, method: "tls" });
    const result = withoutCode(verdict, outerIdentity);
    if (result.type === "denied") return result;
    this.#accepted = result;
    // With TLS 1.3 one octet tells the peer that nothing more comes in the handshake (RFC 9190 §2.5).
    return tunnel.version === "TLSv1.3" ? { type: "send", plaintext: Uint8Array.of(0) } : { type: "wait" };
  }

  async received(): Promise<TunnelledStep<S>> {
    return denied("unexpected-data");
  }

  async acknowledged(): Promise<TunnelledStep<S>> {
    return this.#accepted ?? denied("nothing-said");
  }
}
