import { describe, expect, it } from "vitest";
import { encodeEapMessage } from "./eap-packet.ts";
import { decodeResultTlv, encodeResultTlv } from "./result-tlv.ts";

const withTlvs = (...data: number[]): Uint8Array =>
  encodeEapMessage({ code: 2, identifier: 5, type: 33, data: Uint8Array.from(data) });

describe("the Result TLV of PEAP", () => {
  it("has the octets that Windows expects", () => {
    expect(Buffer.from(encodeResultTlv(1, 5, true)).toString("hex")).toBe("0105000b21800300020001");
    expect(Buffer.from(encodeResultTlv(1, 5, false)).toString("hex")).toBe("0105000b21800300020002");
  });

  it("says success in a response with the right identifier, and nothing else does", () => {
    expect(decodeResultTlv(encodeResultTlv(2, 5, true), 5)).toBe(true);
    expect(decodeResultTlv(encodeResultTlv(2, 5, false), 5)).toBe(false);
    expect(decodeResultTlv(encodeResultTlv(2, 6, true), 5)).toBe(false);
    expect(decodeResultTlv(encodeResultTlv(1, 5, true), 5)).toBe(false);
    expect(decodeResultTlv(withTlvs(), 5)).toBe(false);
    expect(decodeResultTlv(withTlvs(0x80, 3, 0, 2), 5)).toBe(false);
    expect(decodeResultTlv(withTlvs(0x80, 3, 0, 1, 1), 5)).toBe(false);
  });

  it("is found behind others", () => {
    expect(decodeResultTlv(withTlvs(0, 9, 0, 3, 1, 2, 3, 0x80, 3, 0, 2, 0, 1), 5)).toBe(true);
  });
});
