import { describe, expect, test } from "vitest";
import { type AttributeDefinition, formatPath, nameOfValue } from "./attribute-definition.ts";
import { extendedAttribute, member, standardAttribute, vendorAttribute } from "./define.ts";
import { Dictionary } from "./dictionary.ts";
import { standardDictionary } from "./standard-dictionary.ts";

const acme = vendorAttribute(64_999);

describe("looking up", () => {
  test("names are found in whatever case", () => {
    expect(standardDictionary.byName("tunnel-private-group-ID")?.path).toEqual({ type: 81 });
    expect(standardDictionary.byName("No-Such-Attribute")).toBeUndefined();
    expect(standardDictionary.byName("constructor")).toBeUndefined();
  });

  test.each([
    ["User-Name", "1"],
    ["Cisco-AVPair", "26.9.1"],
    ["MS-MPPE-Recv-Key", "26.311.17"],
    ["Frag-Status", "241.1"],
    ["SAML-Assertion", "245.1"],
    ["Extended-Vendor-Specific-6", "246.26"],
    ["IP-Port-Limit", "241.5.2"],
    ["IPv6-6rd-Prefix", "173.2"],
  ])("%s stands at %s, and is found there", (name, path) => {
    const definition = standardDictionary.byName(name) as AttributeDefinition;
    expect(formatPath(definition.path)).toBe(path);
    expect(standardDictionary.byPath({ ...definition.path })).toBe(definition);
  });

  test("a place that nobody defined is not found", () => {
    for (const path of [
      { type: 0 },
      { type: 999 },
      { vendor: 9, type: 254 },
      { extended: 241, type: 254 },
      { type: 1, nested: [1] },
    ])
      expect(standardDictionary.byPath(path)).toBeUndefined();
  });

  test("every name leads to one definition, of which the place leads back to the name", () => {
    const { names } = standardDictionary;
    expect(names.length).toBeGreaterThan(300);
    for (const name of names) {
      const definition = standardDictionary.byName(name) as AttributeDefinition;
      expect(definition.name).toBe(name);
      expect(standardDictionary.byPath(definition.path)?.name).toBe(name);
    }
  });

  test("values have names", () => {
    const definition = standardDictionary.byName("Tunnel-Type") as AttributeDefinition;
    expect(nameOfValue(definition, 13)).toBe("VLAN");
    expect(nameOfValue(definition, 99)).toBeUndefined();
    expect(nameOfValue(standardDictionary.byName("User-Name") as AttributeDefinition, 1)).toBeUndefined();
  });
});

describe("extending", () => {
  test("leaves the dictionary as it was", () => {
    const more = standardDictionary.extend([acme(1, "Acme-Role", "text")]);
    expect(more.byName("acme-role")?.path).toEqual({ vendor: 64_999, type: 1 });
    expect(more.byName("User-Name")).toBe(standardDictionary.byName("User-Name"));
    expect(standardDictionary.byName("Acme-Role")).toBeUndefined();
    expect(more.names).toHaveLength(standardDictionary.names.length + 1);
  });

  test("gives a place another name, under which it is read", () => {
    const more = standardDictionary.extend([standardAttribute(11, "Filter-Group", "text")]);
    expect(more.byPath({ type: 11 })?.name).toBe("Filter-Group");
    expect(more.byName("Filter-Id")?.path).toEqual({ type: 11 });
    const again = more.extend([standardAttribute(11, "Filter-Id", "octets")]);
    expect(again.byPath({ type: 11 })).toMatchObject({ name: "Filter-Id", dataType: "octets" });
    expect(again.extend([]).byPath({ type: 11 })?.name).toBe("Filter-Id");
  });

  test("gives a TLV other members in place of its own", () => {
    const tlv = (...names: readonly string[]): AttributeDefinition =>
      acme(9, "Acme-Box", "tlv", { members: names.map((name, i) => member(i + 1, name, "text")) });
    const dictionary = new Dictionary([tlv("Acme-One", "Acme-Two")]).extend([tlv("Acme-One")]);
    expect(dictionary.byName("Acme-One")).toBeDefined();
    expect(dictionary.byName("Acme-Two")).toBeUndefined();
  });

  test("a name stands for one place", () => {
    expect(() => standardDictionary.extend([acme(1, "user-name", "text")])).toThrow(/^user-name: /);
  });

  test("a name within a TLV may be within others, and stands for the first", () => {
    const members = [member(1, "Acme-Inner", "text")];
    const dictionary = new Dictionary([
      acme(1, "Acme-A", "tlv", { members }),
      acme(2, "Acme-B", "tlv", { members }),
    ]);
    expect(formatPath(dictionary.byName("Acme-Inner")?.path ?? { type: 0 })).toBe("26.64999.1.1");
    expect(dictionary.byPath({ vendor: 64_999, type: 2, nested: [1] })?.name).toBe("Acme-Inner");
    expect(() => dictionary.extend([standardAttribute(200, "Acme-Inner", "text")])).toThrow(/^Acme-Inner: /);
  });

  test("a vendor has one format", () => {
    const other = vendorAttribute(64_999, { typeOctets: 2, lengthOctets: 1 });
    const dictionary = new Dictionary([other(1, "Acme-Role", "text")]);
    expect(dictionary.vendorFormat(64_999)).toEqual({ typeOctets: 2, lengthOctets: 1 });
    expect(dictionary.vendorFormat(64_998)).toBeUndefined();
    expect(() => dictionary.extend([acme(2, "Acme-Level", "text")])).toThrow(/^Acme-Level: /);
  });
});

describe("a definition that cannot be worked with is refused by its name", () => {
  const odd = (change: Partial<AttributeDefinition>): AttributeDefinition => ({
    ...standardAttribute(200, "Odd", "octets"),
    ...change,
  });
  const nine = Array.from({ length: 9 }, () => 1);

  test.each<[string, AttributeDefinition]>([
    ["a type of zero", odd({ path: { type: 0 } })],
    ["a type above 255", odd({ path: { type: 256 } })],
    ["a vendor's type above what its format holds", acme(256, "Odd", "text")],
    ["a vendor of four octets", vendorAttribute(2 ** 24)(1, "Odd", "text")],
    [
      "a vendor's type of three octets",
      { ...acme(1, "Odd", "text"), vendorFormat: { typeOctets: 3 as 4, lengthOctets: 1 } },
    ],
    ["an extended space that is none", extendedAttribute(240)(1, "Odd", "text")],
    ["a data type that is none", odd({ dataType: "map" as "text" })],
    ["an address with a tag", odd({ dataType: "ipv4addr", tagged: true })],
    ["a User-Password with a tag", odd({ tagged: true, encryption: "user-password" })],
    ["a number hidden as a User-Password", odd({ dataType: "integer", encryption: "user-password" })],
    ["a tlv that is hidden", odd({ dataType: "tlv", encryption: "tunnel-password" })],
    ["text that goes on", odd({ dataType: "text", concat: true })],
    ["octets of a vendor that go on", acme(1, "Odd", "octets", { concat: true })],
    ["members of what is no tlv", odd({ members: [standardAttribute(1, "In", "text")] })],
    [
      "a member that stands elsewhere",
      odd({ dataType: "tlv", members: [standardAttribute(1, "In", "text")] }),
    ],
    ["named values of text", odd({ dataType: "text", values: { One: 1 } })],
    ["a named value that is out of range", odd({ dataType: "byte", values: { Much: 256 } })],
    [
      "a named value that leaves no room for a tag",
      odd({ dataType: "integer", tagged: true, values: { Much: 2 ** 24 } }),
    ],
    ["too many levels of tlv", odd({ path: { type: 200, nested: nine } })],
    ["a type within a tlv above 255", odd({ path: { type: 200, nested: [256] } })],
  ])("%s", (_, definition) => {
    expect(() => new Dictionary([definition])).toThrow(RangeError);
    expect(() => new Dictionary([definition])).toThrow(/^Odd: /);
  });

  test.each(["", "with space", "x".repeat(254)])("a name of '%s'", (name) => {
    expect(() => new Dictionary([odd({ name })])).toThrow(RangeError);
  });
});
