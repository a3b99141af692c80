import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DecodedAttribute,
  decodeAttributes,
  decodePacket,
  encodeRequest,
  hasValidResponseAuthenticator,
  PacketCode,
  type RadiusPacket,
  type RawAttribute,
  SharedSecret,
  standardDictionary,
} from "../src/index.ts";

/** Known to both ends. */
const secretText = "not-in-any-manual-8fT2";
const secret = new SharedSecret(secretText);

/** A FreeRADIUS that lets everybody in. */
export interface FreeRadius extends AsyncDisposable {
  /**
   * Asks it for access.
   * @returns the attributes of its Access-Accept, as they are read here
   */
  ask(attributes: readonly RawAttribute[]): Promise<readonly DecodedAttribute[]>;
}

/**
 * Starts FreeRADIUS with Debian's dictionaries.
 * @param reply - what it puts into each Access-Accept, as its configuration has that written
 */
export async function startFreeRadius(program: string, reply: readonly string[]): Promise<FreeRadius> {
  const folder = await mkdtemp(join(tmpdir(), "directorykit-freeradius-"));
  const port = await freePort();
  await writeFile(join(folder, "radiusd.conf"), configuration(folder, port, reply));
  const child = spawn(program, ["-X", "-d", folder], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  };
  const printed: string[] = [];
  const ready = Promise.withResolvers<void>();
  child.on("close", () =>
    ready.reject(new Error(`FreeRADIUS did not start:\n${printed.join("").slice(-4_000)}`)),
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed.push(text);
      if (printed.join("").includes("Ready to process requests")) ready.resolve();
    });
  }
  await ready.promise;
  return { ask: (attributes) => ask(port, attributes), [Symbol.asyncDispose]: stop };
}

function configuration(folder: string, port: number, reply: readonly string[]): string {
  return `
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
security {
  allow_vulnerable_openssl = yes
}
client here {
  ipaddr = 127.0.0.1
  secret = ${secretText}
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    update control {
      Auth-Type := Accept
    }
    update reply {
      ${reply.join("\n      ")}
    }
  }
}
`;
}

async function ask(port: number, attributes: readonly RawAttribute[]): Promise<readonly DecodedAttribute[]> {
  const octets = encodeRequest({ code: PacketCode.accessRequest, identifier: 7, attributes }, secret);
  const { authenticator } = decodePacket(octets);
  const answer = await answerTo(port, octets);
  if (
    answer.code !== PacketCode.accessAccept ||
    !hasValidResponseAuthenticator(answer, authenticator, secret)
  )
    throw new Error(`FreeRADIUS answered with code ${answer.code}`);
  return decodeAttributes(answer.attributes, standardDictionary, {
    requestAuthenticator: authenticator,
    secret,
  });
}

async function answerTo(port: number, request: Uint8Array): Promise<RadiusPacket> {
  const socket = createSocket("udp4");
  try {
    socket.send(request, port, "127.0.0.1");
    const [octets] = (await once(socket, "message", { signal: AbortSignal.timeout(20_000) })) as [Buffer];
    return decodePacket(octets);
  } finally {
    socket.close();
  }
}

export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
