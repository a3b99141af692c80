import { describe, expect, test } from "vitest";
import { encodeMessage } from "./encode-message.ts";
import { LdapFramer, maxFrameBytesAfterBind } from "./frame.ts";

const unbind = Buffer.from("30050201074200", "hex");

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

/** What the framer says after each octet of `hex`, fed singly: the code of its error, or undefined. */
function codesPerOctet(framer: LdapFramer, hex: string): unknown[] {
  return [...Buffer.from(hex, "hex")].map((octet) => {
    framer.push(Uint8Array.of(octet));
    return codeOf(() => framer.next());
  });
}

describe("what is refused at the octet that shows it", () => {
  test("a first octet other than 0x30", () => {
    expect(codesPerOctet(new LdapFramer(), "16")).toEqual(["unexpected-tag"]);
  });
  test("an indefinite length", () => {
    expect(codesPerOctet(new LdapFramer(), "3080")).toEqual([undefined, "bad-length"]);
  });
  test("more than four length octets", () => {
    expect(codesPerOctet(new LdapFramer(), "3085")).toEqual([undefined, "bad-length"]);
  });
  test("a length over the limit, at its first decisive octet", () => {
    expect(codesPerOctet(new LdapFramer(), "3084ff")).toEqual([undefined, undefined, "too-large"]);
    expect(codesPerOctet(new LdapFramer(), "30840004")).toEqual([
      undefined,
      undefined,
      undefined,
      "too-large",
    ]);
  });
});

test("the limit counts the whole message, header included", () => {
  const framer = new LdapFramer({ maxFrameBytes: 64 });
  framer.push(Buffer.concat([Buffer.from([0x30, 62]), Buffer.alloc(62)]));
  expect(framer.next()?.length).toBe(64);
  framer.push(Buffer.from([0x30, 63]));
  expect(codeOf(() => framer.next())).toBe("too-large");
});

test("a raised limit lets the next message in, a lowered one refuses the one that is pending", () => {
  const large = encodeMessage({
    messageId: 1,
    protocolOp: { type: "extendedReq", requestName: "1.2", requestValue: new Uint8Array(300_000) },
  });
  const raised = new LdapFramer();
  raised.push(unbind);
  expect(raised.next()).toEqual(unbind);
  raised.maxFrameBytes = maxFrameBytesAfterBind;
  raised.push(large);
  expect(raised.next()?.length).toBe(large.length);

  raised.push(large.subarray(0, 10));
  expect(raised.next()).toBeUndefined();
  raised.maxFrameBytes = 64;
  expect(codeOf(() => raised.next())).toBe("too-large");
});

test("a message within one chunk is a view of it, one over several is joined", () => {
  const framer = new LdapFramer();
  const chunk = Buffer.concat([unbind, unbind, unbind.subarray(0, 3)]);
  framer.push(chunk);
  expect(framer.next()?.buffer).toBe(chunk.buffer);
  expect(framer.next()?.buffer).toBe(chunk.buffer);
  expect(framer.next()).toBeUndefined();
  expect(framer.bufferedBytes).toBe(3);
  expect(framer.hasPartialFrame).toBe(true);
  framer.push(unbind.subarray(3));
  expect(framer.next()).toEqual(unbind);
  expect(framer.hasPartialFrame).toBe(false);
});

test("what follows a message can be taken out unread", () => {
  const framer = new LdapFramer();
  framer.push(Buffer.concat([unbind, unbind.subarray(0, 4)]));
  framer.push(unbind.subarray(4, 6));
  expect(framer.next()).toEqual(unbind);
  expect(framer.takeRest()).toEqual(unbind.subarray(0, 6));
  expect(framer.bufferedBytes).toBe(0);
  expect(framer.takeRest().length).toBe(0);
  framer.push(unbind);
  expect(framer.next()).toEqual(unbind);
});

test("nothing that is pushed after a fault is kept", () => {
  const framer = new LdapFramer();
  framer.push(Uint8Array.of(0));
  expect(codeOf(() => framer.next())).toBe("unexpected-tag");
  framer.push(unbind);
  expect(framer.bufferedBytes).toBe(0);
  expect(codeOf(() => framer.next())).toBe("unexpected-tag");
});

test("a large message in single octets is joined in linear time and memory", () => {
  const size = 1_000_000;
  const message = Buffer.concat([
    Buffer.from("3083", "hex"),
    Buffer.from([0x0f, 0x42, 0x40]),
    Buffer.alloc(size, 1),
  ]);
  const framer = new LdapFramer({ maxFrameBytes: maxFrameBytesAfterBind });
  const started = performance.now();
  let frame: Buffer | undefined;
  for (let i = 0; i < message.length; i += 1) {
    framer.push(message.subarray(i, i + 1));
    frame = framer.next();
  }
  expect(frame?.equals(message)).toBe(true);
  expect(performance.now() - started).toBeLessThan(3000);
});
