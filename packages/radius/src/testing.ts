import { randomBytes } from "node:crypto";
import { AttributeType } from "./codec/attribute-type.ts";
import { hidePassword } from "./codec/hidden-value.ts";
import { decodePacket, type RadiusPacket, type RawAttribute } from "./codec/packet.ts";
import { PacketCode } from "./codec/packet-code.ts";
import { SharedSecret } from "./codec/shared-secret.ts";
import {
  encodeRequest,
  hasValidMessageAuthenticator,
  hasValidResponseAuthenticator,
} from "./codec/signature.ts";
import type { RadiusServer } from "./server/radius-server.ts";

/** Options of {@link radiusTestClient}. */
export interface RadiusTestClientOptions {
  /** What it knows. */
  readonly secret: string;
  /** Address that the server takes for the client's. Default `127.0.0.1`. */
  readonly address?: string;
  /** Port that it takes for the client's. Default 50,000. */
  readonly port?: number;
}

/** An answer whose signature was checked. */
export interface RadiusTestAnswer {
  /** Access-Accept 2, Access-Reject 3, Accounting-Response 5, Access-Challenge 11. */
  readonly code: number;
  /** Its attributes. */
  readonly attributes: readonly RawAttribute[];
}

/** A request of a test. */
export interface RadiusTestRequest {
  /** `User-Name`. */
  readonly username?: string;
  /** `User-Password`. */
  readonly password?: string | Uint8Array;
  /** Further attributes. */
  readonly attributes?: readonly RawAttribute[];
}

/** A client of a server in the same process, without a socket: for tests of what a network lets in. */
export class RadiusTestClient {
  readonly #server: RadiusServer;
  readonly #secret: SharedSecret;
  readonly #address: string;
  readonly #port: number;
  #identifier = 0;

  constructor(server: RadiusServer, options: RadiusTestClientOptions) {
    this.#server = server;
    this.#secret = new SharedSecret(options.secret);
    this.#address = options.address ?? "127.0.0.1";
    this.#port = options.port ?? 50_000;
  }

  /** Asks whether somebody may come in. @throws Error for an answer that is not signed as it must be */
  access({ username, password, attributes = [] }: RadiusTestRequest): Promise<RadiusTestAnswer> {
    const authenticator = randomBytes(16);
    const own: RawAttribute[] = [];
    if (username !== undefined) own.push({ type: AttributeType.userName, value: Buffer.from(username) });
    if (password !== undefined) {
      const value = hidePassword(Buffer.from(password), authenticator, this.#secret);
      own.push({ type: AttributeType.userPassword, value });
    }
    return this.#ask(PacketCode.accessRequest, [...own, ...attributes], authenticator);
  }

  /** Sends an accounting record. */
  accounting(attributes: readonly RawAttribute[]): Promise<RadiusTestAnswer> {
    return this.#ask(PacketCode.accountingRequest, attributes);
  }

  /** Sends octets as they are. @returns each answer as it comes, in a list that grows */
  async send(
    octets: Uint8Array,
    role: "authentication" | "accounting" = "authentication",
  ): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    const send = (answer: Uint8Array): void => void answers.push(answer);
    await this.#server.take(octets, { address: this.#address, port: this.#port, send }, role);
    return answers;
  }

  async #ask(
    code: number,
    attributes: readonly RawAttribute[],
    authenticator?: Uint8Array,
  ): Promise<RadiusTestAnswer> {
    const identifier = this.#identifier++ & 255;
    const request = encodeRequest({ code, identifier, attributes }, this.#secret, authenticator);
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const role = code === PacketCode.accountingRequest ? "accounting" : "authentication";
    await this.#server.take(request, { address: this.#address, port: this.#port, send: resolve }, role);
    return this.#check(decodePacket(await promise), request);
  }

  #check(answer: RadiusPacket, request: Uint8Array): RadiusTestAnswer {
    const authenticator = request.subarray(4, 20);
    const isSigned =
      answer.identifier === request[1] &&
      hasValidResponseAuthenticator(answer, authenticator, this.#secret) &&
      (answer.code === PacketCode.accountingResponse ||
        (answer.attributes[0]?.type === AttributeType.messageAuthenticator &&
          hasValidMessageAuthenticator(answer, this.#secret, authenticator) === true));
    if (!isSigned) throw new Error("the answer is not signed as it must be");
    const { code, attributes } = answer;
    return { code, attributes: attributes.filter(({ type }) => type !== AttributeType.messageAuthenticator) };
  }
}

/** Makes a client of a server in the same process. */
export function radiusTestClient(server: RadiusServer, options: RadiusTestClientOptions): RadiusTestClient {
  return new RadiusTestClient(server, options);
}
