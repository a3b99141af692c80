import { describe, expect, it } from "vitest";
import { md4 } from "./md4.ts";
import { authenticatorResponse, decodeChap2Response, msChapSessionKeys, ntResponse } from "./mschapv2.ts";

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

// RFC 2759 §9.2.
const input = {
  authenticatorChallenge: octets("5b5d7c7d7b3f2f3e3c2c602132262628"),
  peerChallenge: octets("21402324255e262a28295f2b3a337c7e"),
  name: "User",
};
const ntHash = octets("44ebba8d5312b8d611474411f56989ae");
const response = octets("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");

describe("MS-CHAPv2", () => {
  it("answers a challenge as in RFC 2759", () => {
    expect(hex(ntResponse(ntHash, input))).toBe(hex(response));
  });

  it("proves that the server knows the password too, as in RFC 2759", () => {
    expect(authenticatorResponse(ntHash, { ...input, ntResponse: response })).toBe(
      "S=407A5589115FD0D6209F510FE9C04566932CDA56",
    );
  });

  it("leaves a Windows domain before the name out", () => {
    expect(ntResponse(ntHash, { ...input, name: "OFFICE\\User" })).toEqual(response);
  });

  it("makes session keys as in RFC 3079", () => {
    const { sendKey, recvKey } = msChapSessionKeys(ntHash, response);
    expect(hex(sendKey)).toBe("8b7cdc149b993a1ba118cb153f56dccb");
    expect(recvKey).toHaveLength(16);
    expect(hex(recvKey)).not.toBe(hex(sendKey));
  });

  it("reads a response in RADIUS by its 50 octets", () => {
    const value = Uint8Array.from({ length: 50 }, (_, i) => i);
    expect(decodeChap2Response(value)).toEqual({
      identifier: 0,
      peerChallenge: value.slice(2, 18),
      ntResponse: value.slice(26),
    });
    expect(() => decodeChap2Response(value.subarray(1))).toThrow(
      expect.objectContaining({ code: "bad-length" }),
    );
  });
});

describe("MD4", () => {
  it.each([
    ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
    ["a", "bde52cb31de33e46245e05fbdbd6fb24"],
    ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
    ["message digest", "d9130a8164549fe818874806e1c7014b"],
    ["abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
  ])("of %j is that of RFC 1320", (text, digest) => {
    expect(hex(md4(new TextEncoder().encode(text)))).toBe(digest);
  });

  it("of the NT hash is that of RFC 2759", () => {
    expect(hex(md4(ntHash))).toBe("41c00c584bd2d91c4017a2a12fa59f3f");
  });

  it("takes one block and no more", () => {
    expect(md4(new Uint8Array(55))).toHaveLength(16);
    expect(() => md4(new Uint8Array(56))).toThrow(RangeError);
  });
});
