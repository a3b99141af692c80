import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VendorFormat } from "./dictionary/attribute-definition.ts";
import { octetsOf, textOctets } from "./octets.fixture.ts";
import { decodeVendorSpecific, encodeVendorAttribute } from "./vendor-attribute.ts";

const formats: readonly VendorFormat[] = ([1, 2, 4] as const).flatMap((typeOctets) =>
  ([0, 1, 2] as const).map((lengthOctets) => ({ typeOctets, lengthOctets })),
);

describe("the octets", () => {
  test("are those that RFC 2865 recommends", () => {
    const { type, value } = encodeVendorAttribute(9, 1, textOctets("a=b"));
    expect(type).toBe(26);
    expect(value).toEqual(octetsOf("00000009 01 05 613d62"));
  });

  test.each([
    [
      "of US Robotics, with types of four octets and no length",
      429,
      { typeOctets: 4, lengthOctets: 0 },
      "000001ad 0000bf38 07",
    ],
    ["of Lucent, with types of two octets", 4846, { typeOctets: 2, lengthOctets: 1 }, "000012ee bf38 04 07"],
    [
      "of Starent, with two octets of each",
      8164,
      { typeOctets: 2, lengthOctets: 2 },
      "00001fe4 bf38 0005 07",
    ],
  ] as const)("are those %s", (_, vendor, format, hex) => {
    const { value } = encodeVendorAttribute(vendor, 0xbf38, Uint8Array.of(7), format);
    expect(value).toEqual(octetsOf(hex));
    expect(decodeVendorSpecific(value, format)?.attributes).toEqual([
      { type: 0xbf38, value: Uint8Array.of(7) },
    ]);
  });
});

test.each(formats)("what is written in format $typeOctets,$lengthOctets is read as it was", (format) => {
  const types = fc.integer({ min: 0, max: 256 ** format.typeOctets - 1 });
  const room = 253 - 4 - format.typeOctets - format.lengthOctets;
  fc.assert(
    fc.property(
      fc.nat({ max: 0xff_ffff }),
      types,
      fc.uint8Array({ maxLength: room }),
      (vendor, type, value) => {
        const written = encodeVendorAttribute(vendor, type, value, format);
        expect(decodeVendorSpecific(written.value, format)).toEqual({
          vendor,
          attributes: [{ type, value }],
        });
      },
    ),
  );
  expect(() => encodeVendorAttribute(9, 1, new Uint8Array(room + 1), format)).toThrow(RangeError);
  expect(() => encodeVendorAttribute(9, 256 ** format.typeOctets, new Uint8Array(), format)).toThrow(
    RangeError,
  );
});

test("several attributes of a vendor in one are all read", () => {
  expect(decodeVendorSpecific(octetsOf("00000137 10 03 aa 11 02 10 04 bbcc"))).toEqual({
    vendor: 311,
    attributes: [
      { type: 16, value: octetsOf("aa") },
      { type: 17, value: octetsOf("") },
      { type: 16, value: octetsOf("bbcc") },
    ],
  });
});

test.each([
  "",
  "000137",
  "00000137",
  "0000013710",
  "00000137 10 00",
  "00000137 10 01",
  "00000137 10 04 aa",
  "00000137 10 03 aa 11",
])("of '%s' nothing is read", (hex) => expect(decodeVendorSpecific(octetsOf(hex))).toBeUndefined());

test("a vendor is a number of three octets", () => {
  for (const vendor of [-1, 1.5, 0x100_0000])
    expect(() => encodeVendorAttribute(vendor, 1, new Uint8Array(1))).toThrow(RangeError);
});

test("any octets are read or not, in any format", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 253 }), fc.constantFrom(...formats), (octets, format) => {
      const { attributes = [] } = decodeVendorSpecific(octets, format) ?? {};
      const header = format.typeOctets + format.lengthOctets;
      const length = attributes.reduce((sum, { value }) => sum + header + value.length, 4);
      if (attributes.length > 0) expect(length).toBe(octets.length);
    }),
    { numRuns: 500 },
  );
});
