import { AsyncLocalStorage } from "node:async_hooks";
import { constants, type X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { TlsTunnel, TlsTunnels, TunnelProgress } from "../handlers/eap/tls-tunnel.ts";
import type { RadiusTlsOptions } from "../options.ts";

const nothing = new Uint8Array(0);

/** TLS connections over octets that someone else carries. Opens no socket. */
export class NodeTlsTunnels implements TlsTunnels {
  readonly #plain: TlsEngine;
  /** Apart, because OpenSSL sends authorities it knows along with the server's certificate. */
  readonly #certifying: TlsEngine | undefined;

  /** @throws Error of OpenSSL for keys and certificates that are none or do not belong together */
  constructor(options: RadiusTlsOptions) {
    this.#plain = new TlsEngine(contextOptions(options), false);
    if (options.clientAuthorities !== undefined)
      this.#certifying = new TlsEngine(
        {
          ...contextOptions(options),
          ca: mutable(options.clientAuthorities),
          ...(options.revocationLists === undefined ? {} : { crl: mutable(options.revocationLists) }),
        },
        true,
      );
  }

  /** @throws TypeError when a client certificate is asked for and no authority is trusted for them */
  open(clientCertificate: boolean): TlsTunnel {
    const engine = clientCertificate ? this.#certifying : this.#plain;
    if (engine === undefined) throw new TypeError("EAP-TLS needs the authorities of client certificates");
    return engine.open();
  }
}

function contextOptions(options: RadiusTlsOptions): SecureContextOptions {
  const { key, cert, passphrase, ciphers, maxVersion = "TLSv1.2" } = options;
  return {
    key: pem(key),
    cert: pem(cert),
    minVersion: "TLSv1.2",
    maxVersion,
    // A ticket would be a way back in without a login.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

const pem = (value: string | Uint8Array): string | Buffer =>
  typeof value === "string" ? value : Buffer.from(value);
const mutable = (value: string | readonly string[]): string | string[] =>
  typeof value === "string" ? value : [...value];

/**
 * Whose octets are worked on: TLS reports what becomes of a connection without naming it. OpenSSL's objects hold on to
 * this, so it lets go of the tunnel when that closes.
 */
const current = new AsyncLocalStorage<{ tunnel: NodeTlsTunnel | undefined }>();

/**
 * A TLS server that never listens: connections are handed to it. Only a server looks at client certificates as it is
 * documented to. Should it ever report on a connection nobody can tell, that one is dropped and never counts as open.
 */
class TlsEngine {
  readonly #server: Server;

  constructor(options: SecureContextOptions, requestCert: boolean) {
    // An untrusted certificate is refused where it is asked for: a refusal in here would end in silence.
    this.#server = createServer({ ...options, requestCert, rejectUnauthorized: false });
    this.#server.on("secureConnection", (socket) => {
      socket.on("error", () => {});
      const tunnel = current.getStore()?.tunnel;
      if (tunnel === undefined) socket.destroy();
      else tunnel.established(socket);
    });
    this.#server.on("tlsClientError", (error, socket) => {
      current.getStore()?.tunnel?.failed(error);
      socket.destroy();
    });
  }

  open(): NodeTlsTunnel {
    const tunnel = new NodeTlsTunnel();
    current.run(tunnel.context, () => this.#server.emit("connection", tunnel.carrier));
    return tunnel;
  }
}

interface Exporter {
  exportKeyingMaterial(length: number, label: string, context?: Buffer): Buffer;
}

class NodeTlsTunnel implements TlsTunnel {
  /** What OpenSSL takes for its connection. */
  readonly carrier: Duplex;
  /** By what events find it. */
  readonly context: { tunnel: NodeTlsTunnel | undefined } = { tunnel: this };
  readonly #outgoing: Uint8Array[] = [];
  readonly #plaintext: Uint8Array[] = [];
  #isUnsettled = true;
  #socket: TLSSocket | undefined;
  #reason: string | undefined;

  constructor() {
    this.carrier = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#isUnsettled = true;
        this.#outgoing.push(chunk);
        done();
      },
    });
    this.carrier.on("error", (error) => this.failed(error));
  }

  get version(): TlsTunnel["version"] {
    const protocol = this.#socket?.getProtocol();
    return protocol === "TLSv1.2" || protocol === "TLSv1.3" ? protocol : undefined;
  }

  get peerCertificate(): Uint8Array | undefined {
    if (this.#socket?.authorized !== true) return undefined;
    const certificate = this.#socket.getPeerX509Certificate();
    return certificate === undefined || !isForClients(certificate) ? undefined : certificate.raw;
  }

  async receive(octets: Uint8Array): Promise<TunnelProgress> {
    await this.#settle();
    if (!this.#isOver) current.run(this.context, () => this.carrier.push(octets));
    // What is wrong with octets may show a turn later.
    this.#isUnsettled = true;
    await this.#settle();
    return this.#progress();
  }

  async send(plaintext: Uint8Array): Promise<Uint8Array> {
    await this.#settle();
    if (!this.#isOver) this.#socket?.write(plaintext);
    await this.#settle();
    return taken(this.#outgoing);
  }

  exportKeyingMaterial(octets: number, label: string, context?: Uint8Array): Uint8Array {
    // Node's types want a context. Without one there is none, which TLS 1.2 tells from an empty one.
    const socket: Exporter | undefined = this.#socket;
    if (socket === undefined || this.#isOver) throw new Error("a tunnel that is not open has no keys");
    return context === undefined
      ? socket.exportKeyingMaterial(octets, label)
      : socket.exportKeyingMaterial(octets, label, Buffer.from(context));
  }

  close(): void {
    this.#reason ??= "closed";
    this.context.tunnel = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
    this.carrier.destroy();
    this.#outgoing.length = 0;
    taken(this.#plaintext).fill(0);
  }

  /** The handshake is done. */
  established(socket: TLSSocket): void {
    socket.on("error", (error) => this.failed(error));
    socket.on("data", (chunk: Buffer) => this.#plaintext.push(chunk));
    socket.on("end", () => this.failed(new Error("closed by the peer")));
    if (socket.isSessionReused()) {
      this.#reason ??= "resumed-session";
      socket.destroy();
      return;
    }
    this.#socket = socket;
  }

  /** Something is wrong with it. */
  failed(error: Error & { code?: unknown }): void {
    this.#reason ??= typeof error.code === "string" ? error.code : "tls-failed";
  }

  get #isOver(): boolean {
    return this.#reason !== undefined || this.carrier.destroyed;
  }

  #progress(): TunnelProgress {
    const octets = taken(this.#outgoing);
    const plaintext = taken(this.#plaintext);
    if (!this.#isOver) return { state: this.#socket === undefined ? "handshake" : "open", octets, plaintext };
    plaintext.fill(0);
    return { state: "failed", octets, plaintext: nothing, reason: this.#reason ?? "tls-failed" };
  }

  /**
   * Waits until OpenSSL has written all it has to write. Node tells it that a write is done one turn of the event loop
   * after the stream took it, and it holds back what follows till then.
   */
  async #settle(): Promise<void> {
    while (this.#isUnsettled) {
      this.#isUnsettled = false;
      await nextTurn();
      await nextTurn();
    }
  }
}

/** A certificate that tells what it is for must be for clients (RFC 5216 §5.3). */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.some((oid) => oid === clientAuth || oid === anyUsage);
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

/** Empties a list of pieces into one, and overwrites the pieces. */
function taken(pieces: Uint8Array[]): Uint8Array {
  if (pieces.length === 0) return nothing;
  const whole = Buffer.concat(pieces);
  for (const piece of pieces) piece.fill(0);
  pieces.length = 0;
  return whole;
}
