import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  ExtendedOid,
  encodeAuthzId,
  encodeCancelRequest,
  encodeMessage,
  LdapResultCode,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { allowPlaintextBind } from "../options.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { baseDn, office, password, unrulyStore, userDn } from "./office.fixture.ts";
import { type RawPeer, rawPeer } from "./raw-peer.fixture.ts";

const { unavailableCriticalExtension, success } = LdapResultCode;

const { store, control } = unrulyStore();
const place = await office({ tls: selfSigned("localhost"), [allowPlaintextBind]: "loopback" }, { store });
afterAll(() => place[Symbol.asyncDispose]());
const { directory, resource, user } = place;
await directory.grants.add({ user: user.reader, resource, attributes: { proxy: true }, priority: 10 });
const { port } = await place.server.listen({ port: 0 });

const startTls: RequestOp = { type: "extendedReq", requestName: ExtendedOid.startTls };
const whoAmI: RequestOp = { type: "extendedReq", requestName: ExtendedOid.whoAmI };
const bindReader: RequestOp = {
  type: "bindRequest",
  version: 3,
  name: userDn("reader"),
  authentication: { type: "simple", password: Buffer.from(password) },
};
const cancel = (messageId: number): RequestOp => ({
  type: "extendedReq",
  requestName: ExtendedOid.cancel,
  requestValue: encodeCancelRequest(messageId),
});
const listing: RequestOp = {
  type: "searchRequest",
  baseObject: baseDn,
  scope: "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(description=*nothing*)"),
  attributes: [],
};

const message = (messageId: number, protocolOp: RequestOp, controls: readonly Control[] = []): Buffer =>
  Buffer.from(encodeMessage({ messageId, protocolOp, controls }));

/** A connection that the reader is bound on; the answer to the bind is its first message. */
async function bound(): Promise<RawPeer> {
  const peer = await rawPeer(port);
  peer.socket.write(message(1, bindReader));
  expect((await peer.message(0))?.protocolOp).toMatchObject({ resultCode: success });
  return peer;
}

const asGrace = encodeAuthzId({ type: "dn", dn: userDn("grace") });
const controls = (critical: boolean): readonly (readonly [what: string, control: Control])[] => [
  ["proxied authorization", { oid: ControlOid.proxiedAuthorization, critical, value: asGrace }],
  ["password policy", { oid: ControlOid.passwordPolicy, critical }],
  ["ManageDsaIT", { oid: ControlOid.manageDsaIT, critical }],
  ["one that nobody knows", { oid: "1.2.3.4.5", critical }],
];

describe("StartTLS", () => {
  test.each(controls(true))(
    "with %s that is critical is refused, and all stays as it was",
    async (_, given) => {
      const peer = await bound();
      peer.socket.write(Buffer.concat([message(2, startTls, [given]), message(3, whoAmI)]));
      expect(await peer.message(1)).toMatchObject({
        messageId: 2,
        protocolOp: { resultCode: unavailableCriticalExtension, responseName: ExtendedOid.startTls },
      });
      expect(await peer.message(2)).toMatchObject({
        messageId: 3,
        protocolOp: { responseValue: Uint8Array.from(Buffer.from(`dn:${userDn("reader")}`)) },
      });
      peer.socket.write(message(4, startTls));
      expect((await peer.message(3))?.protocolOp).toMatchObject({ resultCode: success });
      peer.socket.destroy();
    },
  );

  test.each(controls(false))("with %s that is not goes on as without it", async (_, given) => {
    const peer = await bound();
    peer.socket.write(message(2, startTls, [given]));
    expect((await peer.message(1))?.protocolOp).toMatchObject({ resultCode: success });
    peer.socket.removeAllListeners("data");
    const secure = connectTls({ socket: peer.socket, rejectUnauthorized: false });
    await once(secure, "secureConnect");
    secure.destroy();
  });
});

describe("while a search is under way", () => {
  afterEach(() => {
    control.mood = "well";
  });

  /** A search that does not end by itself. */
  async function searching(): Promise<RawPeer> {
    const peer = await bound();
    control.mood = "stuck";
    peer.socket.write(message(2, listing));
    return peer;
  }

  test.each(controls(true))(
    "a cancel with %s that is critical is refused, and cancels nothing",
    async (_, given) => {
      const peer = await searching();
      peer.socket.write(message(3, cancel(2), [given]));
      expect(await peer.message(1)).toMatchObject({
        messageId: 3,
        protocolOp: { resultCode: unavailableCriticalExtension },
      });
      peer.socket.write(message(4, cancel(2)));
      expect(await peer.message(2)).toMatchObject({
        messageId: 2,
        protocolOp: { resultCode: LdapResultCode.canceled },
      });
      peer.socket.destroy();
    },
  );

  // A messageID may be used again as soon as its operation was given up, and not before (RFC 4511 §4.1.1.1).
  test.each(controls(true))(
    "an abandon with %s that is critical gives nothing up (RFC 4511 §4.1.11)",
    async (_, given) => {
      const peer = await searching();
      peer.socket.write(message(3, { type: "abandonRequest", abandonId: 2 }, [given]));
      peer.socket.write(message(2, whoAmI));
      await peer.closed;
      expect(peer.messages[1]).toMatchObject({
        messageId: 0,
        protocolOp: { resultCode: LdapResultCode.protocolError, diagnosticMessage: "messageID in use" },
      });
    },
  );

  test.each(controls(false))("an abandon with %s that is not gives it up", async (_, given) => {
    const peer = await searching();
    peer.socket.write(message(3, { type: "abandonRequest", abandonId: 2 }, [given]));
    peer.socket.write(message(2, cancel(99)));
    expect(await peer.message(1)).toMatchObject({
      messageId: 2,
      protocolOp: { resultCode: LdapResultCode.noSuchOperation },
    });
    peer.socket.destroy();
  });
});

test.each(controls(true))(
  "an unbind with %s that is critical ends the connection without a word",
  async (_, given) => {
    const peer = await bound();
    peer.socket.write(message(2, { type: "unbindRequest" }, [given]));
    await peer.closed;
    expect(peer.messages).toHaveLength(1);
  },
);
