import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeMessage,
  ExtendedOid,
  encodeMessage,
  LdapFramer,
  type LdapMessage,
  LdapResultCode,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { request } from "../handlers/sync.fixture.ts";
import { allowPlaintextBind } from "../options.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { type Office, office, password, until, userDn } from "./office.fixture.ts";
import { rawPeer } from "./raw-peer.fixture.ts";

let place: Office;
beforeAll(async () => {
  place = await office({
    layout: { people: "all" },
    tls: selfSigned("localhost"),
    [allowPlaintextBind]: "loopback",
  });
  await place.directory.users.createMany(
    Array.from({ length: 40 }, (_, i) => ({ username: `clerk-${i}`, name: { family: "x".repeat(250) } })),
  );
});
afterAll(() => place[Symbol.asyncDispose]());

const bindReader: RequestOp = {
  type: "bindRequest",
  version: 3,
  name: userDn("reader"),
  authentication: { type: "simple", password: Buffer.from(password) },
};
const one = request({ filter: parseFilter("(uid=ada)"), attributes: ["mail"] });
const many = request({ filter: parseFilter("(uid=clerk-*)"), attributes: ["sn"] });
const startTls: RequestOp = { type: "extendedReq", requestName: ExtendedOid.startTls };
const octetsOf = (messages: readonly (readonly [id: number, op: RequestOp])[]): Buffer =>
  Buffer.concat(messages.map(([messageId, protocolOp]) => encodeMessage({ messageId, protocolOp })));
/** MessageIDs of what has been answered, in order. */
const ends = (messages: readonly LdapMessage[]): readonly number[] =>
  messages.flatMap(({ messageId, protocolOp }) => (protocolOp.type === "searchResEntry" ? [] : messageId));

/** A peer that takes every chunk at once, and notes in a log it shares with others that one came. */
class QuickPeer extends Duplex {
  readonly messages: LdapMessage[] = [];
  readonly name: string;
  isBroken = false;
  readonly #framer = new LdapFramer({ maxFrameBytes: 1_000_000 });
  readonly #log: string[];

  constructor(name: string, log: string[]) {
    super();
    this.name = name;
    this.#log = log;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, taken: () => void): void {
    if (this.isBroken) throw new Error("nothing can be written");
    this.#log.push(this.name);
    this.#framer.push(chunk);
    for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next())
      this.messages.push(decodeMessage(frame));
    taken();
  }

  /** Sends requests as one chunk. */
  send(...messages: readonly (readonly [id: number, op: RequestOp])[]): void {
    this.push(octetsOf(messages));
  }

  /** Waits until a request has been answered. */
  answered(id: number): Promise<void> {
    return until(() => ends(this.messages).includes(id));
  }
}

/** Peers on which the reader is bound, and whose searches have been answered before, so that they are at once. */
async function peers<const N extends string>(...names: readonly N[]) {
  const log: string[] = [];
  const opened = names.map((name) => new QuickPeer(name, log));
  for (const peer of opened) {
    place.server.serve(peer, { address: "127.0.0.1", secure: true });
    peer.send([1, bindReader]);
    await peer.answered(1);
    for (const [id, search] of [
      [2, one],
      [3, many],
    ] as const) {
      peer.send([id, search]);
      await peer.answered(id);
    }
    peer.messages.length = 0;
  }
  log.length = 0;
  return { ...(Object.fromEntries(opened.map((peer) => [peer.name, peer])) as Record<N, QuickPeer>), log };
}

test("connections read in one turn each get their own answers, in order, in one write", async () => {
  const { ada, grace, tomas, log } = await peers("ada", "grace", "tomas");
  const all = [ada, grace, tomas];
  for (const [i, peer] of all.entries()) peer.send([10 + i, one], [20 + i, one], [30 + i, one]);
  await tomas.answered(32);
  for (const [i, peer] of all.entries()) expect(ends(peer.messages)).toEqual([10 + i, 20 + i, 30 + i]);
  expect(log).toEqual(["ada", "grace", "tomas"]);
  for (const peer of all) peer.destroy();
});

test("a large answer leaves at once, before small ones that were ready sooner", async () => {
  const { small, large, log } = await peers("small", "large");
  small.send([10, one]);
  large.send([10, many]);
  await small.answered(10);
  expect(log).toEqual(["large", "small"]);
  expect(large.messages).toHaveLength(41);
  small.destroy();
  large.destroy();
});

test("what cannot be written to keeps no answer from the others of its turn", async () => {
  const { broken, well } = await peers("broken", "well");
  const { connections } = place.server;
  broken.isBroken = true;
  broken.send([10, one]);
  well.send([10, one]);
  await well.answered(10);
  expect(place.server.connections).toBe(connections - 1);
  expect(broken.destroyed).toBe(true);
  well.send([11, one]);
  await well.answered(11);
  well.destroy();
});

describe("an answer that waits for the end of its turn is sent before", () => {
  test("the connection is closed at the peer's wish", async () => {
    const { peer } = await peers("peer");
    peer.send([10, one], [11, { type: "unbindRequest" }]);
    await until(() => peer.writableFinished);
    expect(ends(peer.messages)).toEqual([10]);
    peer.destroy();
  });

  test("the peer has closed its side", async () => {
    const { peer } = await peers("peer");
    peer.send([10, one]);
    peer.push(null);
    await until(() => peer.writableFinished);
    expect(ends(peer.messages)).toEqual([10]);
    peer.destroy();
  });

  test("a Notice of Disconnection", async () => {
    const { peer } = await peers("peer");
    peer.push(Buffer.concat([octetsOf([[10, one]]), Buffer.from("noise")]));
    await until(() => peer.writableFinished);
    expect(ends(peer.messages)).toEqual([10, 0]);
    peer.destroy();
  });

  test("TLS begins", async () => {
    const { port } = await place.server.listen({ port: 0 });
    const peer = await rawPeer(port);
    peer.socket.write(octetsOf([[1, bindReader]]));
    await peer.message(0);
    peer.socket.write(octetsOf([[2, one]]));
    await peer.message(2);
    peer.socket.write(
      octetsOf([
        [3, one],
        [4, startTls],
      ]),
    );
    expect((await peer.message(5))?.protocolOp).toMatchObject({
      type: "extendedResp",
      resultCode: LdapResultCode.success,
    });
    expect(ends(peer.messages)).toEqual([1, 2, 3, 4]);
    peer.socket.destroy();
    await peer.closed;
  });
});
