import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  type DecodedAttribute,
  decodeAttributes,
  decodePacket,
  encodeResponse,
  type RawAttribute,
  SharedSecret,
  standardDictionary,
} from "../src/index.ts";

/** Known to both ends. */
const secretText = "not-in-any-manual-8fT2";
const secret = new SharedSecret(secretText);

/** What hides the values of an answer. */
export interface AnswerContext {
  readonly requestAuthenticator: Uint8Array;
  readonly secret: SharedSecret;
}

/** What became of a request that radclient sent. */
export interface Exchange {
  /** The attributes of its request, as they are read here. */
  readonly request: readonly DecodedAttribute[];
  /** Those of the answer, as radclient prints them: `Name = value`, with a tag behind the name. */
  readonly answer: readonly string[];
}

/**
 * Has radclient send an Access-Request, which is accepted.
 *
 * @param lines - the attributes of the request, as radclient has them written
 * @param answer - gives the attributes of the Access-Accept
 * @throws Error with what radclient printed, when it does not take the answer for right
 */
export async function exchange(
  radclient: string,
  lines: readonly string[],
  answer: (context: AnswerContext) => readonly RawAttribute[],
): Promise<Exchange> {
  const socket = createSocket("udp4");
  let request: readonly DecodedAttribute[] = [];
  socket.on("message", (octets, from) => {
    const { identifier, authenticator, attributes } = decodePacket(octets);
    const context = { requestAuthenticator: authenticator, secret };
    request = decodeAttributes(attributes, standardDictionary, context);
    const accept = { code: 2, identifier, attributes: answer(context) };
    socket.send(encodeResponse(accept, authenticator, secret), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  try {
    const printed = await run(radclient, socket.address().port, lines);
    const [, received = ""] = printed.split(/^Received Access-Accept .*$/m);
    return {
      request,
      answer: received
        .split("\n")
        .filter((line) => line.startsWith("\t"))
        .map((line) => line.trim()),
    };
  } finally {
    socket.close();
  }
}

/** Runs radclient to its end. @returns what it printed */
async function run(radclient: string, port: number, lines: readonly string[]): Promise<string> {
  const child = spawn(radclient, ["-x", "-r", "1", "-t", "10", `127.0.0.1:${port}`, "auth", secretText], {
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", TZ: "UTC" },
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stdin.end(lines.join("\n"));
  const [status] = (await once(child, "close")) as [number | null];
  const text = Buffer.concat(printed).toString("utf8");
  if (status !== 0) throw new Error(`radclient ended with ${status}:\n${text}`);
  return text;
}
