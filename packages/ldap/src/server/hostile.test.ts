import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hostilePackets } from "../codec/hostile-packets.ts";
import { encodeMessage, parseFilter, type RequestOp } from "../codec/index.ts";
import { allowPlaintextBind } from "../options.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { baseDn, type Office, office, password, until, userDn } from "./office.fixture.ts";
import { type RawPeer, rawPeer } from "./raw-peer.fixture.ts";

vi.setConfig({ testTimeout: 20_000 });

const limits = {
  maxConnections: 600,
  maxConnectionsPerAddress: 500,
  messageTimeoutMs: 500,
  writeTimeoutMs: 500,
  idleTimeoutMs: 60_000,
};

let place: Office;
let port: number;
let tlsPort: number;
let memoryBefore: number;
beforeAll(async () => {
  place = await office(
    { limits, tls: selfSigned("localhost"), [allowPlaintextBind]: "loopback" },
    { authentication: { sourceThrottle: { failureBurst: 100_000 } } },
  );
  const people = Array.from({ length: 1500 }, (_, i) => ({
    username: `person-${i}`,
    name: { display: `P ${i} ${"x".repeat(150)}` },
  }));
  const users = await place.directory.users.createMany(people);
  await place.directory.groups.addMembers(
    place.group.staff.id,
    users.map(({ id }) => id),
  );
  ({ port } = await place.server.listen({ port: 0 }));
  ({ port: tlsPort } = await place.server.listen({ port: 0, tls: true }));
  memoryBefore = process.memoryUsage().rss;
});
afterAll(() => place[Symbol.asyncDispose]());

const message = (messageId: number, protocolOp: RequestOp): Uint8Array =>
  encodeMessage({ messageId, protocolOp });
const search = (baseObject: string, filter = "(objectClass=*)"): RequestOp => ({
  type: "searchRequest",
  baseObject,
  scope: baseObject === "" ? "baseObject" : "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter(filter),
  attributes: [],
});
const bindAda: RequestOp = {
  type: "bindRequest",
  version: 3,
  name: userDn("ada"),
  authentication: { type: "simple", password: Buffer.from(password) },
};

/** Asks for the root DSE over and over while something hostile goes on; each answer must come within a second. */
async function probed<T>(attack: () => Promise<T>): Promise<T> {
  const peer = await rawPeer(port);
  let isOver = false;
  let slowest = 0;
  const probing = (async () => {
    for (let id = 1; !isOver; id += 1) {
      const asked = performance.now();
      peer.socket.write(message(id, search("")));
      expect(await peer.message(id * 2 - 1)).toMatchObject({ messageId: id, protocolOp: { resultCode: 0 } });
      slowest = Math.max(slowest, performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  try {
    const result = await attack();
    isOver = true;
    await probing;
    expect(slowest).toBeLessThan(1000);
    return result;
  } finally {
    isOver = true;
    peer.socket.destroy();
  }
}

async function boundPeer(): Promise<RawPeer> {
  const peer = await rawPeer(port);
  peer.socket.write(message(1, bindAda));
  expect(await peer.message(0)).toMatchObject({ protocolOp: { resultCode: 0 } });
  return peer;
}

/** Opens many connections at once. */
async function flood(count: number, to = port): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port: to, host: "127.0.0.1" }));
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.resume();
  }
  await Promise.all(sockets.map((socket) => once(socket, "connect").catch(() => {})));
  return sockets;
}

const allClosed = (sockets: readonly Socket[]): Promise<void> =>
  until(() => sockets.every((socket) => socket.closed || socket.readableEnded), 10_000);

test("every hostile packet, before and after a bind, ends or is answered, and the server goes on", async () => {
  const packets = hostilePackets();
  await probed(async () => {
    for (let at = 0; at < packets.length; at += 100) {
      await Promise.all(
        packets.slice(at, at + 100).map(async ({ bytes, name }, i) => {
          const peer = i % 5 === 0 ? await boundPeer() : await rawPeer(port);
          peer.socket.write(bytes);
          // What follows is answered only if the packet was a whole message, or never.
          peer.socket.end(message(99, { type: "unbindRequest" }));
          await peer.closed;
          const strange = peer.messages.filter((one) => ![0, 1, 5, 7].includes(one.messageId));
          expect(strange.length, name).toBeLessThanOrEqual(2);
        }),
      );
    }
  });
});

test("six octets do no harm, whole or one at a time", async () => {
  const killer = Buffer.from("3084ffffffff", "hex");
  await probed(async () => {
    for (let i = 0; i < 20; i += 1) {
      const peer = await rawPeer(port);
      peer.socket.write(killer);
      await peer.closed;
      expect(peer.messages).toMatchObject([{ messageId: 0 }]);
    }
    const slow = await rawPeer(port);
    slow.socket.setNoDelay(true);
    for (const octet of killer) {
      if (slow.socket.destroyed) break;
      slow.socket.write(Buffer.from([octet]));
      await new Promise(setImmediate);
    }
    await slow.closed;
  });
});

test("L1: what is announced and never sent costs nothing", async () => {
  await probed(async () => {
    const before = process.memoryUsage().rss;
    const sockets = await flood(50);
    // 2 GB is over every limit; the largest that is allowed may still come, so it is waited for.
    for (const socket of sockets.slice(0, 25)) socket.write(Buffer.from("30847fffffff", "hex"));
    for (const socket of sockets.slice(25)) socket.write(Buffer.from("308303fff0", "hex"));
    await allClosed(sockets);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

test("L10: a message that trickles in is cut off, though octets flow", async () => {
  await probed(async () => {
    const sockets = await flood(60);
    const whole = message(1, search(baseDn));
    let sent = 0;
    const trickle = setInterval(() => {
      const octet = whole.subarray(sent, sent + 1);
      sent = Math.min(sent + 1, whole.length - 2);
      for (const socket of sockets) if (!socket.destroyed && octet.length > 0) socket.write(octet);
    }, 100);
    await allClosed(sockets).finally(() => clearInterval(trickle));
  });
});

test("L10: a TLS handshake that does not come is cut off", async () => {
  await probed(async () => {
    const sockets = await flood(50, tlsPort);
    for (const socket of sockets.slice(0, 20)) socket.write(Buffer.from("16030100ff010000fb0303", "hex"));
    for (const socket of sockets.slice(20, 40)) socket.write(Buffer.alloc(2000, 0x41));
    await allClosed(sockets);
  });
});

test("connections over the limit of an address are closed at once, and the others live", async () => {
  await probed(async () => {
    const sockets = await flood(560);
    await until(() => sockets.filter((socket) => socket.closed || socket.readableEnded).length >= 60, 10_000);
    const alive = sockets.filter((socket) => !socket.closed && !socket.readableEnded);
    expect(alive.length).toBeGreaterThan(400);
    expect(place.server.connections).toBeLessThanOrEqual(limits.maxConnectionsPerAddress);
    for (const socket of sockets) socket.destroy();
    await until(() => place.server.connections <= 1, 10_000);
  });
});

test("L10: peers that do not read large answers are closed, and what waits for them is bounded", async () => {
  await probed(async () => {
    const peers = await Promise.all(Array.from({ length: 12 }, () => boundPeer()));
    const before = process.memoryUsage().rss;
    for (const { socket } of peers) {
      socket.pause();
      const many = Array.from({ length: 8 }, (_, i) => message(10 + i, search(baseDn, `(!(cn=${i}))`)));
      socket.write(Buffer.concat(many));
    }
    await until(() => place.server.connections <= 1, 15_000);
    // 12 peers asked for some 100 times half a megabyte.
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    for (const { socket } of peers) socket.destroy();
  });
});

test("L10: peers that close their side and read nothing are closed too", async () => {
  await probed(async () => {
    const peers = await Promise.all(Array.from({ length: 10 }, () => boundPeer()));
    for (const { socket } of peers) {
      socket.pause();
      socket.end(Buffer.concat(Array.from({ length: 10 }, (_, i) => message(10 + i, search(baseDn)))));
    }
    await until(() => place.server.connections <= 1, 10_000);
    for (const { socket } of peers) socket.destroy();
  });
});

test("500 searches in one write are all answered, each once", async () => {
  await probed(async () => {
    for (const peer of [await rawPeer(port), await boundPeer()]) {
      const had = peer.messages.length;
      const ids = Array.from({ length: 500 }, (_, i) => i + 100);
      peer.socket.write(Buffer.concat(ids.map((id) => message(id, search("")))));
      await peer.message(had + 999);
      const done = peer.messages.slice(had).filter(({ protocolOp }) => protocolOp.type === "searchResDone");
      expect(done.map(({ messageId }) => messageId).sort((a, b) => a - b)).toEqual(ids);
      peer.socket.destroy();
    }
  });
});

test("filters made to be slow are refused or answered in time", async () => {
  const filters = [
    `(|${"(memberOf=*)".repeat(2000)})`,
    `(|${"(member=*)".repeat(2000)})`,
    `(&${"(cn=*x*x*x*x*x*x*x*x*)".repeat(200)})`,
    `${"(!".repeat(99)}(cn=x)${")".repeat(99)}`,
    `(|${Array.from({ length: 2000 }, (_, i) => `(member=uid=person-${i},ou=Users,${baseDn})`).join("")})`,
  ];
  await probed(async () => {
    for (const filter of filters) {
      const peer = await boundPeer();
      peer.socket.write(message(2, search(baseDn, filter)));
      await until(() => peer.messages.some(({ protocolOp }) => protocolOp.type === "searchResDone"), 8000);
      peer.socket.destroy();
    }
  });
});

test("binds by the hundred that never wait for their answer leave nothing behind", async () => {
  await probed(async () => {
    const sockets = await flood(100);
    for (const socket of sockets) {
      for (let id = 1; id < 10; id += 1) socket.write(message(id, bindAda));
      socket.destroy();
    }
    await until(() => place.server.connections <= 1, 10_000);
  });
});

test("after all this the server answers, holds no connection, and has not grown much", async () => {
  const peer = await boundPeer();
  peer.socket.write(message(2, search(userDn("ada"))));
  expect(await peer.message(1)).toMatchObject({ protocolOp: { objectName: userDn("ada") } });
  peer.socket.destroy();
  await until(() => place.server.connections === 0, 10_000);
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(400_000_000);
});
