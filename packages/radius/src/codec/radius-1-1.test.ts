import { expect, test } from "vitest";
import { AttributeType, attributeOf } from "./attribute-type.ts";
import { decodeAttributes } from "./dictionary/decode-attributes.ts";
import { encodeAttribute } from "./dictionary/encode-attribute.ts";
import { standardDictionary } from "./dictionary/standard-dictionary.ts";
import { revealPassword } from "./hidden-value.ts";
import { decodePacket, encodePacket, type RawAttribute } from "./packet.ts";
import { PacketCode } from "./packet-code.ts";
import { readRadius11, writeRadius11 } from "./radius-1-1.ts";
import { SharedSecret } from "./shared-secret.ts";
import { encodeResponse, hasValidMessageAuthenticator, hasValidRequestAuthenticator } from "./signature.ts";

const secret = new SharedSecret("radsec");
const header = Buffer.concat([Buffer.from("cafef00d", "hex"), Buffer.alloc(12, 0xff)]);
const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });

const login = (password: string): Uint8Array =>
  encodePacket(
    PacketCode.accessRequest,
    200,
    [
      text(AttributeType.userName, "ada"),
      text(AttributeType.userPassword, password),
      { type: AttributeType.messageAuthenticator, value: Buffer.alloc(16, 1) },
      text(AttributeType.proxyState, "p"),
    ],
    header,
  );

test("a login comes with its password as it is, and goes on hidden and signed", () => {
  const { token, octets } = readRadius11(login("analytical engine"), secret);
  expect(Buffer.from(token).toString("hex")).toBe("cafef00d");
  const packet = decodePacket(octets);
  expect(hasValidMessageAuthenticator(packet, secret)).toBe(true);
  expect(packet.attributes.map(({ type }) => type)).toEqual([80, 1, 2, 33]);
  const hidden = attributeOf(packet, AttributeType.userPassword) as Uint8Array;
  expect(Buffer.from(revealPassword(hidden, packet.authenticator, secret)).toString()).toBe(
    "analytical engine",
  );
});

test("a record goes on with the digest that records have", () => {
  const record = encodePacket(
    PacketCode.accountingRequest,
    0,
    [text(AttributeType.acctSessionId, "1")],
    header,
  );
  const packet = decodePacket(readRadius11(record, secret).octets);
  expect(hasValidRequestAuthenticator(packet, secret)).toBe(true);
});

test.each(["", "x".repeat(129)])("a password of %j octets is none", (password) => {
  expect(() => readRadius11(login(password), secret)).toThrow(expect.objectContaining({ code: "bad-value" }));
});

test("an answer goes back with the token, unsigned, and with nothing hidden", () => {
  const request = readRadius11(login("analytical engine"), secret);
  const context = { requestAuthenticator: request.octets.subarray(4, 20), secret };
  const put = (name: string, value: string | number | Uint8Array, tag?: number): readonly RawAttribute[] => {
    const definition = standardDictionary.byName(name);
    if (definition === undefined) throw new Error(name);
    return encodeAttribute(definition, value, { ...context, ...(tag === undefined ? {} : { tag }) });
  };
  const key = Buffer.alloc(32, 7);
  const answer = encodeResponse(
    {
      code: PacketCode.accessAccept,
      identifier: 0,
      attributes: [
        ...put("Tunnel-Password", "a key of a tunnel", 1),
        ...put("MS-MPPE-Recv-Key", key),
        ...put("Tunnel-Private-Group-ID", "20"),
        text(AttributeType.proxyState, "p"),
      ],
    },
    context.requestAuthenticator,
    secret,
  );
  const octets = writeRadius11(answer, request, secret, standardDictionary);
  expect(Buffer.from(octets.subarray(4, 20)).toString("hex")).toBe(`cafef00d${"00".repeat(12)}`);
  expect(octets[1]).toBe(0);
  const { attributes } = decodePacket(octets);
  expect(attributes.map(({ type }) => type)).toEqual([69, 26, 81, 33]);
  const [password, mppe, vlan] = attributes as [RawAttribute, RawAttribute, RawAttribute];
  expect(Buffer.from(password.value)).toEqual(Buffer.from("\u0001a key of a tunnel"));
  expect(Buffer.from(mppe.value)).toEqual(Buffer.concat([Buffer.from([0, 0, 1, 55, 17, 34]), key]));
  expect(decodeAttributes([vlan], standardDictionary, context)).toMatchObject([{ value: "20" }]);
});
