import { describe, expect, test } from "vitest";
import { hostilePackets } from "./hostile-packets.fixture.ts";
import { octetsOf, textOctets } from "./octets.fixture.ts";
import { decodePacket, encodePacket, maxAttributes, type RawAttribute } from "./packet.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";

const attribute = (type: number, length: number): RawAttribute => ({ type, value: new Uint8Array(length) });

describe("reading", () => {
  test.each(hostilePackets)("$name is refused as $code", ({ octets, code }) => {
    expect(() => decodePacket(octets)).toThrow(expect.objectContaining({ name: "RadiusDecodeError", code }));
  });

  test.each(hostilePackets)(
    "the refusal of $name is one that can be told from other errors",
    ({ octets }) => {
      try {
        decodePacket(octets);
        expect.unreachable();
      } catch (error) {
        expect(isRadiusDecodeError(error)).toBe(true);
      }
    },
  );

  test("octets behind the packet are padding", () => {
    const octets = encodePacket(1, 9, [{ type: 1, value: textOctets("ada") }]);
    const packet = decodePacket(Uint8Array.of(...octets, 1, 0, 255));
    expect(packet.octets).toEqual(octets);
    expect(packet.attributes).toEqual([{ type: 1, value: textOctets("ada") }]);
  });

  test("attributes keep their order, and may be empty", () => {
    const { attributes } = decodePacket(
      octetsOf(`01 00 0020 ${"00".repeat(16)} 21 03 01 19 02 21 03 02 01 04 61 62`),
    );
    expect(attributes.map(({ type, value }) => [type, [...value]])).toEqual([
      [33, [1]],
      [25, []],
      [33, [2]],
      [1, [0x61, 0x62]],
    ]);
  });

  test("as many attributes as are taken are read", () => {
    const many = Array.from({ length: maxAttributes }, () => attribute(25, 1));
    expect(decodePacket(encodePacket(1, 0, many)).attributes).toHaveLength(maxAttributes);
  });

  test("a packet in the middle of a larger buffer is read from there", () => {
    const octets = encodePacket(4, 200, [attribute(40, 4)], new Uint8Array(16).fill(7));
    const buffer = Buffer.concat([Buffer.alloc(5, 0xff), octets, Buffer.alloc(5, 0xff)]);
    const packet = decodePacket(buffer.subarray(5, 5 + octets.length));
    expect(packet).toMatchObject({ code: 4, identifier: 200 });
    expect([...packet.authenticator]).toEqual(new Array(16).fill(7));
  });
});

describe("writing", () => {
  test("a value of 254 octets is refused by the type of its attribute", () => {
    expect(() => encodePacket(2, 0, [attribute(18, 253), attribute(79, 254)])).toThrow(RangeError);
    expect(() => encodePacket(2, 0, [attribute(79, 254)])).toThrow("attribute 79");
  });

  test("4,096 octets are a packet, one more is none", () => {
    const full = Array.from({ length: 15 }, () => attribute(25, 253));
    const rest = 4_096 - 20 - 15 * 255;
    expect(encodePacket(2, 0, [...full, attribute(25, rest - 2)])).toHaveLength(4_096);
    expect(() => encodePacket(2, 0, [...full, attribute(25, rest - 1)])).toThrow(RangeError);
  });
});
