import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { octetsOf, requestAuthenticator, secret, textOctets } from "../octets.fixture.ts";
import type { RawAttribute } from "../packet.ts";
import { SharedSecret } from "../shared-secret.ts";
import { decode, encode, inHex } from "./attribute-codec.fixture.ts";
import type { DecodedAttribute } from "./attribute-value.ts";
import { decodeAttributes } from "./decode-attributes.ts";
import { extendedAttribute, member, standardAttribute, vendorAttribute } from "./define.ts";
import { encodeAttribute } from "./encode-attribute.ts";
import { standardDictionary } from "./standard-dictionary.ts";

/** An attribute from `type:hex`. */
function raw(text: string): RawAttribute {
  const [type = "", hex = ""] = text.split(":");
  return { type: Number(type), value: octetsOf(hex) };
}

/** What was read, in short. */
function brief(decoded: readonly DecodedAttribute[]): unknown[] {
  return decoded.map(({ name, tag, value, invalid }) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ...(tag === undefined ? [] : [tag]),
    ...(invalid ? ["invalid"] : []),
  ]);
}

const read = (...attributes: readonly string[]): unknown[] => brief(decode(attributes.map(raw)));

describe("names and values", () => {
  test("of a request as an access point sends it", () => {
    expect(
      read("1:616461", "4:c0000201", "5:00000003", "6:00000002", "61:00000013", "87:", "24:0102"),
    ).toEqual([
      ["User-Name", "ada"],
      ["NAS-IP-Address", "192.0.2.1"],
      ["NAS-Port", 3],
      ["Service-Type", 2],
      ["NAS-Port-Type", 19],
      ["NAS-Port-Id", ""],
      ["State", "0102"],
    ]);
  });

  test("the path and the definition go with them", () => {
    const [avpair] = decode([raw("26:00000009 01 05 613d62")]);
    expect(avpair).toMatchObject({ path: { vendor: 9, type: 1 }, invalid: false });
    expect(avpair?.definition).toBe(standardDictionary.byName("Cisco-AVPair"));
  });

  test("what has no definition keeps its octets, under its path", () => {
    expect(
      read("221:0102", "26:00000009 fe 03 aa", "241:fe0102", "26:0000ffff 01 03 aa", "241:1a000000090107"),
    ).toEqual([
      ["221", "0102"],
      ["26.9.254", "aa"],
      ["241.254", "0102"],
      ["26.65535.1", "aa"],
      ["241.26.9.1", "07"],
    ]);
  });

  test("attributes of a vendor that share a Vendor-Specific come one by one", () => {
    expect(read("26:00000009 01 05 613d62 02 03 63 fe 02")).toEqual([
      ["Cisco-AVPair", "a=b"],
      ["Cisco-NAS-Port", "c"],
      ["26.9.254", ""],
    ]);
  });
});

describe("an attribute that is not what its definition says is invalid and keeps its octets (RFC 6929 §2.8)", () => {
  test.each([
    ["an integer of three octets", "27:000e10", ["Session-Timeout", "000e10"]],
    ["an integer of five octets", "27:0000000e10", ["Session-Timeout", "0000000e10"]],
    ["an integer of none", "27:", ["Session-Timeout", ""]],
    ["an integer with a tag of three octets", "64:00000d", ["Tunnel-Type", "00000d"]],
    ["an address of five octets", "4:c000020100", ["NAS-IP-Address", "c000020100"]],
    ["an IPv6 address of four octets", "95:c0000201", ["NAS-IPv6-Address", "c0000201"]],
    ["text that is not UTF-8", "1:ff", ["User-Name", "ff"]],
    ["a prefix without a length", "97:00", ["Framed-IPv6-Prefix", "00"]],
    ["a prefix of 129 bits", `97:0081${"00".repeat(16)}`, ["Framed-IPv6-Prefix", `0081${"00".repeat(16)}`]],
    [
      "a prefix of more than 16 octets",
      `97:0080${"00".repeat(17)}`,
      ["Framed-IPv6-Prefix", `0080${"00".repeat(17)}`],
    ],
    ["a prefix with fewer octets than its length", "97:002020010d", ["Framed-IPv6-Prefix", "002020010d"]],
    ["an IPv4 prefix of 33 bits", "155:0021c0000200", ["PMIP6-Home-IPv4-HoA", "0021c0000200"]],
    ["an IPv4 prefix of five octets", "155:0018c00002", ["PMIP6-Home-IPv4-HoA", "0018c00002"]],
    ["an interface of seven octets", "96:00000000000001", ["Framed-Interface-Id", "00000000000001"]],
    ["a password of 15 octets", `2:${"00".repeat(15)}`, ["User-Password", "00".repeat(15)]],
    ["a Tunnel-Password without a salt", "69:00", ["Tunnel-Password", "00"]],
    [
      "a Tunnel-Password with a salt that is none",
      `69:000001${"00".repeat(16)}`,
      ["Tunnel-Password", `000001${"00".repeat(16)}`],
    ],
    ["a Vendor-Specific without a vendor", "26:000009", ["Vendor-Specific", "000009"]],
    ["a Vendor-Specific with nothing of the vendor", "26:00000009", ["Vendor-Specific", "00000009"]],
    ["a Vendor-Specific that is cut short", "26:0000000901056162", ["Vendor-Specific", "0000000901056162"]],
    ["an Extended-Attribute without a type", "241:", ["Extended-Attribute-1", ""]],
    ["an Extended-Attribute with an integer of three octets", "241:01000002", ["Frag-Status", "000002"]],
    [
      "a vendor's Extended-Attribute without a type",
      "241:1a00000009",
      ["Extended-Attribute-1", "1a00000009"],
    ],
    ["a long Extended-Attribute without flags", "245:01", ["Extended-Attribute-5", "01"]],
    ["a TLV of length one", "241:050101", ["IP-Port-Limit-Info", "0101"]],
    [
      "a TLV that reaches beyond what it stands in",
      "241:05010700000006",
      ["IP-Port-Limit-Info", "010700000006"],
    ],
    ["a TLV of a type alone", "241:0501060000000602", ["IP-Port-Limit-Info", "01060000000602"]],
  ])("%s", (_, attribute, expected) => {
    expect(read("33:01", attribute, "33:02")).toEqual([
      ["Proxy-State", "01"],
      [...expected, "invalid"],
      ["Proxy-State", "02"],
    ]);
  });

  test("within a TLV it is that one alone", () => {
    const [info] = decode([
      raw("241:05 0106000006 0206 00000064".replaceAll(" ", "").replace("0106000006", "0105000006")),
    ]);
    expect(info?.invalid).toBe(false);
    expect(brief(info?.value as readonly DecodedAttribute[])).toEqual([
      ["IP-Port-Type", "000006", "invalid"],
      ["IP-Port-Limit", 100],
    ]);
  });

  test("nothing can be wrong with the Vendor-Specific of a vendor of which nothing is known", () => {
    expect(read("26:0000ffff 01 09 aa")).toEqual([["Vendor-Specific", "0000ffff0109aa"]]);
  });
});

describe("tags (RFC 2868 §3)", () => {
  test("are read where there are some", () => {
    expect(read("64:0100000d", "64:0000000d", "81:023432", "81:3432", "81:003432")).toEqual([
      ["Tunnel-Type", 13, 1],
      ["Tunnel-Type", 13],
      ["Tunnel-Private-Group-Id", "42", 2],
      ["Tunnel-Private-Group-Id", "42"],
      ["Tunnel-Private-Group-Id", "42"],
    ]);
  });

  test("above 31 are none, and no part of a number", () => {
    expect(read("64:2000000d")).toEqual([["Tunnel-Type", 13]]);
  });

  test("before a number do not change what came in the packet", () => {
    // A socket gives Buffers, of which slice() is no copy.
    const attribute = { type: 64, value: Buffer.from("0100000d", "hex") };
    expect(brief(decode([attribute]))).toEqual([["Tunnel-Type", 13, 1]]);
    expect(inHex([attribute])).toEqual(["64:0100000d"]);
  });
});

describe("hidden values", () => {
  test("are revealed", () => {
    const sent = [
      encode("User-Password", "geheim"),
      encode("Tunnel-Password", "geheimer", 7),
      encode("MS-MPPE-Recv-Key", octetsOf("0102030000")),
    ];
    expect(brief(decode(sent.flat()))).toEqual([
      ["User-Password", Buffer.from("geheim").toString("hex")],
      ["Tunnel-Password", Buffer.from("geheimer").toString("hex"), 7],
      ["MS-MPPE-Recv-Key", "0102030000"],
    ]);
  });

  test("are something else, or invalid, with another secret", () => {
    const context = { requestAuthenticator, secret: new SharedSecret("another secret") };
    const [tunnel] = decodeAttributes(encode("Tunnel-Password", "geheim"), standardDictionary, context);
    expect(tunnel?.value).not.toEqual(textOctets("geheim"));
  });
});

describe("values that go on", () => {
  test("an EAP-Message is one, wherever its parts stand", () => {
    expect(read("1:616461", "79:0101", "33:aa", "79:0202", "79:03")).toEqual([
      ["User-Name", "ada"],
      ["EAP-Message", "0101020203"],
      ["Proxy-State", "aa"],
    ]);
  });

  test("fragments of a long Extended-Attribute are one", () => {
    expect(read("245:018061", "245:018062", "245:010063", "245:010064")).toEqual([
      ["SAML-Assertion", "abc"],
      ["SAML-Assertion", "d"],
    ]);
  });

  test("so are those of a vendor's, whose number stands in the first", () => {
    expect(read("246:1a800000000907aa", "246:1a00bb")).toEqual([["246.26.9.7", "aabb"]]);
  });

  test.each([
    ["the last is missing", ["245:018061", "245:018062"]],
    ["another type comes between", ["245:018061", "33:aa", "245:010062"]],
    ["another value comes between", ["245:018061", "245:020062"]],
    ["one has no flags", ["245:018061", "245:01"]],
  ])("where %s, they are invalid, and what follows is read", (_, attributes) => {
    const decoded = decode([...attributes, "1:616461"].map(raw));
    expect(decoded[0]).toMatchObject({ name: "Extended-Attribute-5", invalid: true });
    expect(decoded.at(-1)).toMatchObject({ name: "User-Name", value: "ada" });
  });
});

test("an address of either kind is read by its length", () => {
  const dictionary = standardDictionary.extend([standardAttribute(200, "Either", "combo-ip")]);
  const both = ["200:c0000201", `200:${"00".repeat(15)}01`, "200:c00002"].map(raw);
  expect(brief(decode(both, dictionary))).toEqual([
    ["Either", "192.0.2.1"],
    ["Either", "::1"],
    ["Either", "c00002", "invalid"],
  ]);
});

describe("vendors with formats of their own", () => {
  const robotics = vendorAttribute(429, { typeOctets: 4, lengthOctets: 0 });
  const lucent = vendorAttribute(4_846, { typeOctets: 2, lengthOctets: 1 });
  const dictionary = standardDictionary.extend([
    robotics(0xbf38, "USR-Channel", "integer"),
    lucent(300, "Lucent-Name", "text"),
  ]);

  test("are read by them", () => {
    const sent = [
      encode("USR-Channel", 7, undefined, dictionary),
      encode("Lucent-Name", "x", undefined, dictionary),
    ].flat();
    expect(inHex(sent)).toEqual(["26:000001ad0000bf3800000007", "26:000012ee012c0478"]);
    expect(brief(decode(sent, dictionary))).toEqual([
      ["USR-Channel", 7],
      ["Lucent-Name", "x"],
    ]);
  });

  test("are read by them also where the attribute is not known", () => {
    expect(brief(decode([raw("26:000001ad00000001aa"), raw("26:000012ee000104aa")], dictionary))).toEqual([
      ["26.429.1", "aa"],
      ["26.4846.1", "aa"],
    ]);
  });
});

const everything = standardDictionary.extend([
  standardAttribute(222, "Deep", "tlv", {
    members: [member(1, "Deeper", "tlv", { members: [member(2, "Deepest", "integer")] })],
  }),
  extendedAttribute(246)(9, "Long-Tlv", "tlv", { members: [member(1, "Long-Text", "text")] }),
]);

test("TLVs are read within TLVs, and in fragments", () => {
  const sent = [
    encode("Deep", { Deeper: { Deepest: 7 } }, undefined, everything),
    encode(
      "Long-Tlv",
      Array.from({ length: 5 }, () => ({ name: "Long-Text", value: "x".repeat(200) })),
      undefined,
      everything,
    ),
  ];
  expect(sent.map((one) => one.length)).toEqual([1, 5]);
  const [deep, long] = decode(sent.flat(), everything);
  expect(deep).toMatchObject({ value: [{ name: "Deeper", value: [{ name: "Deepest", value: 7 }] }] });
  expect(long?.value).toHaveLength(5);
});

test("any attributes are read, and those that are invalid or unknown hold what came", () => {
  const types = fc.oneof(
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom(26, 79, 64, 69, 81, 173, 241, 245, 246),
  );
  const vendor = fc
    .tuple(fc.constantFrom(9, 311, 14_988), fc.uint8Array({ maxLength: 60 }))
    .map(([number, rest]) => ({
      type: 26,
      value: Uint8Array.of(0, 0, number >> 8, number & 255, ...rest),
    }));
  const plain = fc.record({ type: types, value: fc.uint8Array({ maxLength: 253 }) });
  fc.assert(
    fc.property(fc.array(fc.oneof(plain, vendor), { maxLength: 40 }), (attributes) => {
      for (const one of decode(attributes, everything)) {
        expect(one.name).not.toBe("");
        if (one.invalid || one.definition === undefined) expect(one.value).toBeInstanceOf(Uint8Array);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("what is read can be written again as it came", () => {
  const sent = [
    encode("Tunnel-Type", "VLAN", 3),
    encode("IP-Port-Limit-Info", { "IP-Port-Type": 6, "IP-Port-Limit": 100 }),
    encode("Framed-IPv6-Prefix", "2001:db8::/56"),
    encode("SAML-Assertion", "x".repeat(700)),
    encode("Cisco-AVPair", "shell:priv-lvl=15"),
  ].flat();
  const again = decode(sent).flatMap(({ definition, value, tag }) =>
    definition === undefined ? [] : encodeAttribute(definition, value, { requestAuthenticator, secret, tag }),
  );
  expect(inHex(again)).toEqual(inHex(sent));
});
