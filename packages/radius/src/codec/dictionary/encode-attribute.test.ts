import { describe, expect, test } from "vitest";
import { octetsOf, requestAuthenticator, secret } from "../octets.fixture.ts";
import { definitionOf, encode, inHex } from "./attribute-codec.fixture.ts";
import type { AttributeInput } from "./attribute-value.ts";
import { vendorAttribute } from "./define.ts";
import { encodeAttribute } from "./encode-attribute.ts";
import { standardDictionary } from "./standard-dictionary.ts";

const acme = vendorAttribute(64_999);
const withAcme = standardDictionary.extend([
  acme(1, "Acme-Byte", "byte"),
  acme(2, "Acme-Short", "short"),
  acme(3, "Acme-Signed", "signed"),
  acme(4, "Acme-Ether", "ether"),
  acme(5, "Acme-Address", "combo-ip"),
  acme(6, "Acme-Key", "integer", { encryption: "tunnel-password" }),
]);

describe("a value of each data type has the octets of RFC 8044", () => {
  test.each<[string, AttributeInput, string]>([
    ["User-Name", "Zoë", "1:5a6fc3ab"],
    ["Class", octetsOf("00ff"), "25:00ff"],
    ["Class", "staff", "25:7374616666"],
    ["Session-Timeout", 3_600, "27:00000e10"],
    ["Session-Timeout", 4_294_967_295, "27:ffffffff"],
    ["Service-Type", "Framed-User", "6:00000002"],
    ["Service-Type", "framed-user", "6:00000002"],
    ["MIP6-Feature-Vector", 1n << 63n, "124:8000000000000000"],
    ["MIP6-Feature-Vector", 258, "124:0000000000000102"],
    ["Event-Timestamp", 1_000_000_000, "55:3b9aca00"],
    ["Event-Timestamp", new Date(1_000_000_000_999), "55:3b9aca00"],
    ["NAS-IP-Address", "192.0.2.16", "4:c0000210"],
    ["NAS-IPv6-Address", "2001:db8::1", "95:20010db8000000000000000000000001"],
    ["Framed-IPv6-Prefix", "2001:db8::/32", "97:002020010db8"],
    ["Framed-IPv6-Prefix", "2001:db8:ffff::1/33", "97:002120010db880"],
    ["Framed-IPv6-Prefix", "::/0", "97:0000"],
    ["PMIP6-Home-IPv4-HoA", "192.0.2.99/24", "155:0018c0000200"],
    ["Framed-Interface-Id", "0:0:0:1a2B", "96:0000000000001a2b"],
    ["Acme-Byte", 255, "26:0000fde701 03ff"],
    ["Acme-Short", 258, "26:0000fde702 040102"],
    ["Acme-Signed", -2, "26:0000fde703 06fffffffe"],
    ["Acme-Ether", "02-00-00-00-00-0a", "26:0000fde704 0802000000000a"],
    ["Acme-Address", "192.0.2.1", "26:0000fde705 06c0000201"],
    ["Acme-Address", "::1", "26:0000fde705 1200000000000000000000000000000001"],
  ])("%s of %s", (name, value, expected) => {
    expect(inHex(encode(name, value, undefined, withAcme))).toEqual([expected.replace(" ", "")]);
  });
});

describe("a VLAN has the octets of RFC 3580 §3.31", () => {
  test("without a tag", () => {
    expect(inHex(encode("Tunnel-Type", "VLAN"))).toEqual(["64:0000000d"]);
    expect(inHex(encode("Tunnel-Medium-Type", "IEEE-802"))).toEqual(["65:00000006"]);
    expect(inHex(encode("Tunnel-Private-Group-Id", "1010"))).toEqual(["81:31303130"]);
  });

  test("with a tag", () => {
    expect(inHex(encode("Tunnel-Type", "VLAN", 1))).toEqual(["64:0100000d"]);
    expect(inHex(encode("Tunnel-Medium-Type", 6, 31))).toEqual(["65:1f000006"]);
    expect(inHex(encode("Tunnel-Private-Group-Id", "1010", 2))).toEqual(["81:0231303130"]);
  });

  test("text that would be taken for a tag has one before it", () => {
    expect(inHex(encode("Tunnel-Private-Group-Id", "\u0001x"))).toEqual(["81:000178"]);
  });

  test("a tag is 0 to 31, and not for everything", () => {
    for (const tag of [-1, 32, 1.5])
      expect(() => encode("Tunnel-Type", 13, tag)).toThrow(/^Tunnel-Type: a tag is 0 to 31$/);
    expect(() => encode("Session-Timeout", 13, 1)).toThrow(/^Session-Timeout: has no tag$/);
    expect(inHex(encode("Session-Timeout", 13, 0))).toEqual(["27:0000000d"]);
    expect(() => encode("Tunnel-Preference", 0x100_0000, 1)).toThrow(/^Tunnel-Preference: /);
  });
});

describe("hidden values", () => {
  const context = { requestAuthenticator, secret, nextSalt: () => octetsOf("8abc") };

  test("have the salt behind the tag, which is there even when it says nothing", () => {
    const [tunnel] = inHex(encodeAttribute(definitionOf("Tunnel-Password"), "geheim", context));
    expect(tunnel).toMatch(/^69:008abc[0-9a-f]{32}$/);
    const [tagged] = inHex(
      encodeAttribute(definitionOf("Tunnel-Password"), "geheim", { ...context, tag: 3 }),
    );
    expect(tagged).toMatch(/^69:038abc[0-9a-f]{32}$/);
    const [key] = inHex(encodeAttribute(definitionOf("MS-MPPE-Send-Key"), new Uint8Array(32), context));
    expect(key).toMatch(/^26:00000137 ?10348abc[0-9a-f]{96}$/);
  });

  test("have a salt each that no other of the packet has", () => {
    const salts = Array.from({ length: 5_000 }, () =>
      inHex(encode("MS-MPPE-Send-Key", "k"))[0]?.slice(15, 19),
    );
    expect(new Set(salts).size).toBe(5_000);
    for (const salt of salts) expect(Number.parseInt(salt as string, 16)).toBeGreaterThanOrEqual(0x8000);
  });

  test("are never longer than there is room for", () => {
    expect(() => encode("Tunnel-Password", "x".repeat(240))).toThrow(/^Tunnel-Password: .*239/);
    expect(() => encode("User-Password", "x".repeat(129))).toThrow(/^User-Password: .*128/);
  });
});

describe("values that go on", () => {
  test("an EAP-Message goes over as many attributes as it takes", () => {
    const lengths = (octets: number): number[] =>
      encode("EAP-Message", new Uint8Array(octets)).map(({ value }) => value.length);
    expect(lengths(0)).toEqual([0]);
    expect(lengths(253)).toEqual([253]);
    expect(lengths(254)).toEqual([253, 1]);
    expect(lengths(600)).toEqual([253, 253, 94]);
  });

  test("a long Extended-Attribute says in all fragments but the last that more follows", () => {
    const written = inHex(encode("SAML-Assertion", "x".repeat(600)));
    expect(written.map((one) => one.slice(0, 8))).toEqual(["245:0180", "245:0180", "245:0100"]);
    expect(written.map((one) => (one.length - 8) / 2)).toEqual([251, 251, 98]);
    expect(inHex(encode("SAML-Assertion", "x".repeat(251)))).toHaveLength(1);
    expect(() => encode("SAML-Assertion", "x".repeat(4_001))).toThrow(/^SAML-Assertion: /);
  });

  test.each([
    ["User-Name", 253],
    ["Cisco-AVPair", 247],
    ["Operator-NAS-Identifier", 252],
  ])("%s does not: it has at most %i octets", (name, most) => {
    expect(encode(name, "x".repeat(most))).toHaveLength(1);
    expect(() => encode(name, "x".repeat(most + 1))).toThrow(new RegExp(`^${name}: .*(long|room)`));
  });

  test("text of nothing is left out", () => {
    for (const name of ["Reply-Message", "Class", "Cisco-AVPair", "Tunnel-Private-Group-Id", "SAML-Protocol"])
      expect(encode(name, "", name.startsWith("Tunnel") ? 1 : undefined)).toEqual([]);
  });
});

describe("Extended-Attributes", () => {
  test("have a type of their own", () => {
    expect(inHex(encode("Frag-Status", "More-Data-Pending"))).toEqual(["241:0100000002"]);
  });

  test("hold TLVs, given by name or as a list", () => {
    const expected = ["241:05 010600000006 020600000064 0306c0000201".replaceAll(" ", "")];
    const given = { "IP-Port-Type": 6, "IP-Port-Limit": 100, "IP-Port-Ext-IPv4-Addr": "192.0.2.1" };
    expect(inHex(encode("IP-Port-Limit-Info", given))).toEqual(expected);
    const list = Object.entries(given).map(([name, value]) => ({ name: name.toLowerCase(), value }));
    expect(inHex(encode("IP-Port-Limit-Info", list))).toEqual(expected);
  });

  test("a TLV alone has that around it in which it stands", () => {
    expect(inHex(encode("IP-Port-Limit", 100))).toEqual(["241:05020600000064"]);
    expect(inHex(encode("IPv6-6rd-Prefix", "2001:db8::/32"))).toEqual(["173:0208002020010db8"]);
  });
});

describe("a value that an attribute cannot have is refused by the name of the attribute and without the value", () => {
  test.each<[string, AttributeInput, typeof RangeError | typeof TypeError]>([
    ["Session-Timeout", -1, RangeError],
    ["Session-Timeout", 2 ** 32, RangeError],
    ["Session-Timeout", 1.5, RangeError],
    ["Session-Timeout", Number.NaN, RangeError],
    ["Session-Timeout", 7n, TypeError],
    ["Session-Timeout", "geheim", RangeError],
    ["Service-Type", "toString", RangeError],
    ["Service-Type", "__proto__", RangeError],
    ["User-Name", 7, TypeError],
    ["User-Name", "\ud800geheim", RangeError],
    ["Class", 7, TypeError],
    ["NAS-IP-Address", "geheim", RangeError],
    ["NAS-IP-Address", octetsOf("c0000201"), TypeError],
    ["NAS-IPv6-Address", "192.0.2.1", RangeError],
    ["Framed-IPv6-Prefix", "2001:db8::", RangeError],
    ["Framed-IPv6-Prefix", "2001:db8::/129", RangeError],
    ["PMIP6-Home-IPv4-HoA", "192.0.2.0/33", RangeError],
    ["Framed-Interface-Id", "1:2:3", RangeError],
    ["Event-Timestamp", new Date("geheim"), RangeError],
    ["Event-Timestamp", "2026-01-01", TypeError],
    ["MIP6-Feature-Vector", 1n << 64n, RangeError],
    ["MIP6-Feature-Vector", -1n, RangeError],
    ["MIP6-Feature-Vector", 2 ** 60, RangeError],
    ["MIP6-Feature-Vector", "geheim", TypeError],
    ["IP-Port-Limit-Info", 7, TypeError],
    ["IP-Port-Limit-Info", "geheim", TypeError],
    ["IP-Port-Limit-Info", { geheim: 7 }, RangeError],
    ["Acme-Byte", 256, RangeError],
    ["Acme-Short", 65_536, RangeError],
    ["Acme-Signed", 2 ** 31, RangeError],
    ["Acme-Ether", "02:00:00:00:00", RangeError],
    ["Acme-Address", "geheim", RangeError],
    ["Acme-Key", "geheim", RangeError],
  ])("%s of %s", (name, value, kind) => {
    const write = (): unknown => encode(name, value, undefined, withAcme);
    expect(write).toThrow(kind);
    expect(write).toThrow(new RegExp(`^${name}: (?!.*geheim)`));
  });

  test("also where it comes from JSON and has no type that it could have", () => {
    const names = standardDictionary.definitions.map(({ name }) => name);
    for (const value of [null, true, undefined, [null], [7], [{}]] as unknown as AttributeInput[])
      for (const name of names) expect(() => encode(name, value), name).toThrow(new RegExp(`^${name}: `));
  });

  test("also within a TLV", () => {
    expect(() => encode("IP-Port-Limit-Info", { "IP-Port-Limit": "geheim" })).toThrow(
      /^IP-Port-Limit: (?!.*geheim)/,
    );
  });
});
