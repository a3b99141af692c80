import fc from "fast-check";
import { expect, test } from "vitest";
import { messages } from "./arbitrary-messages.ts";
import { decodeMessage } from "./decode-message.ts";
import { encodeMessage } from "./encode-message.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { peekMessage } from "./peek-message.ts";

function decodesOrThrowsTyped(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof LdapDecodeError)) throw error;
  }
}

test("every message comes back from its encoding as it was", () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
    { numRuns: 600 },
  );
});

test("a peek agrees with the full decoding on messageID and extent", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodeMessage(message);
      const peeked = peekMessage(bytes);
      expect(peeked.messageId).toBe(message.messageId);
      expect(peeked.opTag).toBe(bytes[peeked.opStart]);
      expect(peeked.end).toBe(bytes.length);
      expect(peeked.opEnd < peeked.end).toBe(message.controls !== undefined);
    }),
    { numRuns: 200 },
  );
});

test("any octets decode or throw the one typed error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), decodesOrThrowsTyped), { numRuns: 2000 });
});

test("any content of an envelope decodes or throws the one typed error", () => {
  const operation = fc.tuple(fc.nat({ max: 255 }), fc.uint8Array({ maxLength: 100 }));
  fc.assert(
    fc.property(operation, ([tag, content]) => {
      const op = [0x02, 0x01, 0x05, tag, content.length, ...content];
      decodesOrThrowsTyped(Uint8Array.from([0x30, op.length, ...op]));
    }),
    { numRuns: 3000 },
  );
});

test("a valid message with octets changed decodes or throws the one typed error", () => {
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(messages, fc.array(change, { minLength: 1, maxLength: 4 }), (message, changes) => {
      const bytes = Uint8Array.from(encodeMessage(message));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      decodesOrThrowsTyped(bytes);
    }),
    { numRuns: 2000 },
  );
});

test("a valid message cut short anywhere is refused", () => {
  fc.assert(
    fc.property(messages, fc.nat(), (message, cut) => {
      const bytes = encodeMessage(message);
      expect(() => decodeMessage(bytes.subarray(0, cut % bytes.length))).toThrow(LdapDecodeError);
    }),
    { numRuns: 500 },
  );
});
