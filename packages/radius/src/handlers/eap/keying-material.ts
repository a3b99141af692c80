import { EapType } from "../../codec/eap-packet.ts";
import type { TunnelType } from "./eap-settings.ts";
import type { TlsTunnel } from "./tls-tunnel.ts";

/** The two halves of the MSK, as MS-MPPE-Recv-Key and MS-MPPE-Send-Key carry them (RFC 2548 §2.4). 32 octets each. */
export interface SessionKeys {
  /** The first half: what the access point receives with. */
  readonly recvKey: Uint8Array;
  /** The second half: what it sends with. */
  readonly sendKey: Uint8Array;
}

const keyOctets = 32;

/** The keys of a method over an open tunnel (RFC 5216 §2.3, RFC 5281 §8; with TLS 1.3 RFC 9190 §2.3, RFC 9427 §2.1). */
export function sessionKeys(tunnel: TlsTunnel, type: TunnelType): SessionKeys {
  const material =
    tunnel.version === "TLSv1.3"
      ? // Both halves of 128 octets must be asked for: the length is part of what the key is derived from.
        tunnel.exportKeyingMaterial(128, "EXPORTER_EAP_TLS_Key_Material", Uint8Array.of(type))
      : tunnel.exportKeyingMaterial(
          2 * keyOctets,
          type === EapType.ttls ? "ttls keying material" : "client EAP encryption",
        );
  const keys = {
    recvKey: Uint8Array.from(material.subarray(0, keyOctets)),
    sendKey: Uint8Array.from(material.subarray(keyOctets, 2 * keyOctets)),
  };
  material.fill(0);
  return keys;
}
