import { describe, expect, test } from "vitest";
import { md4 } from "./md4.ts";
import { ntHash } from "./nt-hash.ts";

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");

describe("MD4, the test suite of RFC 1320 §A.5", () => {
  test.each([
    ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
    ["a", "bde52cb31de33e46245e05fbdbd6fb24"],
    ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
    ["message digest", "d9130a8164549fe818874806e1c7014b"],
    ["abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"],
    [
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "e33b4ddc9c38f2199c3e7b164fcc0536",
    ],
  ])("%j", (message, digest) => expect(hex(md4(Buffer.from(message)))).toBe(digest));

  test.each([55, 56, 57, 63, 64, 65, 119, 120])("of %i octets every octet counts", (length) => {
    const message = Buffer.alloc(length, 0x61);
    const digests = new Set([hex(md4(message))]);
    for (let i = 0; i < length; i++) {
      const other = Buffer.from(message);
      other[i] = 0x62;
      digests.add(hex(md4(other)));
    }
    expect(digests.size).toBe(length + 1);
  });
});

describe("the NT hash", () => {
  test("is that of the examples of RFC 2759 §9.2 and [MS-NLMP] §4.2.2", () => {
    expect(hex(ntHash("clientPass"))).toBe("44ebba8d5312b8d611474411f56989ae");
    expect(hex(ntHash("Password"))).toBe("a4f49c406510bdcab6824ee7c30fd852");
  });

  test("is the same for spellings that people hold for the same", () => {
    expect(hex(ntHash("cafe\u0301 au lait"))).toBe(hex(ntHash("caf\u00e9\u00a0au lait")));
  });
});
