import fc from "fast-check";
import { expect, test } from "vitest";
import { messageIds, messages, octets } from "./arbitrary-messages.ts";
import { BerWriter } from "./ber-writer.ts";
import { encodeMessage } from "./encode-message.ts";
import {
  encodeControls,
  encodeObjectName,
  encodeOperationBytes,
  encodePartialAttribute,
  encodeSearchEntry,
  writeEncodedOperation,
  writeSearchEntry,
} from "./encode-search-entry.ts";

const attributes = fc.array(
  fc.record({ type: fc.constantFrom("cn", "mail;lang-de"), vals: fc.array(octets, { maxLength: 4 }) }),
  { maxLength: 8 },
);
const objectNames = fc.constantFrom("", "uid=ada,dc=example,dc=com", `cn=${"x".repeat(200)}`);

test("any operation kept encoded gives the same octets as encoding the message", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const writer = new BerWriter(16);
      const controls = message.controls === undefined ? undefined : encodeControls(message.controls);
      writeEncodedOperation(writer, message.messageId, encodeOperationBytes(message.protocolOp), controls);
      expect(new Uint8Array(writer.finish())).toEqual(encodeMessage(message));
    }),
    { numRuns: 300 },
  );
});

test("an entry put together from kept attributes gives the same octets as encoding it", () => {
  fc.assert(
    fc.property(messageIds, objectNames, attributes, (messageId, objectName, list) => {
      const expected = encodeMessage({
        messageId,
        protocolOp: { type: "searchResEntry", objectName, attributes: list },
      });
      const writer = new BerWriter(16);
      writeSearchEntry(
        writer,
        messageId,
        encodeObjectName(objectName),
        list.map(({ type, vals }) => encodePartialAttribute(type, vals)),
      );
      writeEncodedOperation(writer, messageId, encodeSearchEntry(objectName, list));
      expect(new Uint8Array(writer.finish())).toEqual(new Uint8Array([...expected, ...expected]));
    }),
    { numRuns: 300 },
  );
});

test.each([-1, 0x80000000, 1.5, Number.NaN])(
  "messageID %s is refused and nothing is written",
  (messageId) => {
    const writer = new BerWriter();
    expect(() => writeEncodedOperation(writer, messageId, Uint8Array.of(0x42, 0))).toThrow(RangeError);
    expect(writer.length).toBe(0);
  },
);
