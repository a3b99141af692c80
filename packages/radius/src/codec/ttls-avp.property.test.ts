import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRadiusDecodeError } from "./radius-decode-error.ts";
import { decodeAvps, encodeAvps, maxAvps, type TtlsAvp } from "./ttls-avp.ts";

const number = fc.integer({ min: 0, max: 0xffff_ffff });
const avp: fc.Arbitrary<TtlsAvp> = fc.record({
  code: number,
  vendor: number,
  mandatory: fc.boolean(),
  value: fc.uint8Array({ maxLength: 70 }),
});

describe("the AVPs of EAP-TTLS", () => {
  it("come back from their octets as they were, on boundaries of four octets", () => {
    fc.assert(
      fc.property(fc.array(avp, { maxLength: maxAvps }), (avps) => {
        const octets = encodeAvps(avps);
        expect(octets.length % 4).toBe(0);
        expect(decodeAvps(octets)).toEqual(avps);
      }),
    );
  });

  it("are read or refused with a typed error, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
        try {
          decodeAvps(octets);
        } catch (error) {
          expect(isRadiusDecodeError(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("may lack the padding of the last one", () => {
    const octets = encodeAvps([{ code: 1, vendor: 0, mandatory: true, value: Uint8Array.of(1, 2, 3) }]);
    expect(decodeAvps(octets.subarray(0, 11))).toEqual(decodeAvps(octets));
  });

  it("are at most 64", () => {
    const one: TtlsAvp = { code: 1, vendor: 0, mandatory: false, value: new Uint8Array(0) };
    const octets = encodeAvps(Array.from({ length: maxAvps + 1 }, () => one));
    expect(() => decodeAvps(octets)).toThrow(expect.objectContaining({ code: "too-many-attributes" }));
  });

  it.each([
    ["a length below that of its header", [0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0], "bad-length"],
    ["a vendor without room for it", [0, 0, 0, 1, 0x80, 0, 0, 8, 0, 0, 0, 0], "bad-length"],
    ["a length beyond the end", [0, 0, 0, 1, 0, 0, 0, 13, 0, 0, 0, 0], "bad-length"],
    ["half a header", [0, 0, 0, 1, 0, 0, 0], "truncated"],
  ])("are refused for %s", (_what, octets, code) => {
    expect(() => decodeAvps(Uint8Array.from(octets))).toThrow(expect.objectContaining({ code }));
  });
});
