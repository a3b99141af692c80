import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { DirectoryError } from "@directorykit/core";
import type { PortRole, RequestDesk } from "./request-desk.ts";

/** Octets that the system keeps of packets that nobody has read yet. It may allow less. */
const receiveBufferOctets = 4 * 1024 * 1024;

/** One UDP port that requests come to. */
export class UdpPort {
  readonly #socket: Socket;
  readonly #log: (error: Error) => void;
  /** Packets that are not on their way yet. */
  #sending = 0;
  #sent: PromiseWithResolvers<void> | undefined;

  private constructor(socket: Socket, log: (error: Error) => void) {
    this.#socket = socket;
    this.#log = log;
  }

  /** Listens. @throws DirectoryError `misconfigured` when the port is taken or not allowed */
  static async open(
    where: { readonly host: string; readonly port: number },
    role: PortRole,
    desk: Pick<RequestDesk, "take">,
    log: (error: Error) => void,
  ): Promise<UdpPort> {
    const { host, port } = where;
    const socket = createSocket({
      type: isIPv6(host) ? "udp6" : "udp4",
      recvBufferSize: receiveBufferOctets,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "is in use" : "cannot be listened on";
        reject(
          new DirectoryError("misconfigured", `RADIUS port ${port} on ${host} ${why}`, {
            cause,
            details: { port },
          }),
        );
      });
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    socket.on("error", log);
    const opened = new UdpPort(socket, log);
    socket.on("message", (octets, { address, port }) => {
      const send = (answer: Uint8Array): void => opened.#send(answer, address, port);
      desk.take(octets, { address, port, send }, role);
    });
    return opened;
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** Closes it, once the answers that it was given are on their way: a socket that is closed forgets them. */
  async close(): Promise<void> {
    if (this.#sending > 0) {
      this.#sent ??= Promise.withResolvers();
      await this.#sent.promise;
    }
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  /** Never throws: an answer is given in timers too, where an error would end the process. */
  #send(octets: Uint8Array, address: string, port: number): void {
    this.#sending += 1;
    try {
      this.#socket.send(octets, port, address, () => this.#oneSent());
    } catch (error) {
      // What a socket cannot even try, it throws at once, and does not call back.
      this.#oneSent();
      this.#log(error as Error);
    }
  }

  #oneSent(): void {
    this.#sending -= 1;
    if (this.#sending === 0) this.#sent?.resolve();
  }
}
