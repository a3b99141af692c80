import { AttributeType, textOf } from "../codec/attribute-type.ts";
import { encodeAttribute } from "../codec/dictionary/encode-attribute.ts";
import { standardDictionary } from "../codec/dictionary/standard-dictionary.ts";
import { challengeOctets, decodeChap2Response, msChapSessionKeys } from "../codec/mschapv2.ts";
import type { RadiusPacket, RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { decodeVendorSpecific, encodeVendorAttribute } from "../codec/vendor-attribute.ts";
import type { Network } from "../view/network.ts";
import { type AccessContext, admit, rejected } from "./access.ts";
import { DirectoryVerifier } from "./eap/directory-verifier.ts";
import { checkMsChap } from "./eap/mschap-check.ts";
import type { RadiusAnswer, RadiusRequest } from "./request.ts";

const microsoft = 311;
const errorType = 2;
const challengeType = 11;
const responseType = 25;
const successType = 26;
/** The peer may encrypt what crosses the link, with keys of 40 or 128 bits (RFC 2548 §2.4.4, §2.4.5). */
const encryption = { "MS-MPPE-Encryption-Policy": 1, "MS-MPPE-Encryption-Types": 6 } as const;

/** Whether somebody logs in by MS-CHAPv2 without EAP, as VPNs do. */
export function hasMsChap(packet: RadiusPacket): boolean {
  return microsoftAttribute(packet, responseType) !== undefined;
}

/**
 * Answers a login by MS-CHAPv2 (RFC 2548 §2.3): an answer to a challenge that the access server gave.
 * @throws RadiusDecodeError for a challenge or answer of a length that cannot be, DirectoryError as `access`
 */
export async function msChapLogin(
  request: RadiusRequest,
  network: Network,
  context: Pick<AccessContext, "options" | "reply">,
): Promise<RadiusAnswer> {
  const { packet } = request;
  const authenticatorChallenge = microsoftAttribute(packet, challengeType);
  const value = microsoftAttribute(packet, responseType);
  const username = textOf(packet, AttributeType.userName);
  if (authenticatorChallenge?.length !== challengeOctets || value === undefined || username === undefined)
    return rejected;
  const response = decodeChap2Response(value);
  const { identifier, peerChallenge, ntResponse } = response;
  const verifier = new KeyedVerifier(request, network, context);
  const attempt = { username, outerIdentity: username, method: "mschapv2" };
  const answer = { authenticatorChallenge, peerChallenge, ntResponse, name: username };
  try {
    const outcome = await checkMsChap(verifier, attempt, answer);
    // 691 is "authentication failed"; R=0: do not try again (RFC 2548 §2.1.5).
    const error = text(errorType, identifier, "E=691 R=0 V=3");
    if (outcome.type === "denied") return { code: PacketCode.accessReject, attributes: [error] };
    const admitted = await admit(request, network, outcome.accepted.subject, context);
    if (admitted.code !== PacketCode.accessAccept || verifier.hash === undefined) return rejected;
    const success = text(successType, identifier, outcome.authenticatorResponse);
    const keys = sessionKeys(verifier.hash, ntResponse, request);
    return { code: admitted.code, attributes: [success, ...keys, ...admitted.attributes] };
  } finally {
    verifier.hash?.fill(0);
  }
}

/** Keeps the hash until the keys of the session are made of it. */
class KeyedVerifier extends DirectoryVerifier {
  hash: Uint8Array | undefined;

  override async ntHash(attempt: Parameters<DirectoryVerifier["ntHash"]>[0]) {
    const check = await super.ntHash(attempt);
    this.hash = check.hash;
    return check;
  }
}

function sessionKeys(
  hash: Uint8Array,
  ntResponse: Uint8Array,
  request: RadiusRequest,
): readonly RawAttribute[] {
  const { sendKey, recvKey } = msChapSessionKeys(hash, ntResponse);
  const written = [
    ...Object.entries(encryption).flatMap(([name, value]) => write(name, value, request)),
    ...write("MS-MPPE-Recv-Key", recvKey, request),
    ...write("MS-MPPE-Send-Key", sendKey, request),
  ];
  sendKey.fill(0);
  recvKey.fill(0);
  return written;
}

/** Text behind the identifier of the answer that it belongs to. */
function text(type: number, identifier: number, words: string): RawAttribute {
  return encodeVendorAttribute(microsoft, type, Uint8Array.of(identifier, ...Buffer.from(words)));
}

function write(
  name: string,
  value: number | Uint8Array,
  { packet, secret }: RadiusRequest,
): readonly RawAttribute[] {
  const definition = standardDictionary.byName(name);
  if (definition === undefined) throw new TypeError(`the dictionary has no ${name}`);
  return encodeAttribute(definition, value, { requestAuthenticator: packet.authenticator, secret });
}

function microsoftAttribute({ attributes }: RadiusPacket, type: number): Uint8Array | undefined {
  for (const one of attributes) {
    if (one.type !== AttributeType.vendorSpecific) continue;
    const held = decodeVendorSpecific(one.value);
    const found = held?.vendor === microsoft ? held.attributes.find((own) => own.type === type) : undefined;
    if (found !== undefined) return found.value;
  }
  return undefined;
}
