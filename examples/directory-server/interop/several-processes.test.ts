import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createDirectory, keyRing } from "@directorykit/core";
import { ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";

const baseDn = "dc=example,dc=com";
const password = "analytical engine 1843";
const key = randomBytes(32);
const keys = keyRing({ current: { id: "test", key } });
/** OID of a Notice of Disconnection (RFC 4511 §4.4.1). */
const notice = "1.3.6.1.4.1.1466.20036";
/** What it may take on other processes, by default. */
const acrossProcessesMs = 2000;

let folder: string;
let path: string;
const children: Child[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "several-processes-"));
  path = join(folder, "directory.db");
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.stop();
  rmSync(folder, { recursive: true });
});

/** A server in a process of its own. */
class Child {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly port: Promise<number>;

  constructor(port: number) {
    const script = fileURLToPath(new URL("./one-of-several.ts", import.meta.url));
    const options = ["--conditions=@directorykit/source", script, path, String(port), key.toString("hex")];
    this.#process = spawn(process.execPath, options, { stdio: ["pipe", "pipe", "inherit"] });
    this.port = this.#answer().then(Number);
    children.push(this);
  }

  async tell(command: string): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    return this.#answer();
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, "exit");
    this.#process.stdin.end();
    await exit;
  }

  async #answer(): Promise<string> {
    const [line] = await once(this.#process.stdout, "data");
    return String(line).trim();
  }
}

/** An element in BER, shorter than 128 octets. */
function element(tag: number, ...content: readonly (Buffer | string)[]): Buffer {
  const octets = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.of(tag, octets.length), octets]);
}

interface Peer {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  received: string;
}

/** A connection on which somebody is bound. */
async function bound(port: number, username: string): Promise<Peer> {
  const socket = connect(port, "127.0.0.1");
  const peer: Peer = { socket, closed: once(socket, "close"), received: "" };
  socket.on("data", (chunk) => {
    peer.received += chunk.toString("latin1");
  });
  const version = element(0x02, Buffer.of(3));
  const name = element(0x04, `uid=${username},ou=Users,${baseDn}`);
  socket.write(
    element(0x30, element(0x02, Buffer.of(1)), element(0x60, version, name, element(0x80, password))),
  );
  await once(socket, "data");
  // BindResponse with the result success.
  expect(Buffer.from(peer.received, "latin1").subarray(5, 10)).toEqual(
    Buffer.of(0x61, 0x07, 0x0a, 0x01, 0x00),
  );
  return peer;
}

async function makeDirectory(): Promise<void> {
  const store = sqliteStore({ path });
  await using directory = await createDirectory({ store, keys });
  await directory.import({
    version: 1,
    organization: { name: "Example", baseDn },
    users: ["ada", "grace"].map((username) => ({ username, password })),
    groups: [{ name: "staff", members: ["ada", "grace"] }],
    resources: [{ kind: "ldap", name: "ldap" }],
    grants: [{ group: "staff", resource: "ldap" }],
  });
}

test.skipIf(process.platform !== "linux")(
  "two processes share a port and a database, and what one takes away ends connections of the other",
  async () => {
    await makeDirectory();
    const first = new Child(0);
    const port = await first.port;
    const second = new Child(port);
    expect(await second.port).toBe(port);
    const adas: Peer[] = [];
    // The system decides who gets a connection; sooner or later each has some.
    const counts = async (): Promise<readonly number[]> =>
      [await first.tell("connections"), await second.tell("connections")].map(Number);
    while (adas.length < 8 || (await counts()).some((count) => count < 2))
      adas.push(await bound(port, "ada"));
    const graces = [await bound(port, "grace"), await bound(port, "grace")];
    const started = performance.now();
    await first.tell("suspend ada");
    await Promise.all(adas.map(({ closed }) => closed));
    expect(performance.now() - started).toBeLessThan(acrossProcessesMs);
    for (const { received } of adas) expect(received).toContain(notice);
    for (const { socket, received } of graces) {
      expect(socket.destroyed).toBe(false);
      expect(received).not.toContain(notice);
    }
    // The servers learn of the other side's end a moment later.
    const open = async (): Promise<number> => (await counts()).reduce((sum, count) => sum + count, 0);
    while ((await open()) > graces.length);
    for (const { socket } of graces) socket.destroy();
  },
);

test.skipIf(process.platform !== "linux")(
  "a port is shared only with those who want to share it",
  async () => {
    await makeDirectory();
    const selfish = createServer().listen({ port: 0, host: "127.0.0.1" });
    await once(selfish, "listening");
    const { port } = selfish.address() as { port: number };
    await using directory = await createDirectory({ store: sqliteStore({ path }), keys });
    await using server = ldapServer({ directory });
    await expect(server.listen({ port, reusePort: true })).rejects.toMatchObject({ code: "misconfigured" });
    selfish.close();
  },
);
