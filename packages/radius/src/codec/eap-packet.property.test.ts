import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeEapPacket,
  decodeEapResponse,
  decodeIdentity,
  type EapMessage,
  encodeEapMessage,
  encodeEapResult,
} from "./eap-packet.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";

const octet = fc.integer({ min: 0, max: 255 });
const message: fc.Arbitrary<EapMessage> = fc.record({
  code: fc.constantFrom(1, 2),
  identifier: octet,
  type: octet,
  data: fc.uint8Array({ maxLength: 2000 }),
});

describe("an EAP packet", () => {
  it("comes back from its octets as it was", () => {
    fc.assert(
      fc.property(message, (one) => {
        const read = decodeEapPacket(encodeEapMessage(one));
        expect(read).toEqual(one);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(3, 4), octet, (code, identifier) => {
        expect(decodeEapPacket(encodeEapResult({ code, identifier }))).toEqual({ code, identifier });
      }),
    );
  });

  it("is read or refused with a typed error, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        try {
          decodeEapResponse(octets);
        } catch (error) {
          expect(isRadiusDecodeError(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["no octets", []],
    ["half a header", [2, 1, 0]],
    ["a length that is too long", [2, 1, 0, 6, 1]],
    ["octets beyond its length", [2, 1, 0, 5, 1, 0]],
    ["a response without a type", [2, 1, 0, 4]],
    ["a success with data", [3, 1, 0, 5, 0]],
    ["a code that is none", [5, 1, 0, 5, 1]],
  ])("is refused for %s", (_what, octets) => {
    expect(() => decodeEapPacket(Uint8Array.from(octets))).toThrow(
      expect.objectContaining({ name: "RadiusDecodeError" }),
    );
  });

  it("cannot hold more than its length can tell", () => {
    const data = new Uint8Array(65_531);
    expect(() => encodeEapMessage({ code: 2, identifier: 1, type: 1, data })).toThrow(RangeError);
  });
});

describe("an identity", () => {
  it("is text of 1 to 253 octets without NUL", () => {
    const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(decodeIdentity(octets("ada@example.com"))).toBe("ada@example.com");
    expect(decodeIdentity(octets("a".repeat(253)))).toHaveLength(253);
    expect(decodeIdentity(octets("a".repeat(254)))).toBeUndefined();
    expect(decodeIdentity(octets(""))).toBeUndefined();
    expect(decodeIdentity(octets("ada\0"))).toBeUndefined();
    expect(decodeIdentity(Uint8Array.of(0xff))).toBeUndefined();
  });
});
