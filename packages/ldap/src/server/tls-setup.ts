import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { DirectoryError } from "@directorykit/core";
import type { LdapTlsOptions } from "../options.ts";

const asked: readonly LdapTlsOptions["clientCertificates"][] = [undefined, "request", "require"];

/** How connections change to TLS: the server's certificate, and what it asks clients for. */
export class TlsSetup {
  /** Never listens: connections are put into it, since it alone sees whether a client's certificate is in order. */
  readonly #server: Server;
  readonly #waiting = new Map<string, (socket: TLSSocket) => void>();
  readonly #asksClients: boolean;
  readonly #hasAuthorities: boolean;

  /**
   * @throws DirectoryError `misconfigured` when the certificate or key cannot be used, or clients are asked for the
   * impossible
   */
  constructor({ clientCertificates, ...tls }: LdapTlsOptions) {
    if (!asked.includes(clientCertificates))
      throw new DirectoryError("misconfigured", "tls.clientCertificates must be request or require");
    if (clientCertificates === "require" && tls.ca === undefined)
      throw new DirectoryError("misconfigured", "to require client certificates, tls.ca must say whose");
    this.#asksClients = clientCertificates !== undefined;
    this.#hasAuthorities = tls.ca !== undefined;
    try {
      this.#server = createServer({
        minVersion: "TLSv1.2",
        ...tls,
        requestCert: this.#asksClients,
        rejectUnauthorized: clientCertificates === "require",
      });
    } catch (cause) {
      throw new DirectoryError("misconfigured", "the TLS certificate or key cannot be used", { cause });
    }
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
  }

  /** Changes a connection to TLS, as the server. A handshake that fails closes it. */
  upgrade(plain: Socket, secured: (socket: TLSSocket) => void): void {
    const key = endpoints(plain);
    this.#waiting.set(key, secured);
    plain.once("close", () => this.#waiting.delete(key));
    this.#server.emit("connection", plain);
  }

  /** The peer's certificate, DER, which may be out of its time; `undefined` when there is none, or none to be trusted. */
  certificateOf(socket: TLSSocket): Uint8Array | undefined {
    const certificate = this.#asksClients ? socket.getPeerX509Certificate() : undefined;
    // Without authorities of our own a certificate is known by being one that was registered, not by who issued it.
    return socket.authorized || !this.#hasAuthorities ? certificate?.raw : undefined;
  }

  #secured(socket: TLSSocket): void {
    const key = endpoints(socket);
    const secured = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (secured === undefined) socket.destroy();
    else secured(socket);
  }
}

/** What tells one open connection from every other. */
function endpoints({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(" ");
}
