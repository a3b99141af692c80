import { randomBytes } from "node:crypto";
import {
  decodeMsChapAnswer,
  encodeMsChapChallenge,
  encodeMsChapResult,
  MsChapOpCode,
} from "../../codec/eap-mschapv2.ts";
import { EapType } from "../../codec/eap-packet.ts";
import { challengeOctets } from "../../codec/mschapv2.ts";
import type { EapAttempt, EapVerifier } from "./eap-verifier.ts";
import type { InnerEapMethod, InnerEapStep } from "./inner-eap.ts";
import { checkMsChap } from "./mschap-check.ts";
import { type Accepted, type Denied, denied } from "./tunnelled-method.ts";

/** EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02): challenge, answer, and a result that the peer acknowledges. */
export class MsChapExchange<S> implements InnerEapMethod<S> {
  readonly type: number = EapType.mschapV2;
  readonly #verifier: EapVerifier<S>;
  readonly #attempt: EapAttempt;
  readonly #serverName: string;
  readonly #challenge = randomBytes(challengeOctets);
  readonly #identifier = randomBytes(1)[0] as number;
  /** What the peer was told and has yet to acknowledge. */
  #told: Accepted<S> | Denied | undefined;

  constructor(verifier: EapVerifier<S>, attempt: EapAttempt, serverName: string) {
    this.#verifier = verifier;
    this.#attempt = attempt;
    this.#serverName = serverName;
  }

  start(): Uint8Array {
    return encodeMsChapChallenge(this.#identifier, this.#challenge, this.#serverName);
  }

  async receive(data: Uint8Array): Promise<InnerEapStep<S>> {
    if (this.#told !== undefined) return this.#acknowledged(data[0], this.#told);
    const answer = decodeMsChapAnswer(data);
    if (answer.identifier !== this.#identifier) return denied("unexpected-identifier");
    const { peerChallenge, ntResponse, name } = answer;
    const outcome = await checkMsChap(this.#verifier, this.#attempt, {
      authenticatorChallenge: this.#challenge,
      peerChallenge,
      ntResponse,
      name,
    });
    if (outcome.type === "denied") {
      this.#told = outcome;
      // 691 is "authentication failed"; R=0: do not try again. A new challenge belongs to it and is never used.
      const challenge = randomBytes(challengeOctets).toString("hex").toUpperCase();
      return this.#tell(MsChapOpCode.failure, `E=691 R=0 C=${challenge} V=3 M=Authentication failed`);
    }
    this.#told = outcome.accepted;
    return this.#tell(MsChapOpCode.success, `${outcome.authenticatorResponse} M=OK`);
  }

  #tell(opCode: 3 | 4, text: string): InnerEapStep<S> {
    return { type: "request", eapType: this.type, data: encodeMsChapResult(opCode, this.#identifier, text) };
  }

  /** A peer that does not say that the server proved itself too is not let in. */
  #acknowledged(opCode: number | undefined, told: Accepted<S> | Denied): InnerEapStep<S> {
    if (told.type === "denied") return told;
    return opCode === MsChapOpCode.success ? told : denied("server-not-believed");
  }
}
