import { isUtf8 } from "node:buffer";
import { AttributeType, attributeOf, attributesOf } from "../codec/attribute-type.ts";
import { revealPassword } from "../codec/hidden-value.ts";
import type { RadiusPacket } from "../codec/packet.ts";
import { hasDigestAuthenticator, PacketCode } from "../codec/packet-code.ts";
import { isRadiusDecodeError } from "../codec/radius-decode-error.ts";
import { hasValidMessageAuthenticator, hasValidRequestAuthenticator } from "../codec/signature.ts";
import type { ClientSecret, KnownClient } from "../view/client-table.ts";

/** Why a request is silently discarded. The names are values of a metric's label. */
export type DiscardReason =
  | "no-source-port"
  | "unknown-client"
  | "malformed"
  | "unexpected-code"
  | "bad-authenticator"
  | "bad-message-authenticator"
  | "no-message-authenticator"
  | "eap-without-message-authenticator"
  | "proxied-without-message-authenticator";

/**
 * With which of its client's secrets a request was made, or why it is discarded (RFC 2865 §3, RFC 3579 §3.2, RFC 5997
 * §4.2). A client that need not send a Message-Authenticator must all the same where its lack would let anybody on the way
 * turn a refusal into an acceptance (CVE-2024-3596): with EAP, and behind a proxy. Nobody can on the way of TLS, so that
 * there a proxied request needs none; one with EAP does, because RFC 3579 knows no EAP without.
 *
 * @param client - as it counts for the way that the request came
 */
export function secretOf(
  packet: RadiusPacket,
  client: KnownClient,
  way: "udp" | "tls",
): ClientSecret | DiscardReason {
  if (hasDigestAuthenticator(packet.code)) {
    const found = client.secrets.find(({ secret }) => hasValidRequestAuthenticator(packet, secret));
    if (found === undefined) return "bad-authenticator";
    return hasValidMessageAuthenticator(packet, found.secret) === false ? "bad-message-authenticator" : found;
  }
  if (attributeOf(packet, AttributeType.messageAuthenticator) !== undefined) {
    const found = client.secrets.find(({ secret }) => hasValidMessageAuthenticator(packet, secret) === true);
    return found ?? "bad-message-authenticator";
  }
  if (packet.code === PacketCode.statusServer || client.requireMessageAuthenticator)
    return "no-message-authenticator";
  if (attributeOf(packet, AttributeType.eapMessage) !== undefined) return "eap-without-message-authenticator";
  if (way === "udp" && attributeOf(packet, AttributeType.proxyState) !== undefined)
    return "proxied-without-message-authenticator";
  return likeliestSecret(packet, client);
}

/** Nothing proves a secret here. While one takes another's place, that counts with which the password is text. */
function likeliestSecret(packet: RadiusPacket, client: KnownClient): ClientSecret {
  const [first] = client.secrets as [ClientSecret];
  if (client.secrets.length === 1) return first;
  const [hidden] = attributesOf(packet, AttributeType.userPassword);
  if (hidden === undefined) return first;
  const isText = ({ secret }: ClientSecret): boolean => {
    try {
      const password = revealPassword(hidden, packet.authenticator, secret);
      const isIt = isUtf8(password);
      password.fill(0);
      return isIt;
    } catch (error) {
      if (isRadiusDecodeError(error)) return false;
      throw error;
    }
  };
  return client.secrets.find(isText) ?? first;
}
