import { decodeText, EapType } from "../../codec/eap-packet.ts";
import type { EapAttempt, EapVerdict, EapVerifier } from "./eap-verifier.ts";
import type { InnerEapMethod, InnerEapStep } from "./inner-eap.ts";
import { denied } from "./tunnelled-method.ts";

/** Octets of an answer; nobody types more. */
const maxAnswerOctets = 1024;
/** Codes that one login asks for. */
const maxCodes = 3;

/** EAP-GTC (RFC 3748 §5.6): asks for a password in words, and for a code when one is needed. */
export class GenericTokenCard<S> implements InnerEapMethod<S> {
  readonly type: number = EapType.genericTokenCard;
  readonly #attempt: EapAttempt;
  #codes = 0;
  #answer: (text: string) => Promise<EapVerdict<S>>;

  constructor(verifier: EapVerifier<S>, attempt: EapAttempt) {
    this.#attempt = attempt;
    this.#answer = (password) => verifier.password({ ...attempt, password });
  }

  start(): Uint8Array {
    return encoder.encode("Password: ");
  }

  async receive(data: Uint8Array): Promise<InnerEapStep<S>> {
    const text = data.length > maxAnswerOctets ? undefined : decodeText(data);
    if (text === undefined) return denied("bad-password");
    const verdict = await this.#answer(text);
    switch (verdict.type) {
      case "accepted":
        return { type: "accepted", subject: verdict.subject, identity: this.#attempt.username };
      case "denied":
        return denied("not-let-in");
      case "code-needed":
        this.#codes += 1;
        if (this.#codes > maxCodes) return denied("too-many-codes");
        this.#answer = (code) => verdict.answer(code);
        return { type: "request", eapType: this.type, data: encoder.encode(verdict.prompt) };
    }
  }
}

const encoder = new TextEncoder();
