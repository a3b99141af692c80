import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, inHex } from "./attribute-codec.fixture.ts";
import { type AttributeDefinition, formatPath } from "./attribute-definition.ts";
import { Dictionary } from "./dictionary.ts";
import { isDictionarySyntaxError } from "./dictionary-syntax-error.ts";
import { maxDictionaryLength, parseDictionary } from "./parse-dictionary.ts";
import { standardDictionary } from "./standard-dictionary.ts";

/** What was read, in short: path, name, data type. */
function brief(definitions: readonly AttributeDefinition[]): string[] {
  return definitions.flatMap(({ path, name, dataType, members = [] }) => [
    `${formatPath(path)} ${name} ${dataType}`,
    ...brief(members),
  ]);
}

const acme = `
# What Acme's switches know.
VENDOR		Acme		64999

BEGIN-VENDOR	Acme
ATTRIBUTE	Acme-Role		1	string
attribute	Acme-Level		2	integer	# of 15
VALUE		Acme-Level		Guest			1
VALUE		Acme-Level		Root			0x0f
ATTRIBUTE	Acme-Key		3	octets[16]	encrypt=2
ATTRIBUTE	Acme-Zone		4	string	has_tag,encrypt=2
ATTRIBUTE	Acme-Pin		5	string	encrypt=1
ATTRIBUTE	Acme-Box		6	tlv
BEGIN-TLV	Acme-Box
ATTRIBUTE	Acme-Inner		1	ipaddr
ATTRIBUTE	Acme-Inner-Box		2	tlv
BEGIN-TLV	Acme-Inner-Box
ATTRIBUTE	Acme-Innermost		1	date	array
END-TLV		Acme-Inner-Box
END-TLV		Acme-Box
ATTRIBUTE	Acme-Old-Style		6.3	byte
END-VENDOR	Acme
`;

describe("a dictionary of a vendor", () => {
  const definitions = parseDictionary(acme);
  const dictionary = standardDictionary.extend(definitions);

  test("has its attributes, and those within TLVs", () => {
    expect(brief(definitions)).toEqual([
      "26.64999.1 Acme-Role text",
      "26.64999.2 Acme-Level integer",
      "26.64999.3 Acme-Key octets",
      "26.64999.4 Acme-Zone text",
      "26.64999.5 Acme-Pin text",
      "26.64999.6 Acme-Box tlv",
      "26.64999.6.1 Acme-Inner ipv4addr",
      "26.64999.6.2 Acme-Inner-Box tlv",
      "26.64999.6.2.1 Acme-Innermost time",
      "26.64999.6.3 Acme-Old-Style byte",
    ]);
  });

  test("has their traits and the names of their values", () => {
    expect(dictionary.byName("Acme-Level")?.values).toEqual({ Guest: 1, Root: 15 });
    expect(dictionary.byName("Acme-Key")).toMatchObject({ encryption: "tunnel-password" });
    expect(dictionary.byName("Acme-Zone")).toMatchObject({ tagged: true, encryption: "tunnel-password" });
    expect(dictionary.byName("Acme-Pin")).toMatchObject({ encryption: "user-password" });
  });

  test("is what attributes are written by", () => {
    expect(inHex(encode("acme-level", "root", undefined, dictionary))).toEqual(["26:0000fde702060000000f"]);
    expect(
      inHex(encode("Acme-Box", { "Acme-Inner": "192.0.2.1", "Acme-Old-Style": 7 }, undefined, dictionary)),
    ).toEqual(["26:0000fde7060b0106c0000201030307"]);
  });

  test("may have lines that end as they do on Windows", () => {
    expect(brief(parseDictionary(acme.replaceAll("\n", "\r\n")))).toEqual(brief(definitions));
  });
});

describe("places", () => {
  test.each([
    ["ATTRIBUTE X 200 string", "200 X text"],
    ["ATTRIBUTE X 0xc8 string", "200 X text"],
    ["ATTRIBUTE X 241.200 integer", "241.200 X integer"],
    ["ATTRIBUTE X 245.26.9.7 octets", "245.26.9.7 X octets"],
    ["ATTRIBUTE X 26.9.200 octets", "26.9.200 X octets"],
    ["VENDOR V 7\nATTRIBUTE X 200 string V", "26.7.200 X text"],
    [
      "VENDOR V 7\nBEGIN-VENDOR V format=Extended-Vendor-Specific-5\nATTRIBUTE X 1 octets\nEND-VENDOR V",
      "245.26.7.1 X octets",
    ],
    [
      "VENDOR V 7\nBEGIN-VENDOR V parent=Extended-Vendor-Specific-1\nATTRIBUTE X 1 octets\nEND-VENDOR V",
      "241.26.7.1 X octets",
    ],
  ])("%s", (text, expected) => expect(brief(parseDictionary(text))).toEqual([expected]));

  test("formats of vendors go with their attributes", () => {
    const text = "VENDOR V 429 format=4,0\nBEGIN-VENDOR V\nATTRIBUTE X 0xBF38 integer\nEND-VENDOR V";
    const dictionary = new Dictionary(parseDictionary(text));
    expect(dictionary.vendorFormat(429)).toEqual({ typeOctets: 4, lengthOctets: 0 });
    expect(inHex(encode("X", 7, undefined, dictionary))).toEqual(["26:000001ad0000bf3800000007"]);
  });
});

describe("what is known already", () => {
  test("is given more values, also before others are", () => {
    const text = "VALUE Acct-Terminate-Cause Fire 90\nVALUE X One 1\nATTRIBUTE X 200 integer";
    const dictionary = standardDictionary.extend(parseDictionary(text));
    const before = standardDictionary.byName("Acct-Terminate-Cause")?.values;
    expect(dictionary.byName("Acct-Terminate-Cause")?.values).toEqual({ ...before, Fire: 90 });
    expect(dictionary.byName("X")?.values).toEqual({ One: 1 });
  });

  test("is given more members", () => {
    const dictionary = standardDictionary.extend(parseDictionary("ATTRIBUTE X 241.5.99 string"));
    expect(dictionary.byPath({ extended: 241, type: 5, nested: [99] })?.name).toBe("X");
    expect(dictionary.byName("IP-Port-Limit-Info")?.members).toHaveLength(4);
    expect(dictionary.byName("IP-Port-Limit")).toBeDefined();
  });

  test("is given more members also within members", () => {
    const base = standardDictionary.extend(parseDictionary(acme));
    const dictionary = base.extend(parseDictionary("ATTRIBUTE X 26.64999.6.2.9 byte", base));
    expect(dictionary.byPath({ vendor: 64_999, type: 6, nested: [2, 9] })?.name).toBe("X");
    expect(dictionary.byPath({ vendor: 64_999, type: 6, nested: [2, 1] })?.name).toBe("Acme-Innermost");
    expect(dictionary.byName("Acme-Inner")).toBeDefined();
  });

  test("is written in the format of its vendor", () => {
    const text = "VENDOR V 429 format=4,0\nATTRIBUTE X 1 string V";
    const base = new Dictionary(parseDictionary(text));
    const dictionary = base.extend(parseDictionary("ATTRIBUTE Y 26.429.300 string", base));
    expect(inHex(encode("Y", "y", undefined, dictionary))).toEqual(["26:000001ad0000012c79"]);
  });

  test("is what the host says", () => {
    expect(() => parseDictionary("VALUE Service-Type X 99", new Dictionary())).toThrow("Service-Type");
  });
});

describe("is refused by its line", () => {
  const vendor = "VENDOR V 7\nBEGIN-VENDOR V\n";
  test.each([
    ["another file", "$INCLUDE dictionary.other", 1, "other files"],
    ["another file, if it is there", "\n$INCLUDE- dictionary.other", 2, "other files"],
    ["a word that is none", "\n\nPROTOCOL RADIUS 1", 3, "PROTOCOL"],
    ["an attribute without a type", "ATTRIBUTE X 1", 1, "data type"],
    ["a data type that is none", "ATTRIBUTE X 1 map", 1, "map"],
    ["a number that is none", "ATTRIBUTE X one string", 1, "number"],
    ["a number with a hole", "ATTRIBUTE X 241..1 string", 1, "number"],
    ["a number that is out of range", "ATTRIBUTE X 3000 string", 1, "range"],
    ["a flag that is none", "ATTRIBUTE X 200 string sparkling", 1, "sparkling"],
    ["the encryption of Ascend", "ATTRIBUTE X 200 string encrypt=3", 1, "encrypt=3"],
    ["a tag where there is none", "ATTRIBUTE X 200 ipaddr has_tag", 1, "tag"],
    ["a value without a number", "ATTRIBUTE X 200 integer\nVALUE X One", 2, "VALUE"],
    ["a value of nothing", "\nVALUE X One 1", 2, "no attribute X"],
    ["a value of text", "ATTRIBUTE X 200 string\nVALUE X One 1", 2, "whole numbers"],
    ["a value that is out of range", "ATTRIBUTE X 200 byte\nVALUE X One 256", 2, "range"],
    ["a vendor without a number", "VENDOR V", 1, "VENDOR"],
    ["a vendor that does not exist", "BEGIN-VENDOR V", 1, "no vendor V"],
    ["a vendor within a vendor", `${vendor}BEGIN-VENDOR V`, 3, "within"],
    ["a vendor that has not begun", "VENDOR V 7\nEND-VENDOR V", 2, "begun"],
    ["a vendor that does not end", vendor, 3, "END-VENDOR"],
    [
      "a vendor's number above three octets",
      "VENDOR V 0xffffffff\nATTRIBUTE X 1 string V",
      2,
      "three octets",
    ],
    ["values that go on in other attributes", "VENDOR V 7 format=1,1,c", 1, "format"],
    ["a format that is none", "VENDOR V 7 format=3,1", 1, "format"],
    ["a vendor with more to say", "VENDOR V 7 sparkling", 1, "format="],
    ["a vendor within what is no evs", "VENDOR V 7\nBEGIN-VENDOR V format=User-Name", 2, "evs"],
    ["a tlv that does not exist", "BEGIN-TLV X", 1, "no tlv X"],
    ["a tlv that is text", "ATTRIBUTE X 200 string\nBEGIN-TLV X", 2, "no tlv X"],
    ["a tlv that has not begun", "END-TLV X", 1, "begun"],
    ["a tlv that does not end", "ATTRIBUTE X 200 tlv\nBEGIN-TLV X", 2, "END-TLV"],
    [
      "a tlv that reaches beyond its vendor",
      `${vendor}ATTRIBUTE X 1 tlv\nBEGIN-TLV X\nEND-VENDOR V`,
      5,
      "END-TLV",
    ],
    ["what stands in no tlv", "ATTRIBUTE X 200.1 string", 1, "no tlv"],
    ["what stands in text", "ATTRIBUTE X 200 string\nATTRIBUTE Y 200.1 string", 2, "no tlv"],
  ])("%s", (_, text, line, message) => {
    expect(() => parseDictionary(text)).toThrow(
      expect.objectContaining({ name: "DictionarySyntaxError", line }),
    );
    expect(() => parseDictionary(text)).toThrow(message);
  });

  test("more than anybody has to say", () => {
    expect(parseDictionary("#".repeat(maxDictionaryLength))).toEqual([]);
    expect(() => parseDictionary("#".repeat(maxDictionaryLength + 1))).toThrow("longer than");
  });

  test("whatever else it is, with the one error there is", () => {
    const words = fc.constantFrom(
      ...["ATTRIBUTE", "VALUE", "VENDOR", "BEGIN-VENDOR", "END-VENDOR", "BEGIN-TLV", "END-TLV", "$INCLUDE"],
      ...[
        "X",
        "Y",
        "User-Name",
        "IP-Port-Limit-Info",
        "__proto__",
        "1",
        "241.5.1",
        "26.9.1",
        "0xff",
        "-1",
        "1..2",
      ],
      ...["string", "integer", "tlv", "evs", "has_tag", "encrypt=2", "concat", "format=2,1", "#", ""],
    );
    const lines = fc.array(words, { maxLength: 6 }).map((some) => some.join(" "));
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 12 }), (text) => {
        try {
          parseDictionary(text.join("\n"));
        } catch (error) {
          if (!isDictionarySyntaxError(error)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
