import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { DirectoryError } from "@directorykit/core";
import type { Dictionary } from "../codec/dictionary/dictionary.ts";
import { PacketFramer } from "../codec/packet-framer.ts";
import {
  radius10,
  radius11,
  readRadius11,
  type TranslatedRequest,
  writeRadius11,
} from "../codec/radius-1-1.ts";
import { isRadiusDecodeError } from "../codec/radius-decode-error.ts";
import type { DiscardReason } from "../handlers/authenticity.ts";
import type { RadiusLimits, RadsecOptions } from "../options.ts";
import { type Peer, type RequestDesk, tlsSecret } from "./request-desk.ts";

/** What a port works with. */
export interface RadsecContext {
  readonly options: RadsecOptions;
  readonly limits: RadiusLimits;
  readonly desk: RequestDesk;
  /** The attributes of which some are hidden before RADIUS/1.1. */
  readonly dictionary: Dictionary;
  /** Tells of a limit that was hit. */
  count(limit: keyof RadiusLimits): void;
  /** Tells of what went wrong with the port itself. */
  log(error: Error): void;
}

/**
 * What is dropped without more: the stream is in order, and proxies bring the requests of many people by one of them, which
 * must not all wait because of what one device leaves out.
 */
const bearable: ReadonlySet<DiscardReason> = new Set<DiscardReason>([
  "no-message-authenticator",
  "eap-without-message-authenticator",
]);

/** A port that requests come to over TLS (RFC 6614), from clients that show a certificate. */
export class RadsecPort {
  readonly #server: Server;
  readonly #context: RadsecContext;
  /** Connections, from before their handshake on: those that never begin one count as well. */
  readonly #open = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();
  #lastPort = 65_535;

  private constructor(context: RadsecContext) {
    this.#context = context;
    const { key, cert, passphrase, clientAuthorities, revocationLists, ciphers } = context.options;
    const mutable = (value: string | readonly string[]): string | string[] =>
      typeof value === "string" ? value : [...value];
    const pem = (value: string | Uint8Array): string | Buffer =>
      typeof value === "string" ? value : Buffer.from(value);
    this.#server = createServer({
      key: pem(key),
      cert: pem(cert),
      ca: mutable(clientAuthorities),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      // Of those that the client names too, the first; a client that names none speaks RADIUS as it was before.
      ALPNProtocols: [radius11, radius10],
      handshakeTimeout: context.limits.messageTimeoutMs,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(revocationLists === undefined ? {} : { crl: mutable(revocationLists) }),
      ...(ciphers === undefined ? {} : { ciphers }),
    });
    this.#server.on("connection", (socket) => this.#admit(socket));
    this.#server.on("secureConnection", (socket) => this.#accept(socket));
    this.#server.on("tlsClientError", (_, socket) => socket.destroy());
  }

  /** Listens. @throws DirectoryError `misconfigured` for a port or certificate that cannot be used */
  static async open(
    where: { readonly host: string; readonly port: number },
    context: RadsecContext,
  ): Promise<RadsecPort> {
    let opened: RadsecPort;
    try {
      opened = new RadsecPort(context);
    } catch (cause) {
      throw new DirectoryError("misconfigured", "the certificate for RADIUS over TLS cannot be used", {
        cause,
      });
    }
    const server = opened.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "is in use" : "cannot be listened on";
        const message = `RADIUS over TLS: port ${where.port} on ${where.host} ${why}`;
        reject(new DirectoryError("misconfigured", message, { cause, details: { port: where.port } }));
      });
      server.listen({ ...where }, resolve);
    });
    server.removeAllListeners("error");
    server.on("error", (error) => context.log(error));
    return opened;
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Closes it and every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const limit = this.#limitOf(address);
    if (limit !== undefined) {
      this.#context.count(limit);
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.on("close", () => {
      this.#open.delete(socket);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
  }

  #limitOf(address: string): keyof RadiusLimits | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#context.limits;
    if (this.#open.size >= maxConnections) return "maxConnections";
    return (this.#perAddress.get(address) ?? 0) >= maxConnectionsPerAddress
      ? "maxConnectionsPerAddress"
      : undefined;
  }

  #accept(socket: TLSSocket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    const certificate = socket.getPeerX509Certificate();
    socket.on("error", () => socket.destroy());
    // Without an address the peer has left already; without a certificate nobody vouches for it.
    if (address === undefined || port === undefined || certificate === undefined || !socket.authorized) {
      socket.destroy();
      return;
    }
    const peer: Peer = { address, port, certificate, send: (octets) => this.#send(socket, octets) };
    this.#context.desk.mayAsk(peer).then(
      (may) => {
        if (may) this.#read(socket, peer);
        else socket.destroy();
      },
      () => socket.destroy(),
    );
  }

  #read(socket: TLSSocket, peer: Peer): void {
    const { desk, limits } = this.#context;
    const framer = new PacketFramer();
    const isRadius11 = socket.alpnProtocol === radius11;
    socket.setTimeout(limits.idleTimeoutMs, () => socket.destroy());
    let late: NodeJS.Timeout | undefined;
    socket.on("close", () => clearTimeout(late));
    socket.on("data", (chunk: Buffer) => {
      let packets: Uint8Array[];
      try {
        packets = framer.push(chunk);
      } catch (error) {
        if (!isRadiusDecodeError(error)) this.#context.log(error as Error);
        socket.destroy();
        return;
      }
      for (const octets of packets) {
        const reason = isRadius11 ? this.#take11(octets, socket, peer) : desk.take(octets, peer, "any");
        // On a stream nothing but its end tells a peer that it is not understood (RFC 6613 §2.6.4).
        if (reason !== undefined && !bearable.has(reason)) return void socket.destroy();
      }
      // The time of a packet runs from its first octet: each more does not begin it anew.
      if (packets.length > 0) {
        clearTimeout(late);
        late = undefined;
      }
      if (framer.hasPartialPacket) late ??= setTimeout(() => socket.destroy(), limits.messageTimeoutMs);
    });
  }

  /** A packet of RADIUS/1.1 goes to the desk as one of RADIUS would, and its answer back as one of RADIUS/1.1. */
  #take11(octets: Uint8Array, socket: TLSSocket, peer: Peer): DiscardReason | undefined {
    const { desk, dictionary } = this.#context;
    let request: TranslatedRequest;
    try {
      request = readRadius11(octets, tlsSecret);
    } catch (error) {
      if (!isRadiusDecodeError(error)) throw error;
      return "malformed";
    }
    const send = (answer: Uint8Array): void =>
      this.#send(socket, writeRadius11(answer, request, tlsSecret, dictionary));
    // Tokens are not identifiers: each request has a port of its own, of numbers that no port has.
    this.#lastPort += 1;
    return desk.take(request.octets, { ...peer, port: this.#lastPort, send }, "any");
  }

  #send(socket: TLSSocket, octets: Uint8Array): void {
    if (socket.destroyed) return;
    socket.write(octets);
    if (socket.writableLength <= this.#context.limits.maxUnreadBytes) return;
    this.#context.count("maxUnreadBytes");
    socket.destroy();
  }
}
