import { describe, expect, test } from "vitest";
import { BerWriter } from "./ber-writer.ts";
import { decodeMessage } from "./decode-message.ts";
import { encodeMessage, isRequest, isResponse, writeMessage } from "./encode-message.ts";
import { isLdapDecodeError, type LdapDecodeError } from "./ldap-error.ts";
import type { ProtocolOp } from "./message.ts";
import { OperationTag } from "./tag.ts";

const message = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

function errorOf(action: () => unknown): LdapDecodeError {
  try {
    action();
  } catch (error) {
    if (isLdapDecodeError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what an error tells", () => {
  test("an operation that is not known: its own code, with messageID and tag", () => {
    expect(errorOf(() => decodeMessage(message("30 05 02 01 09 5a 00")))).toMatchObject({
      code: "unknown-operation",
      messageId: 9,
      opTag: 0x5a,
    });
  });
  test("a fault inside an operation: messageID, tag and offset", () => {
    expect(errorOf(() => decodeMessage(message("30 06 02 01 09 50 01 ff")))).toMatchObject({
      code: "invalid-value",
      messageId: 9,
      opTag: OperationTag.abandonRequest,
      offset: 7,
    });
  });
  test("a fault before the messageID: neither", () => {
    const error = errorOf(() => decodeMessage(message("30 05 02 01 ff 42 00")));
    expect(error).toMatchObject({ code: "invalid-value", messageId: undefined, opTag: undefined });
  });
  test("its text does not quote the input", () => {
    const bytes = message("30 0e 02 01 01 60 09 02 01 03 04 02 c3 28 80 00");
    expect(errorOf(() => decodeMessage(bytes)).message).toBe("string is not UTF-8");
  });
});

describe("what RFC 4511 §4 lets later editions add", () => {
  test("a component behind the last one is ignored when its tag is not known", () => {
    expect(decodeMessage(message("30 0e 02 01 01 60 07 02 01 03 04 00 80 00 a9 00"))).toMatchObject({
      messageId: 1,
      protocolOp: { type: "bindRequest" },
    });
  });
  test("an authentication choice that is not known is handed on", () => {
    expect(decodeMessage(message("30 0d 02 01 01 60 08 02 01 03 04 00 8a 01 78")).protocolOp).toEqual({
      type: "bindRequest",
      version: 3,
      name: "",
      authentication: { type: "other", tag: 0x8a, value: Uint8Array.of(0x78) },
    });
  });
});

describe("limits", () => {
  const attributes = [
    { type: "cn", vals: [Uint8Array.of(1), Uint8Array.of(2)] },
    { type: "sn", vals: [Uint8Array.of(3)] },
  ];
  const bytes = encodeMessage({
    messageId: 1,
    protocolOp: { type: "addRequest", entry: "", attributes },
    controls: [
      { oid: "1.2", critical: false },
      { oid: "1.3", critical: true },
    ],
  });
  test.each([
    ["maxAttributes", 1],
    ["maxValues", 2],
    ["maxControls", 1],
  ] as const)("%s is kept", (name, limit) => {
    expect(errorOf(() => decodeMessage(bytes, { [name]: limit })).code).toBe("too-many");
    expect(decodeMessage(bytes, { [name]: limit + 1 }).messageId).toBe(1);
  });
  test("referrals are bounded", () => {
    const reference = encodeMessage({ messageId: 1, protocolOp: { type: "searchResRef", uris: ["a", "b"] } });
    expect(errorOf(() => decodeMessage(reference, { maxReferrals: 1 })).code).toBe("too-many");
  });
  test("limits that make no sense are a programmer's mistake", () => {
    expect(() => decodeMessage(bytes, { maxValues: 0 })).toThrow(RangeError);
    expect(() => decodeMessage(bytes, { maxDepth: 1001 })).toThrow(RangeError);
  });
});

describe("encoding what has no encoding", () => {
  const done = { resultCode: 0, matchedDN: "", diagnosticMessage: "" };
  const search = {
    type: "searchRequest",
    baseObject: "",
    scope: "baseObject",
    derefAliases: "neverDerefAliases",
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    attributes: [],
  } as const;
  const impossible: [string, ProtocolOp][] = [
    ["a negative result code", { type: "searchResDone", ...done, resultCode: -1 }],
    ["a reference to nowhere", { type: "searchResRef", uris: [] }],
    ["a fraction", { ...search, sizeLimit: 1.5, filter: { type: "present", attribute: "cn" } }],
    ["substrings of nothing", { ...search, filter: { type: "substrings", attribute: "cn", any: [] } }],
    [
      "an extensible match of nothing",
      { ...search, filter: { type: "extensibleMatch", value: new Uint8Array(), dnAttributes: false } },
    ],
    ["an unknown scope", { ...search, scope: "up" as never, filter: { type: "present", attribute: "cn" } }],
  ];
  test.each(impossible)("%s throws and leaves nothing behind", (_, protocolOp) => {
    const writer = new BerWriter();
    writer.integer(1);
    expect(() => writeMessage(writer, { messageId: 1, protocolOp })).toThrow(RangeError);
    expect(writer.finish().toString("hex")).toBe("020101");
  });
  test("a messageID out of range throws", () => {
    for (const messageId of [-1, 2 ** 31, 0.5]) {
      expect(() => encodeMessage({ messageId, protocolOp: { type: "unbindRequest" } })).toThrow(RangeError);
    }
  });
});

test("requests and responses are told apart", () => {
  expect(isRequest({ type: "unbindRequest" })).toBe(true);
  expect(isResponse({ type: "intermediateResponse" })).toBe(true);
});

test("decoding takes time in proportion to size", () => {
  const time = (count: number): number => {
    const vals = Array.from({ length: count }, () => new Uint8Array(8));
    const bytes = encodeMessage({
      messageId: 1,
      protocolOp: { type: "addRequest", entry: "", attributes: [{ type: "cn", vals }] },
    });
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round += 1) {
      const started = performance.now();
      decodeMessage(bytes);
      best = Math.min(best, performance.now() - started);
    }
    return best;
  };
  time(5000);
  // Ten times the size; a quadratic decoder would take a hundred times as long.
  expect(time(100_000)).toBeLessThan(Math.max(1, time(10_000)) * 40);
});
