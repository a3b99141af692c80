import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestAuthenticator, secret } from "../octets.fixture.ts";
import { decodePacket, encodePacket } from "../packet.ts";
import { decode } from "./attribute-codec.fixture.ts";
import type { AttributeDataType } from "./attribute-definition.ts";
import type { AttributeValue } from "./attribute-value.ts";
import { type Define, extendedAttribute, member, standardAttribute, vendorAttribute } from "./define.ts";
import { Dictionary } from "./dictionary.ts";
import { encodeAttribute } from "./encode-attribute.ts";

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((four) => four.join("."));
/** In the form in which addresses are read: what is written otherwise is another text for the same. */
const group = fc.integer({ min: 1, max: 0xffff }).map((one) => one.toString(16));
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((eight) => eight.join(":"));
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const unsigned = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });

/** Values of each data type, as they are read. */
const values: Readonly<Partial<Record<AttributeDataType, fc.Arbitrary<AttributeValue>>>> = {
  text,
  octets: fc.uint8Array({ minLength: 1, maxLength: 60 }),
  integer: unsigned(32),
  integer64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  byte: unsigned(8),
  short: unsigned(16),
  signed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  time: unsigned(32),
  ipv4addr: ipv4,
  ipv6addr: ipv6,
  "combo-ip": fc.oneof(ipv4, ipv6),
  ipv4prefix: ipv4.map((address) => `${address}/32`),
  ipv6prefix: ipv6.map((address) => `${address}/128`),
  ifid: fc.array(group, { minLength: 4, maxLength: 4 }).map((four) => four.join(":")),
  ether: fc
    .array(octet, { minLength: 6, maxLength: 6 })
    .map((six) => six.map((one) => one.toString(16).padStart(2, "0")).join(":")),
};
const dataTypes = Object.keys(values) as readonly AttributeDataType[];

/** Places where an attribute can stand. */
const places: readonly (readonly [string, Define])[] = [
  ["the standard space", standardAttribute],
  ["a Vendor-Specific", vendorAttribute(64_999)],
  [
    "a Vendor-Specific with types of four octets and no length",
    vendorAttribute(64_998, { typeOctets: 4, lengthOctets: 0 }),
  ],
  ["a Vendor-Specific with types of two octets", vendorAttribute(64_997, { typeOctets: 2, lengthOctets: 1 })],
  ["an Extended-Attribute", extendedAttribute(243)],
  ["a long Extended-Attribute", extendedAttribute(246)],
  ["an Extended-Attribute of a vendor", extendedAttribute(242, 64_999)],
  ["a long Extended-Attribute of a vendor", extendedAttribute(245, 64_999)],
];

describe.each(places)("in %s", (_, define) => {
  test.each(dataTypes)("a value of type %s is read as it was written", (dataType) => {
    const definition = define(200, "One", dataType);
    const dictionary = new Dictionary([definition]);
    fc.assert(
      fc.property(values[dataType] as fc.Arbitrary<AttributeValue>, (value) => {
        const sent = encodeAttribute(definition, value, { requestAuthenticator, secret });
        const received = decodePacket(encodePacket(2, 0, sent)).attributes;
        expect(decode(received, dictionary)).toMatchObject([{ name: "One", value, invalid: false }]);
      }),
      { numRuns: 30 },
    );
  });

  test("a value that is hidden behind a salt is read as it was written", () => {
    const definition = define(200, "One", "octets", { encryption: "tunnel-password" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (value) => {
        const sent = encodeAttribute(definition, value, { requestAuthenticator, secret });
        expect(decode(sent, new Dictionary([definition]))).toMatchObject([{ value, invalid: false }]);
      }),
      { numRuns: 30 },
    );
  });

  test("TLVs are read as they were written", () => {
    const types = dataTypes.filter((one) => one !== "text");
    const members = types.map((one, i) => member(i + 1, `Member-${one}`, one));
    const definition = define(200, "One", "tlv", { members });
    const inputs = fc
      .constantFrom(...types)
      .chain((one) =>
        (values[one] as fc.Arbitrary<AttributeValue>).map((value) => ({ name: `Member-${one}`, value })),
      );
    fc.assert(
      fc.property(fc.array(inputs, { minLength: 1, maxLength: 3 }), (inner) => {
        const sent = encodeAttribute(definition, inner, { requestAuthenticator, secret });
        expect(decode(sent, new Dictionary([definition]))).toMatchObject([{ value: inner, invalid: false }]);
      }),
      { numRuns: 50 },
    );
  });

  test("tags are read as they were written, before whatever value", () => {
    const tags = fc.integer({ min: 0, max: 31 });
    const traits = [
      ["text", { tagged: true }, text],
      ["octets", { tagged: true }, fc.uint8Array({ minLength: 1, maxLength: 60 })],
      [
        "octets",
        { tagged: true, encryption: "tunnel-password" },
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
      ],
      ["integer", { tagged: true }, unsigned(24)],
    ] as const;
    for (const [dataType, trait, some] of traits) {
      const definition = define(200, "One", dataType, trait);
      fc.assert(
        fc.property(some as fc.Arbitrary<AttributeValue>, tags, (value, tag) => {
          const sent = encodeAttribute(definition, value, { requestAuthenticator, secret, tag });
          const [one] = decode(sent, new Dictionary([definition]));
          expect(one).toMatchObject({ value, invalid: false });
          expect(one?.tag ?? 0).toBe(tag);
        }),
        { numRuns: 30 },
      );
    }
  });
});

test("values of any length that may go on are read as they were written", () => {
  const message = standardAttribute(79, "Message", "octets", { concat: true });
  const long = extendedAttribute(245)(7, "Long", "octets");
  const dictionary = new Dictionary([message, long]);
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 1_800 }),
    fc.constantFrom(251, 252, 253, 254, 502, 506, 753, 759),
  );
  fc.assert(
    fc.property(lengths, lengths, octet, (one, other, fill) => {
      const context = { requestAuthenticator, secret };
      const first = new Uint8Array(one).fill(fill);
      const second = new Uint8Array(other).fill(fill);
      const sent = [...encodeAttribute(message, first, context), ...encodeAttribute(long, second, context)];
      const received = decodePacket(encodePacket(1, 0, sent)).attributes;
      expect(decode(received, dictionary)).toMatchObject([
        { name: "Message", value: first },
        { name: "Long", value: second },
      ]);
    }),
    { numRuns: 200 },
  );
});

test("any prefix is read as what is left of it when the bits beyond its length are gone", () => {
  const definition = standardAttribute(97, "Prefix", "ipv6prefix");
  const dictionary = new Dictionary([definition]);
  const write = (value: string): AttributeValue | undefined =>
    decode(encodeAttribute(definition, value, { requestAuthenticator, secret }), dictionary)[0]?.value;
  fc.assert(
    fc.property(ipv6, fc.integer({ min: 0, max: 128 }), (address, bits) => {
      const once = write(`${address}/${bits}`) as string;
      expect(once).toMatch(new RegExp(`/${bits}$`));
      expect(write(once)).toBe(once);
    }),
  );
});
