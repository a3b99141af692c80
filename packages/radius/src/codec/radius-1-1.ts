import { AttributeType } from "./attribute-type.ts";
import { decodeAttributes } from "./dictionary/decode-attributes.ts";
import type { Dictionary } from "./dictionary/dictionary.ts";
import { encodeAttribute } from "./dictionary/encode-attribute.ts";
import { hidePassword } from "./hidden-value.ts";
import { decodePacket, encodePacket, headerOctets, type RawAttribute } from "./packet.ts";
import { RadiusDecodeError } from "./radius-decode-error.ts";
import type { SharedSecret } from "./shared-secret.ts";
import { encodeRequest } from "./signature.ts";

/** What RADIUS/1.1 is called where the ends of a TLS connection agree on what they speak (RFC 9765 §3). */
export const radius11 = "radius/1.1";
/** What RADIUS as it was before is called there. */
export const radius10 = "radius/1.0";

const tokenOctets = 4;
const maxPasswordOctets = 128;

/** A request of RADIUS/1.1, and as it would have come by RADIUS as it was before. */
export interface TranslatedRequest {
  /** Tells requests of one connection apart, and the answers to them. */
  readonly token: Uint8Array;
  /** The request with identifier 0, signed. */
  readonly octets: Uint8Array;
}

/**
 * Reads a request of RADIUS/1.1 (RFC 9765 §4, §5) and puts it into the form that all others have: its password is hidden and it
 * is signed, as TLS has proved who sent it. A Message-Authenticator in it says nothing and is left out.
 *
 * @param secret - what it is hidden and signed with, in this process only
 * @throws RadiusDecodeError as `decodePacket`, and `bad-value` for a password of no or more than 128 octets
 */
export function readRadius11(octets: Uint8Array, secret: SharedSecret): TranslatedRequest {
  const { code, attributes, authenticator } = decodePacket(octets);
  const kept = attributes.filter(({ type }) => type !== AttributeType.messageAuthenticator);
  const own = crypto.getRandomValues(new Uint8Array(16));
  const hidden = kept.map((one) => (one.type === AttributeType.userPassword ? hide(one, own, secret) : one));
  return {
    token: Uint8Array.from(authenticator.subarray(0, tokenOctets)),
    octets: encodeRequest({ code, identifier: 0, attributes: hidden }, secret, own),
  };
}

/**
 * Puts the answer to such a request into the form of RADIUS/1.1: with the token of the request, unsigned, and with nothing hidden.
 *
 * @param answer - signed, as it would go to a client of RADIUS as it was before
 * @throws RangeError for an answer that is too long
 */
export function writeRadius11(
  answer: Uint8Array,
  { token, octets }: TranslatedRequest,
  secret: SharedSecret,
  dictionary: Dictionary,
): Uint8Array {
  const { code, attributes } = decodePacket(answer);
  const context = { requestAuthenticator: octets.subarray(4, headerOctets), secret };
  const open = attributes
    .filter(({ type }) => type !== AttributeType.messageAuthenticator)
    .flatMap((one) => reveal(one, dictionary, context));
  const authenticator = new Uint8Array(16);
  authenticator.set(token);
  return encodePacket(code, 0, open, authenticator);
}

function hide({ type, value }: RawAttribute, authenticator: Uint8Array, secret: SharedSecret): RawAttribute {
  if (value.length === 0 || value.length > maxPasswordOctets)
    throw new RadiusDecodeError("bad-value", "a password has a length that cannot be");
  return { type, value: hidePassword(value, authenticator, secret) };
}

function reveal(
  attribute: RawAttribute,
  dictionary: Dictionary,
  context: { readonly requestAuthenticator: Uint8Array; readonly secret: SharedSecret },
): readonly RawAttribute[] {
  const decoded = decodeAttributes([attribute], dictionary, context);
  if (decoded.every(({ definition }) => definition?.encryption === undefined)) return [attribute];
  return decoded.flatMap(({ definition, value, tag }) => {
    if (definition === undefined) return [];
    const { encryption: _, ...plain } = definition;
    return encodeAttribute(plain, value as never, { ...context, ...(tag === undefined ? {} : { tag }) });
  });
}
