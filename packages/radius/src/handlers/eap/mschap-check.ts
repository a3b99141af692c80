import { randomBytes } from "node:crypto";
import { sameOctets } from "../../codec/constant-time.ts";
import { authenticatorResponse, ntHashOctets, ntResponse } from "../../codec/mschapv2.ts";
import type { EapAttempt, EapVerifier } from "./eap-verifier.ts";
import { withoutCode } from "./inner-parts.ts";
import { type Accepted, type Denied, denied } from "./tunnelled-method.ts";

/** What a peer answered to a challenge of MS-CHAPv2. */
export interface MsChapAnswer {
  /** The server's challenge, 16 octets. */
  readonly authenticatorChallenge: Uint8Array;
  /** The peer's, 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** What it made of both with its password, 24 octets. */
  readonly ntResponse: Uint8Array;
  /** The name it told along with it. */
  readonly name: string;
}

/** Somebody is let in, and the server can prove that it knows the password too. */
export interface MsChapAccepted<S> {
  readonly type: "accepted";
  /** Whom. */
  readonly accepted: Accepted<S>;
  /** `S=` and 40 digits (RFC 2759 §5). */
  readonly authenticatorResponse: string;
}

/** Checks an answer against the NT hash of whoever it should be. Somebody without one costs the same work as a wrong password. */
export async function checkMsChap<S>(
  verifier: EapVerifier<S>,
  attempt: EapAttempt,
  answer: MsChapAnswer,
): Promise<MsChapAccepted<S> | Denied> {
  const check = await verifier.ntHash?.(attempt);
  if (check === undefined) return denied("no-nt-hashes");
  const hash = Uint8Array.from(check.hash ?? randomBytes(ntHashOctets));
  try {
    const isRight = sameOctets(ntResponse(hash, answer), answer.ntResponse) && check.hash !== undefined;
    const proof = authenticatorResponse(hash, answer);
    if (!isRight) {
      await check.reject();
      return denied("not-let-in");
    }
    const result = withoutCode(await check.accept(), attempt.username);
    if (result.type === "denied") return result;
    return { type: "accepted", accepted: result, authenticatorResponse: proof };
  } finally {
    hash.fill(0);
  }
}
