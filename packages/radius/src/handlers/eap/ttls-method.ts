import { decodeIdentity, decodeText } from "../../codec/eap-packet.ts";
import {
  AvpCode,
  decodeAvps,
  encodeAvps,
  MicrosoftAvpCode,
  microsoftVendor,
  type TtlsAvp,
} from "../../codec/ttls-avp.ts";
import { EapInTtls } from "./eap-in-ttls.ts";
import { type InnerParts, isInnerRealmAllowed, withoutCode } from "./inner-parts.ts";
import { MsChapInTtls } from "./mschap-in-ttls.ts";
import { type Accepted, denied, type TunnelledMethod, type TunnelledStep } from "./tunnelled-method.ts";

/** Octets of a password; core takes no longer ones. */
const maxPasswordOctets = 1024;

/** EAP-TTLS: AVPs as RADIUS has them, or a whole EAP method in them, inside the tunnel (RFC 5281 §11). */
export class TtlsMethod<S> implements TunnelledMethod<S> {
  readonly #parts: InnerParts<S>;
  #eap: EapInTtls<S> | undefined;
  /** Let in, as soon as the peer has seen that the server knows the password too. */
  #accepted: Accepted<S> | undefined;

  constructor(parts: InnerParts<S>) {
    this.#parts = parts;
  }

  async opened(): Promise<TunnelledStep<S>> {
    return { type: "wait" };
  }

  async acknowledged(): Promise<TunnelledStep<S>> {
    return this.#accepted ?? { type: "wait" };
  }

  async received(plaintext: Uint8Array): Promise<TunnelledStep<S>> {
    if (this.#accepted !== undefined) return denied("unexpected-data");
    const avps = decodeAvps(plaintext);
    if (avps.some((avp) => avp.mandatory && !isKnown(avp))) return denied("unknown-avp");
    const eapMessage = avpValue(avps, AvpCode.eapMessage);
    if (eapMessage !== undefined) {
      this.#eap ??= new EapInTtls(this.#parts);
      try {
        return await this.#eap.receive(eapMessage);
      } finally {
        eapMessage.fill(0);
      }
    }
    // A login by EAP cannot turn into another one half way.
    if (this.#eap !== undefined) return denied("unexpected-data");
    return this.#plainLogin(avps);
  }

  async #plainLogin(avps: readonly TtlsAvp[]): Promise<TunnelledStep<S>> {
    const { settings, outerIdentity, methods } = this.#parts;
    const username = decodeIdentity(avpValue(avps, AvpCode.userName) ?? new Uint8Array(0));
    if (username === undefined) return denied("bad-identity");
    if (settings.checkInnerRealm && !isInnerRealmAllowed(username, outerIdentity))
      return denied("other-realm");
    const password = avpValue(avps, AvpCode.userPassword);
    if (password !== undefined && methods.includes("pap")) return this.#password(username, password);
    const response = avpValue(avps, MicrosoftAvpCode.chap2Response, microsoftVendor);
    if (response !== undefined && methods.includes("mschapv2"))
      return this.#msChap(
        username,
        avpValue(avps, MicrosoftAvpCode.chapChallenge, microsoftVendor),
        response,
      );
    return denied("no-common-method");
  }

  async #password(username: string, octets: Uint8Array): Promise<TunnelledStep<S>> {
    const { verifier, outerIdentity } = this.#parts;
    const password = decodeText(withoutPadding(octets));
    if (password === undefined || octets.length > maxPasswordOctets) return denied("bad-password");
    return withoutCode(
      await verifier.password({ username, outerIdentity, password, method: "ttls-pap" }),
      username,
    );
  }

  async #msChap(
    username: string,
    challenge: Uint8Array | undefined,
    response: Uint8Array,
  ): Promise<TunnelledStep<S>> {
    const outcome = await new MsChapInTtls(this.#parts).check(username, challenge, response);
    if (outcome.type === "denied") return outcome;
    this.#accepted = outcome.accepted;
    const code = MicrosoftAvpCode.chap2Success;
    const avp = { code, vendor: microsoftVendor, mandatory: true, value: outcome.success };
    return { type: "send", plaintext: encodeAvps([avp]) };
  }
}

/** The value of an AVP; of several EAP-Messages, which are one cut in pieces, all of them. */
function avpValue(avps: readonly TtlsAvp[], code: number, vendor = 0): Uint8Array | undefined {
  const found = avps.filter((avp) => avp.code === code && avp.vendor === vendor);
  if (code === AvpCode.eapMessage && found.length > 1) return Buffer.concat(found.map(({ value }) => value));
  return found[0]?.value;
}

function isKnown({ code, vendor }: TtlsAvp): boolean {
  const codes: object = vendor === 0 ? AvpCode : vendor === microsoftVendor ? MicrosoftAvpCode : {};
  return Object.values(codes).includes(code);
}

/** Peers fill a password up with zeros, so that its length does not show (RFC 5281 §11.2.5). */
function withoutPadding(octets: Uint8Array): Uint8Array {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end -= 1;
  return octets.subarray(0, end);
}
