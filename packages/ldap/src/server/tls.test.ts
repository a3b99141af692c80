import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExtendedOid, encodeMessage, LdapResultCode, parseFilter, type RequestOp } from "../codec/index.ts";
import { allowPlaintextBind } from "../options.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { baseDn, type Office, office, password, until, userDn } from "./office.fixture.ts";
import { peerOn, type RawPeer, rawPeer } from "./raw-peer.fixture.ts";

const octets = (text: string): Uint8Array => Buffer.from(text);
const message = (messageId: number, protocolOp: RequestOp): Uint8Array =>
  encodeMessage({ messageId, protocolOp });
const startTls: RequestOp = { type: "extendedReq", requestName: ExtendedOid.startTls };
const whoAmI: RequestOp = { type: "extendedReq", requestName: ExtendedOid.whoAmI };
const bindAda: RequestOp = {
  type: "bindRequest",
  version: 3,
  name: userDn("ada"),
  authentication: { type: "simple", password: octets(password) },
};
const rootDse: RequestOp = {
  type: "searchRequest",
  baseObject: "",
  scope: "baseObject",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(objectClass=*)"),
  attributes: ["supportedExtension"],
};

let place: Office;
let port: number;
let tlsPort: number;
beforeAll(async () => {
  place = await office({
    tls: selfSigned("localhost"),
    [allowPlaintextBind]: "loopback",
    limits: { messageTimeoutMs: 300 },
  });
  ({ port } = await place.server.listen({ port: 0 }));
  ({ port: tlsPort } = await place.server.listen({ port: 0, tls: true }));
});
afterAll(() => place[Symbol.asyncDispose]());

/** Changes a connection to TLS, as a client does. */
async function upgraded(peer: RawPeer): Promise<RawPeer> {
  peer.socket.removeAllListeners("data");
  const secure = connectTls({ socket: peer.socket, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  return peerOn(secure);
}

async function identityIn(peer: RawPeer, index: number): Promise<string | undefined> {
  const op = (await peer.message(index))?.protocolOp;
  return op?.type === "extendedResp" ? Buffer.from(op.responseValue ?? []).toString() : undefined;
}

describe("L5: StartTLS", () => {
  test("protects what follows, and forgets who was bound before", async () => {
    const peer = await rawPeer(port);
    peer.socket.write(message(1, bindAda));
    expect((await peer.message(0))?.protocolOp).toMatchObject({ resultCode: 0 });
    peer.socket.write(message(2, startTls));
    expect((await peer.message(1))?.protocolOp).toMatchObject({
      resultCode: 0,
      responseName: ExtendedOid.startTls,
    });
    const secure = await upgraded(peer);
    secure.socket.write(message(3, whoAmI));
    expect(await identityIn(secure, 0)).toBe("");
    secure.socket.write(message(4, bindAda));
    expect((await secure.message(1))?.protocolOp).toMatchObject({ type: "bindResponse", resultCode: 0 });
    secure.socket.write(message(5, whoAmI));
    expect(await identityIn(secure, 2)).toBe(`dn:${userDn("ada")}`);
    secure.socket.destroy();
  });

  test("is announced only where it can be had", async () => {
    const peer = await rawPeer(port);
    const extensions = async (from: RawPeer, index: number): Promise<string[]> => {
      const op = (await from.message(index))?.protocolOp;
      const [attribute] = op?.type === "searchResEntry" ? op.attributes : [];
      return (attribute?.vals ?? []).map((value) => Buffer.from(value).toString());
    };
    peer.socket.write(message(1, rootDse));
    expect(await extensions(peer, 0)).toContain(ExtendedOid.startTls);
    peer.socket.write(message(2, startTls));
    await peer.message(2);
    const secure = await upgraded(peer);
    secure.socket.write(message(3, rootDse));
    expect(await extensions(secure, 0)).not.toContain(ExtendedOid.startTls);
    secure.socket.write(message(4, startTls));
    expect((await secure.message(2))?.protocolOp).toMatchObject({
      resultCode: LdapResultCode.operationsError,
    });
    secure.socket.destroy();
  });

  test("with a request in clear behind it is refused, and the request is not looked at", async () => {
    const peer = await rawPeer(port);
    peer.socket.write(Buffer.concat([message(1, startTls), message(2, bindAda)]));
    await peer.closed;
    expect(peer.messages).toHaveLength(1);
    expect(peer.messages[0]).toMatchObject({
      messageId: 0,
      protocolOp: {
        resultCode: LdapResultCode.protocolError,
        responseName: ExtendedOid.noticeOfDisconnection,
      },
    });
  });

  test("with a request in clear in a packet of its own behind it ends, unanswered", async () => {
    const peer = await rawPeer(port);
    peer.socket.write(message(1, startTls));
    await peer.message(0);
    peer.socket.write(message(2, bindAda));
    await peer.closed;
    expect(peer.messages.filter(({ messageId }) => messageId === 2)).toEqual([]);
  });

  test("while a bind is under way waits for it", async () => {
    const peer = await rawPeer(port);
    peer.socket.write(message(1, bindAda));
    peer.socket.write(message(2, startTls));
    expect((await peer.message(0))?.messageId).toBe(1);
    expect((await peer.message(1))?.protocolOp).toMatchObject({ resultCode: 0 });
    await upgraded(peer).then((secure) => secure.socket.destroy());
  });

  test("with operations under way is an operations error", async () => {
    const peer = await rawPeer(port);
    const search = { ...rootDse, baseObject: baseDn, scope: "wholeSubtree" } as RequestOp;
    peer.socket.write(message(1, bindAda));
    await peer.message(0);
    peer.socket.write(Buffer.concat([message(2, search), message(3, startTls)]));
    await until(() => peer.messages.some(({ messageId }) => messageId === 3));
    const answer = peer.messages.find(({ messageId }) => messageId === 3);
    expect(answer?.protocolOp).toMatchObject({ resultCode: LdapResultCode.operationsError });
    peer.socket.destroy();
  });

  test.each([
    ["octets that are no handshake", Buffer.from("30050201014200", "hex")],
    ["noise", Buffer.alloc(5000, 0x5a)],
    ["half a handshake", Buffer.from("16030100ff010000fb0303", "hex")],
    ["nothing", Buffer.alloc(0)],
  ])("followed by %s ends", async (_, garbage) => {
    const peer = await rawPeer(port);
    peer.socket.write(message(1, startTls));
    await peer.message(0);
    peer.socket.removeAllListeners("data");
    peer.socket.resume();
    peer.socket.write(garbage);
    await peer.closed;
  });
});

describe("LDAPS", () => {
  test("takes passwords from the first message on", async () => {
    const socket = connectTls({ port: tlsPort, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const peer = peerOn(socket);
    peer.socket.write(message(1, bindAda));
    expect((await peer.message(0))?.protocolOp).toMatchObject({ resultCode: 0 });
    const ended = peer.closed;
    await place.directory.users.suspend(place.user.ada.id);
    await ended;
    expect(peer.messages.at(-1)).toMatchObject({
      messageId: 0,
      protocolOp: { resultCode: LdapResultCode.strongerAuthRequired },
    });
    await place.directory.users.activate(place.user.ada.id);
  });

  test.each([
    ["LDAP in clear", message(1, bindAda)],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["nothing at all", Buffer.alloc(0)],
  ])("gives no answer to %s", async (_, garbage) => {
    const peer = await rawPeer(tlsPort);
    peer.socket.removeAllListeners("data");
    peer.socket.resume();
    peer.socket.write(garbage);
    await peer.closed;
  });
});

test("no connection is left over", async () => {
  await until(() => place.server.connections === 0);
});
