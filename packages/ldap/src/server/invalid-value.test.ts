import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeMessage, LdapResultCode, parseFilter } from "../codec/index.ts";
import { type Office, office } from "./office.fixture.ts";
import { type RawPeer, rawPeer } from "./raw-peer.fixture.ts";

let place: Office;
let peer: RawPeer;
let close: () => Promise<void>;
beforeAll(async () => {
  place = await office();
  const listener = await place.server.listen({ port: 0 });
  close = () => listener.close({ drainMs: 0 });
  peer = await rawPeer(listener.port);
});
afterAll(() => close());

function rootDse(messageId: number): Buffer {
  return Buffer.from(
    encodeMessage({
      messageId,
      protocolOp: {
        type: "searchRequest",
        baseObject: "",
        scope: "baseObject",
        derefAliases: "neverDerefAliases",
        sizeLimit: 0,
        timeLimit: 0,
        typesOnly: false,
        filter: parseFilter("(objectClass=*)"),
        attributes: ["1.1"],
      },
    }),
  );
}

test("a search with a scope nobody knows is answered with protocolError, and the connection goes on (RFC 4511 §4.1.1)", async () => {
  const unknown = rootDse(7);
  // ENUMERATED scope: the octet after 0a 01 behind the empty base.
  unknown[unknown.indexOf(Buffer.from([0x04, 0x00, 0x0a, 0x01])) + 4] = 3;
  peer.socket.write(Buffer.concat([unknown, rootDse(8)]));
  const refused = await peer.message(0);
  expect(refused).toMatchObject({
    messageId: 7,
    protocolOp: { type: "searchResDone", resultCode: LdapResultCode.protocolError },
  });
  expect(await peer.message(1)).toMatchObject({ messageId: 8, protocolOp: { type: "searchResEntry" } });
});

test("octets that are no message end the connection", async () => {
  const before = peer.messages.length;
  peer.socket.write(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]));
  await peer.closed;
  expect(
    peer.messages
      .slice(before)
      .filter((message) => message.messageId !== 0 && message.protocolOp.type !== "searchResDone"),
  ).toEqual([]);
});
