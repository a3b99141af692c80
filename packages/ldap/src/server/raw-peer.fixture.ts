import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { decodeMessage, LdapFramer, type LdapMessage } from "../codec/index.ts";

/** A peer on a real socket that sends what it likes. */
export interface RawPeer {
  readonly socket: Socket;
  /** Messages that came so far. */
  readonly messages: readonly LdapMessage[];
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  /** Resolves with the message once it is there; `undefined` when the connection ended without it. */
  message(index: number): Promise<LdapMessage | undefined>;
}

/** Connects to a port of the test's server. */
export async function rawPeer(port: number): Promise<RawPeer> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return peerOn(socket);
}

/** The same on a socket that is connected already. */
export function peerOn(socket: Socket): RawPeer {
  const framer = new LdapFramer({ maxFrameBytes: 64 * 1024 * 1024 });
  const messages: LdapMessage[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  let isClosed = false;
  socket.on("data", (chunk: Buffer) => {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== undefined; frame = framer.next())
      messages.push(decodeMessage(frame));
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      resolve();
      wake();
    });
  });
  return {
    socket,
    messages,
    closed,
    message: (index) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = messages[index];
          if (found === undefined && !isClosed) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
