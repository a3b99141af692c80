import fc from "fast-check";
import { expect, test } from "vitest";
import { filters } from "./arbitrary-messages.ts";
import { BerReader } from "./ber-reader.ts";
import { BerWriter } from "./ber-writer.ts";
import { decodeFilter, encodeFilter } from "./filter-codec.ts";
import { filter } from "./filter-template.ts";
import { formatFilter, parseFilter } from "./filter-text.ts";
import { escapeFilterValue } from "./filter-value.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { defaultDecodeLimits } from "./limits.ts";

test("a filter comes back from its text as it was", () => {
  fc.assert(
    fc.property(filters, (value) => {
      expect(parseFilter(formatFilter(value))).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test("a filter comes back from its octets as it was", () => {
  fc.assert(
    fc.property(filters, (value) => {
      const writer = new BerWriter(16);
      encodeFilter(writer, value);
      expect(decodeFilter(new BerReader(writer.finish()), defaultDecodeLimits)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test("an escaped value is one literal value, whatever it holds", () => {
  const hostile = fc.string({ unit: fc.constantFrom(..."*()\\&|!=~<>:\0a\u00e9"), maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: "binary" })), (text) => {
      const expected = { type: "equalityMatch", attribute: "uid", value: new TextEncoder().encode(text) };
      expect(parseFilter(`(uid=${escapeFilterValue(text)})`)).toEqual(expected);
      expect(filter`(uid=${text})`).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("escaped octets are the same octets", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (value) => {
      expect(filter`(uid=${value})`).toEqual({ type: "equalityMatch", attribute: "uid", value });
    }),
    { numRuns: 500 },
  );
});

test("any text parses or throws the one typed error", () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .string({ unit: fc.constantFrom(..."(()))&|!=~<>:*\\ acdn20;.\0"), maxLength: 40 })
      .map((text) => `(${text}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        if (!(error instanceof LdapDecodeError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});
