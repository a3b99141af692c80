import fc from "fast-check";
import { expect, test } from "vitest";
import { messages } from "./arbitrary-messages.ts";
import { encodeMessage } from "./encode-message.ts";
import { LdapFramer } from "./frame.ts";
import { LdapDecodeError } from "./ldap-error.ts";

function framesOf(stream: Uint8Array, cuts: readonly number[]): string[] {
  const framer = new LdapFramer();
  const frames: string[] = [];
  const places = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    framer.push(stream.slice(from, to));
    from = to;
    for (let frame = framer.next(); frame !== undefined; frame = framer.next())
      frames.push(frame.toString("hex"));
  }
  expect(framer.hasPartialFrame).toBe(false);
  return frames;
}

test("any way of cutting the stream gives the same messages", () => {
  const streams = fc.array(messages, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
      const encoded = sent.map((message) => Buffer.from(encodeMessage(message)));
      expect(framesOf(Buffer.concat(encoded), cuts)).toEqual(encoded.map((bytes) => bytes.toString("hex")));
    }),
    { numRuns: 300 },
  );
});

test("one octet at a time gives the same messages", () => {
  fc.assert(
    fc.property(fc.array(messages, { minLength: 1, maxLength: 4 }), (sent) => {
      const encoded = sent.map((message) => Buffer.from(encodeMessage(message)));
      const stream = Buffer.concat(encoded);
      const everywhere = Array.from({ length: stream.length }, (_, index) => index);
      expect(framesOf(stream, everywhere)).toEqual(encoded.map((bytes) => bytes.toString("hex")));
    }),
    { numRuns: 40 },
  );
});

test("any octets give messages or the one typed error, which then stays", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
      const framer = new LdapFramer();
      let fault: unknown;
      for (const chunk of chunks) {
        framer.push(chunk);
        try {
          while (framer.next() !== undefined);
          expect(fault).toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(LdapDecodeError);
          if (fault !== undefined) expect(error).toBe(fault);
          fault = error;
        }
      }
    }),
    { numRuns: 500 },
  );
});
