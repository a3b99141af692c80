import { describe, expect, test } from "vitest";
import { decodeDereferenceRequest, decodeDereferenceResponse } from "./dereference.ts";
import { decodeValuesReturnFilter } from "./values-return-filter.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("a request as ldapsearch -E deref=member:uid,cn sends it", () => {
  // SEQUENCE OF SEQUENCE { "member", SEQUENCE OF { "uid", "cn" } }
  const value = bytes("30 15 30 13 04 06 6d656d626572 30 09 04 03 756964 04 02 636e");
  expect(decodeDereferenceRequest(value)).toEqual([{ derefAttr: "member", attributes: ["uid", "cn"] }]);
});

const seventeen = Array.from({ length: 17 }, (_, i) => `3007 0401 ${(97 + i).toString(16)} 3002 0400`).join(
  "",
);

describe("a request is refused", () => {
  test.each([
    ["with nothing to follow", "3000", "invalid-value"],
    ["with nothing to return", "300c 300a 0406 6d656d626572 3000", "invalid-value"],
    [
      "that follows one attribute twice",
      "3012 3007 0401 61 3002 0400 3007 0401 41 3002 0400",
      "invalid-value",
    ],
    ["of over 16 attributes", `3081 99 ${seventeen}`, "too-many"],
    ["with something behind it", "3000 00", "invalid-value"],
  ])("%s", (_, hex, code) => {
    expect(() => decodeDereferenceRequest(bytes(hex))).toThrowError(expect.objectContaining({ code }));
  });

  test("of too many attributes to return", () => {
    const value = bytes(`3082 0207 3082 0203 0401 61 3082 01fc ${"0400".repeat(254)}`);
    expect(() => decodeDereferenceRequest(value, { maxAttributes: 253 })).toThrowError(
      expect.objectContaining({ code: "too-many" }),
    );
    expect(decodeDereferenceRequest(value, { maxAttributes: 254 })[0]?.attributes).toHaveLength(254);
  });
});

test("a response with and without attributes", () => {
  const value = bytes("301b 3011 0401 6d 0402 613d a008 3006 0401 75 3101 00 3006 0401 6d 0401 78");
  expect(() => decodeDereferenceResponse(value)).toThrow();
  const good = bytes("301c 3012 0401 6d 0402 613d a009 3007 0401 75 3102 0400 3006 0401 6d 0401 78");
  expect(decodeDereferenceResponse(good)).toEqual([
    { derefAttr: "m", derefVal: "a=", attrVals: [{ type: "u", vals: [new Uint8Array(0)] }] },
    { derefAttr: "m", derefVal: "x" },
  ]);
});

test.each([
  ["an and", "3002 a000"],
  ["an or", "3002 a100"],
  ["a not", "3005 a203 8701 61"],
  ["a look at the DN", "300b a909 8201 61 8301 62 8401 ff"],
])("a values return filter with %s is refused", (_, hex) => {
  expect(() => decodeValuesReturnFilter(bytes(hex))).toThrowError(
    expect.objectContaining({ code: expect.stringMatching(/invalid-value|too-deep/) }),
  );
});
