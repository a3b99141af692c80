import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestAuthenticator, secret, textOctets } from "./octets.fixture.ts";
import { decodePacket, encodePacket, type RawAttribute } from "./packet.ts";
import { PacketCode } from "./packet-code.ts";
import { SharedSecret } from "./shared-secret.ts";
import {
  encodeRequest,
  encodeResponse,
  hasValidMessageAuthenticator,
  hasValidRequestAuthenticator,
  hasValidResponseAuthenticator,
} from "./signature.ts";

const stranger = new SharedSecret("another secret altogether");
const attributes: readonly RawAttribute[] = [{ type: 1, value: textOctets("ada") }];
const digestRequests = [PacketCode.accountingRequest, PacketCode.coaRequest, PacketCode.disconnectRequest];
const accessAnswers = [PacketCode.accessAccept, PacketCode.accessReject, PacketCode.accessChallenge];
const dynamicAnswers = [
  PacketCode.coaAck,
  PacketCode.coaNak,
  PacketCode.disconnectAck,
  PacketCode.disconnectNak,
];

describe("requests", () => {
  test("an Access-Request begins with a Message-Authenticator that is an HMAC-MD5 over all of it", () => {
    const plain = "the secret";
    const octets = encodeRequest(
      { code: PacketCode.accessRequest, identifier: 3, attributes },
      new SharedSecret(plain),
    );
    const packet = decodePacket(octets);
    expect(packet.attributes.map(({ type }) => type)).toEqual([80, 1]);
    const blank = Buffer.from(octets).fill(0, 22, 38);
    expect(Buffer.from(packet.attributes[0]?.value as Uint8Array)).toEqual(
      createHmac("md5", plain).update(blank).digest(),
    );
  });

  test("an Access-Request has an authenticator that does not come twice", () => {
    const write = (): string =>
      Buffer.from(
        decodePacket(encodeRequest({ code: 1, identifier: 3, attributes }, secret)).authenticator,
      ).toString("hex");
    expect(new Set(Array.from({ length: 100 }, write)).size).toBe(100);
  });

  test.each(digestRequests)("a request with code %i is authentic by both of its proofs", (code) => {
    const packet = decodePacket(encodeRequest({ code, identifier: 3, attributes }, secret));
    expect(hasValidRequestAuthenticator(packet, secret)).toBe(true);
    expect(hasValidMessageAuthenticator(packet, secret)).toBe(true);
    expect(hasValidRequestAuthenticator(packet, stranger)).toBe(false);
    expect(hasValidMessageAuthenticator(packet, stranger)).toBe(false);
  });

  test("the authenticator of an Accounting-Request is an MD5 over it with zeros in its place", () => {
    const octets = encodePacket(PacketCode.accountingRequest, 5, attributes);
    const digest = createHash("md5").update(octets).update("the secret").digest();
    octets.set(digest, 4);
    expect(hasValidRequestAuthenticator(decodePacket(octets), new SharedSecret("the secret"))).toBe(true);
  });
});

describe("answers", () => {
  test.each([...accessAnswers, ...dynamicAnswers])(
    "an answer with code %i begins with a Message-Authenticator",
    (code) => {
      const packet = decodePacket(
        encodeResponse({ code, identifier: 3, attributes }, requestAuthenticator, secret),
      );
      expect(packet.attributes[0]?.type).toBe(80);
      expect(hasValidMessageAuthenticator(packet, secret, requestAuthenticator)).toBe(true);
      expect(hasValidResponseAuthenticator(packet, requestAuthenticator, secret)).toBe(true);
      expect(hasValidMessageAuthenticator(packet, secret)).toBe(false);
      expect(hasValidMessageAuthenticator(packet, stranger, requestAuthenticator)).toBe(false);
      expect(hasValidResponseAuthenticator(packet, requestAuthenticator, stranger)).toBe(false);
    },
  );

  test("an Accounting-Response has none", () => {
    const octets = encodeResponse(
      { code: PacketCode.accountingResponse, identifier: 3, attributes: [] },
      requestAuthenticator,
      secret,
    );
    const packet = decodePacket(octets);
    expect(packet.attributes).toEqual([]);
    expect(hasValidMessageAuthenticator(packet, secret, requestAuthenticator)).toBeUndefined();
    expect(hasValidResponseAuthenticator(packet, requestAuthenticator, secret)).toBe(true);
  });
});

describe("a Message-Authenticator proves nothing", () => {
  const sign = (values: readonly Uint8Array[]): Uint8Array =>
    encodePacket(
      PacketCode.accessRequest,
      1,
      values.map((value) => ({ type: 80, value })),
      requestAuthenticator,
    );

  test("of 15 octets, or of 17", () => {
    for (const length of [0, 1, 15, 17])
      expect(hasValidMessageAuthenticator(decodePacket(sign([new Uint8Array(length)])), secret)).toBe(false);
  });

  test("beside another, be it as right as it may", () => {
    const octets = encodeRequest({ code: 1, identifier: 1, attributes: [] }, secret, requestAuthenticator);
    const [right] = decodePacket(octets).attributes as [RawAttribute];
    expect(hasValidMessageAuthenticator(decodePacket(octets), secret)).toBe(true);
    expect(hasValidMessageAuthenticator(decodePacket(sign([right.value, right.value])), secret)).toBe(false);
  });

  test("when any bit of the packet was changed", () => {
    const whole = encodeRequest({ code: 1, identifier: 1, attributes }, secret, requestAuthenticator);
    // Not those of the lengths, which make another packet of it or none.
    const lengths = new Set([2, 3, 21, 39]);
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        fc.pre(!lengths.has(at));
        const changed = whole.slice();
        changed[at] = (changed[at] as number) ^ (1 << bit);
        expect(hasValidMessageAuthenticator(decodePacket(changed), secret) ?? false).toBe(false);
      }),
    );
  });
});

test("a Message-Authenticator counts wherever in its packet it stands", () => {
  const last = [...attributes, { type: 80, value: new Uint8Array(16) }];
  const octets = encodePacket(PacketCode.accessRequest, 1, last, requestAuthenticator);
  octets.set(secret.hmac(octets), octets.length - 16);
  expect(hasValidMessageAuthenticator(decodePacket(octets), secret)).toBe(true);
});
