import { decodeIdentity, EapType } from "../../codec/eap-packet.ts";
import { GenericTokenCard } from "./generic-token-card.ts";
import { type InnerParts, isInnerRealmAllowed } from "./inner-parts.ts";
import { MsChapExchange } from "./mschap-exchange.ts";
import { type Accepted, type Denied, denied } from "./tunnelled-method.ts";

/** What an EAP method inside a tunnel does next. */
export type InnerEapStep<S> =
  | {
      readonly type: "request";
      /** The type of the next request. */
      readonly eapType: number;
      /** Its data. */
      readonly data: Uint8Array;
    }
  | Accepted<S>
  | Denied;

/** An EAP method that has no tunnel of its own, and runs in one. */
export interface InnerEapMethod<S> {
  /** Its type. */
  readonly type: number;
  /** Data of its first request. */
  start(): Uint8Array;
  /** Takes the data of a response. */
  receive(data: Uint8Array): Promise<InnerEapStep<S>>;
}

/** A response, however the tunnel carries it. */
export interface InnerEapResponse {
  /** Its type. */
  readonly type: number;
  /** What follows the type. */
  readonly data: Uint8Array;
}

/** EAP inside a tunnel: the identity that counts, then one of the methods that settings allow. */
export class InnerEap<S> {
  readonly #parts: InnerParts<S>;
  readonly #outer: "ttls" | "peap";
  /** Methods not offered yet. */
  readonly #methods: ("gtc" | "mschapv2")[];
  #username: string | undefined;
  #method: InnerEapMethod<S> | undefined;
  #isRunning = false;

  constructor(parts: InnerParts<S>, outer: "ttls" | "peap") {
    this.#parts = parts;
    this.#outer = outer;
    this.#methods = parts.methods.filter((method) => method !== "pap");
  }

  /** Takes a response, first that with the identity. */
  async receive({ type, data }: InnerEapResponse): Promise<InnerEapStep<S>> {
    const method = this.#method;
    if (method === undefined) return type === EapType.identity ? this.#identity(data) : denied("no-identity");
    if (type === EapType.nak && !this.#isRunning)
      return this.#offer(this.#methods.find((one) => data.includes(innerTypes[one])));
    if (type !== method.type) return denied("unexpected-type");
    this.#isRunning = true;
    return method.receive(data);
  }

  #identity(data: Uint8Array): InnerEapStep<S> {
    const { settings, outerIdentity } = this.#parts;
    const username = decodeIdentity(data);
    if (username === undefined) return denied("bad-identity");
    if (settings.checkInnerRealm && !isInnerRealmAllowed(username, outerIdentity))
      return denied("other-realm");
    this.#username = username;
    return this.#offer(this.#methods[0]);
  }

  #offer(name: "gtc" | "mschapv2" | undefined): InnerEapStep<S> {
    if (name === undefined) return denied("no-common-method");
    this.#methods.splice(this.#methods.indexOf(name), 1);
    const attempt = {
      username: this.#username as string,
      outerIdentity: this.#parts.outerIdentity,
      method: `${this.#outer}-${name}`,
    };
    const { verifier, settings } = this.#parts;
    this.#method =
      name === "gtc"
        ? new GenericTokenCard(verifier, attempt)
        : new MsChapExchange(verifier, attempt, settings.serverName);
    return { type: "request", eapType: this.#method.type, data: this.#method.start() };
  }
}

const innerTypes = { gtc: EapType.genericTokenCard, mschapv2: EapType.mschapV2 } as const;
