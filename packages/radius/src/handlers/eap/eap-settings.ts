import { EapType } from "../../codec/eap-packet.ts";

/** The methods that are spoken: what carries TLS, and what happens inside. */
export type EapMethodName =
  /** EAP-TTLS with User-Name and User-Password inside (RFC 5281 §11.2.5). */
  | "ttls-pap"
  /** EAP-TTLS with EAP-GTC inside. */
  | "ttls-gtc"
  /** EAP-TTLS with MS-CHAPv2 inside, bare (RFC 5281 §11.2.4) or as an EAP method. */
  | "ttls-mschapv2"
  /** EAP-TLS: a client certificate (RFC 5216, RFC 9190). */
  | "tls"
  /** PEAPv0 with EAP-GTC inside. */
  | "peap-gtc"
  /** PEAPv0 with EAP-MSCHAPv2 inside, which is what Windows speaks unasked. */
  | "peap-mschapv2";

/** How EAP is spoken on a network. */
export interface EapSettings {
  /** Methods that may be used; they are offered in this order. At least one. */
  readonly methods: readonly EapMethodName[];
  /**
   * Octets of TLS in one packet, 100 to 1,400. What carries EAP between a device and an access point takes about 1,400,
   * less the way there. 1,000 suits all.
   */
  readonly fragmentOctets: number;
  /**
   * Whether a realm told inside the tunnel must be that told in clear, or lie below it. Otherwise whoever routes
   * requests by the outer name sends somebody of another realm here.
   */
  readonly checkInnerRealm: boolean;
  /** The name that MS-CHAPv2 tells the peer, ASCII without spaces. */
  readonly serverName: string;
}

/** EAP types that carry TLS. */
export type TunnelType = typeof EapType.ttls | typeof EapType.peap | typeof EapType.tls;

/** What becomes of a login inside a tunnel. */
export type InnerMethodName = "pap" | "gtc" | "mschapv2";

const tunnelTypes: Readonly<Record<EapMethodName, TunnelType>> = {
  "ttls-pap": EapType.ttls,
  "ttls-gtc": EapType.ttls,
  "ttls-mschapv2": EapType.ttls,
  tls: EapType.tls,
  "peap-gtc": EapType.peap,
  "peap-mschapv2": EapType.peap,
};

/** The EAP types that settings allow, each once, in the order of the methods. */
export function tunnelTypesOf({ methods }: EapSettings): readonly TunnelType[] {
  return [...new Set(methods.map((method) => tunnelTypes[method]))];
}

/** What settings allow inside a tunnel of a type, in the order of the methods. */
export function innerMethodsOf({ methods }: EapSettings, type: TunnelType): readonly InnerMethodName[] {
  return methods
    .filter((method) => method !== "tls" && tunnelTypes[method] === type)
    .map((method) => method.slice(method.indexOf("-") + 1) as InnerMethodName);
}
