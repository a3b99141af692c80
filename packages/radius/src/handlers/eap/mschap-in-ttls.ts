import { sameOctets } from "../../codec/constant-time.ts";
import { challengeOctets, decodeChap2Response } from "../../codec/mschapv2.ts";
import type { InnerParts } from "./inner-parts.ts";
import { checkMsChap } from "./mschap-check.ts";
import { type Accepted, type Denied, denied } from "./tunnelled-method.ts";

/** Somebody is let in, and what goes into MS-CHAP2-Success. */
export interface MsChapInTtlsAccepted<S> {
  readonly type: "accepted";
  /** Whom. */
  readonly accepted: Accepted<S>;
  /** The value of MS-CHAP2-Success (RFC 2548 §2.3.3). */
  readonly success: Uint8Array;
}

/** MS-CHAPv2 in AVPs, whose challenge nobody sends: both sides take it from the keys of the tunnel (RFC 5281 §11.1). */
export class MsChapInTtls<S> {
  readonly #parts: InnerParts<S>;

  constructor(parts: InnerParts<S>) {
    this.#parts = parts;
  }

  /** Checks an answer. @throws RadiusDecodeError for one whose form cannot be */
  async check(
    username: string,
    challenge: Uint8Array | undefined,
    response: Uint8Array,
  ): Promise<MsChapInTtlsAccepted<S> | Denied> {
    const { verifier, outerIdentity, tunnel } = this.#parts;
    const implicit = tunnel.exportKeyingMaterial(challengeOctets + 1, "ttls challenge");
    const authenticatorChallenge = implicit.subarray(0, challengeOctets);
    const { identifier, peerChallenge, ntResponse } = decodeChap2Response(response);
    // A challenge of another tunnel would make this one the victim of whoever relays it.
    if (
      challenge === undefined ||
      !sameOctets(challenge, authenticatorChallenge) ||
      identifier !== implicit[challengeOctets]
    )
      return denied("wrong-challenge");
    const attempt = { username, outerIdentity, method: "ttls-mschapv2" };
    const answer = { authenticatorChallenge, peerChallenge, ntResponse, name: username };
    const outcome = await checkMsChap(verifier, attempt, answer);
    if (outcome.type === "denied") return outcome;
    const success = Uint8Array.of(identifier, ...new TextEncoder().encode(outcome.authenticatorResponse));
    return { type: "accepted", accepted: outcome.accepted, success };
  }
}
