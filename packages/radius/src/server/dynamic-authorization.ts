import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { decodePacket, type RadiusPacket, type RawAttribute } from "../codec/packet.ts";
import type { PacketCode } from "../codec/packet-code.ts";
import type { SharedSecret } from "../codec/shared-secret.ts";
import {
  encodeRequest,
  hasValidMessageAuthenticator,
  hasValidResponseAuthenticator,
} from "../codec/signature.ts";

/** Milliseconds between one try and the next: RFC 5080 §2.2.1 has clients wait longer each time. */
const triesMs: readonly number[] = [1_000, 2_000, 4_000];

/** What an access server said to a Disconnect- or CoA-Request. */
export interface DynamicAuthorizationResult {
  /**
   * `acknowledged`: it is done. `over`: the access server knows no such session. `refused`: it will not, or cannot.
   * `unanswered`: it said nothing in seven seconds. `unsupported`: it takes no such requests, or is no client any more.
   */
  readonly outcome: "acknowledged" | "over" | "refused" | "unanswered" | "unsupported";
  /** Why not, as a value of Error-Cause (RFC 5176 §3.5). */
  readonly errorCause?: number;
}

/** Where a request to an access server goes. */
export interface AccessServer {
  /** Its address. */
  readonly address: string;
  /** Port at which it takes Disconnect- and CoA-Requests; 3799 by RFC 5176 §2. */
  readonly port: number;
  /** What it knows: one of these, while one takes another's place. */
  readonly secrets: readonly SharedSecret[];
}

/** A request that may be answered. */
interface SentRequest {
  readonly octets: Uint8Array;
  readonly secret: SharedSecret;
}

/**
 * Asks an access server to end a session or to change what it allows (RFC 5176): three times, in seven seconds.
 *
 * @param attributes - Event-Timestamp and Message-Authenticator are not among them
 * @returns its answer, ACK or NAK; `undefined` when there was none
 */
export async function askAccessServer(
  code: typeof PacketCode.disconnectRequest | typeof PacketCode.coaRequest,
  attributes: readonly RawAttribute[],
  { address, port, secrets }: AccessServer,
  signal: AbortSignal,
): Promise<RadiusPacket | undefined> {
  // A port of its own and a connected socket: an answer from anybody else does not even get here.
  const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });
  try {
    await connect(socket, port, address);
    for (const [i, waitMs] of triesMs.entries()) {
      if (signal.aborted) return undefined;
      // The time in it makes each try another request; access servers refuse old ones (RFC 5176 §3.3).
      const all = [...attributes, eventTimestamp()];
      const sent = secrets.map((secret, j): SentRequest => {
        const identifier = i * secrets.length + j;
        return { octets: encodeRequest({ code, identifier, attributes: all }, secret), secret };
      });
      const answered = answerTo(sent, socket, waitMs, signal);
      // With the wrong secret it says nothing, so it is asked with all of them at once.
      for (const { octets } of sent) socket.send(octets, () => {});
      const answer = await answered;
      if (answer !== undefined) return answer;
    }
    return undefined;
  } catch {
    // There is no way there, which is the same as no answer: whoever asks may ask again.
    return undefined;
  } finally {
    socket.close();
  }
}

function connect(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(port, address, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function answerTo(
  sent: readonly SentRequest[],
  socket: Socket,
  waitMs: number,
  signal: AbortSignal,
): Promise<RadiusPacket | undefined> {
  const { promise, resolve } = Promise.withResolvers<RadiusPacket | undefined>();
  const received = (octets: Uint8Array): void => {
    const packet = readAnswer(octets, sent);
    if (packet !== undefined) resolve(packet);
  };
  const nothing = (): void => resolve(undefined);
  const timer = setTimeout(nothing, waitMs);
  socket.on("message", received);
  // A port nobody listens on is told of; the next try may find somebody.
  const ignore = (): void => {};
  socket.on("error", ignore);
  signal.addEventListener("abort", nothing, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off("message", received);
    socket.off("error", ignore);
    signal.removeEventListener("abort", nothing);
  });
}

function readAnswer(octets: Uint8Array, sent: readonly SentRequest[]): RadiusPacket | undefined {
  let packet: RadiusPacket;
  try {
    packet = decodePacket(octets);
  } catch {
    return undefined;
  }
  const request = sent.find((one) => one.octets[1] === packet.identifier);
  if (request === undefined) return undefined;
  const { secret } = request;
  const authenticator = request.octets.subarray(4, 20);
  if (!hasValidResponseAuthenticator(packet, authenticator, secret)) return undefined;
  return hasValidMessageAuthenticator(packet, secret, authenticator) === false ? undefined : packet;
}

function eventTimestamp(): RawAttribute {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, Math.floor(Date.now() / 1000));
  return { type: 55, value };
}
