import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeMsChapAnswer,
  encodeMsChapChallenge,
  encodeMsChapResult,
  MsChapOpCode,
} from "./eap-mschapv2.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";

/** A response as a device writes it. */
function response(name = "ada"): Uint8Array {
  const value = Uint8Array.from({ length: 49 }, (_, i) => i);
  const body = Buffer.concat([Uint8Array.of(value.length), value, Buffer.from(name)]);
  return Uint8Array.from([2, 9, 0, 4 + body.length, ...body]);
}

describe("EAP-MSCHAPv2", () => {
  it("sends a challenge with the length of all of it", () => {
    const octets = encodeMsChapChallenge(9, new Uint8Array(16).fill(7), "radius");
    expect([...octets.subarray(0, 5)]).toEqual([1, 9, 0, 27, 16]);
    expect(Buffer.from(octets.subarray(21)).toString()).toBe("radius");
  });

  it("tells a result in words", () => {
    const octets = encodeMsChapResult(MsChapOpCode.failure, 9, "E=691");
    expect([...octets.subarray(0, 4)]).toEqual([4, 9, 0, 9]);
    expect(Buffer.from(octets.subarray(4)).toString()).toBe("E=691");
  });

  it("reads a response", () => {
    const read = decodeMsChapAnswer(response());
    expect(read).toMatchObject({ identifier: 9, name: "ada" });
    expect(read.peerChallenge[0]).toBe(0);
    expect(read.ntResponse[0]).toBe(24);
    expect(read.ntResponse).toHaveLength(24);
  });

  it("refuses a response with another code, length or size, and an endless name", () => {
    const changed = (at: number, value: number): Uint8Array => {
      const octets = response();
      octets[at] = value;
      return octets;
    };
    expect(() => decodeMsChapAnswer(changed(0, 3))).toThrow(expect.objectContaining({ code: "bad-value" }));
    expect(() => decodeMsChapAnswer(changed(3, 3))).toThrow(expect.objectContaining({ code: "bad-length" }));
    expect(() => decodeMsChapAnswer(changed(4, 48))).toThrow(expect.objectContaining({ code: "bad-length" }));
    expect(() => decodeMsChapAnswer(response().subarray(0, 40))).toThrow(
      expect.objectContaining({ code: "truncated" }),
    );
    const long = Uint8Array.from([...response(""), ...new Uint8Array(254)]);
    long.set([long.length >> 8, long.length & 255], 2);
    expect(() => decodeMsChapAnswer(long)).toThrow(expect.objectContaining({ code: "oversized" }));
  });

  it("reads or refuses with a typed error, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        try {
          decodeMsChapAnswer(octets);
        } catch (error) {
          expect(isRadiusDecodeError(error)).toBe(true);
        }
      }),
    );
  });
});
