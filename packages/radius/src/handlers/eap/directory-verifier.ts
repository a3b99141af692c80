import type { AuthenticationAttempt, AuthenticationResult } from "@directorykit/core";
import { PacketCode } from "../../codec/packet-code.ts";
import { certificateName } from "../../view/certificate-name.ts";
import type { Network } from "../../view/network.ts";
import { type AccessContext, admit, authenticate, codePrompt, type Person } from "../access.ts";
import type { RadiusRequest } from "../request.ts";
import type {
  CertificateAttempt,
  EapAttempt,
  EapVerdict,
  EapVerifier,
  NtHashCheck,
  PasswordAttempt,
} from "./eap-verifier.ts";

/** No hash: a wrong one. */
const nothing = new Uint8Array(0);

/** Asks the directory about whoever logs in to a network by EAP. */
export class DirectoryVerifier implements EapVerifier<Person> {
  /** The request that is worked on now: each message of a login comes in one of its own. */
  request: RadiusRequest;
  readonly #network: Network;
  readonly #context: Pick<AccessContext, "options" | "reply">;

  constructor(request: RadiusRequest, network: Network, context: Pick<AccessContext, "options" | "reply">) {
    this.request = request;
    this.#network = network;
    this.#context = context;
  }

  /** A password from inside a tunnel. Rejects with a DirectoryError when the directory cannot say whose it is. */
  password({ username, password, method }: PasswordAttempt): Promise<EapVerdict<Person>> {
    // PAP has no way to ask back.
    return this.#ask({ username, password, canChallenge: method.endsWith("gtc") });
  }

  /**
   * A certificate that an authority vouches for: one that was given to a person, or, where the host trusts the authority with
   * that, one that names a person.
   */
  certificate({ certificate }: CertificateAttempt): Promise<EapVerdict<Person>> {
    const places = this.#context.options.tls?.certificateNames ?? [];
    if (places.length === 0) return this.#ask({ certificate });
    return this.#ask({ certifiedName: certificateName(certificate, places) ?? "" });
  }

  /**
   * The NT hash of somebody's password, for MS-CHAPv2: of nobody there is none. What comes of the check is told to the directory
   * as an attempt like any other, so that locks, the audit trail and second factors are the same.
   */
  async ntHash({ username }: EapAttempt): Promise<NtHashCheck<Person>> {
    const { directory } = this.#context.options;
    const { signal } = this.request;
    const named = await directory.users.byUsername(username, { signal });
    const user =
      named ?? (username.includes("@") ? await directory.users.byEmail(username, { signal }) : undefined);
    const hash = user === undefined ? undefined : await directory.credentials.ntHash(user.id, { signal });
    return {
      hash,
      accept: () => this.#ask({ username, ntHash: hash ?? nothing }),
      reject: async () => {
        await this.#ask({ username, ntHash: nothing });
      },
    };
  }

  async #ask(attempt: Omit<AuthenticationAttempt, "protocol">): Promise<EapVerdict<Person>> {
    return this.#verdict(await authenticate(this.request, this.#network, attempt, this.#context));
  }

  async #verdict(result: AuthenticationResult): Promise<EapVerdict<Person>> {
    if (result.outcome === "denied") return { type: "denied" };
    if (result.outcome === "challenge") {
      const { state } = result.challenge;
      return { type: "code-needed", prompt: codePrompt, answer: (code) => this.#ask({ state, code }) };
    }
    // Before the device is told inside the tunnel that it is in.
    const answer = await admit(this.request, this.#network, result, this.#context, false);
    return answer.code === PacketCode.accessAccept
      ? { type: "accepted", subject: result }
      : { type: "denied" };
  }
}
