import { expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  type AttributeInput,
  type DecodedAttribute,
  encodeAttribute,
  extendedAttribute,
  type RawAttribute,
  standardDictionary,
} from "../src/index.ts";
import { startFreeRadius } from "./freeradius.ts";
import { type AnswerContext, exchange } from "./radclient-exchange.ts";

/** An attribute by its name, its value, its tag, and how radclient prints it. */
type Example = readonly [
  name: string,
  value: AttributeInput,
  tag: number | undefined,
  printed: readonly string[],
];

const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const hex = (octets: Uint8Array): string => `0x${Buffer.from(octets).toString("hex")}`;
const message = Uint8Array.from({ length: 500 }, (_, i) => i);

const examples: readonly Example[] = [
  ["User-Name", "zoë@example.com", undefined, ['User-Name = "zoë@example.com"']],
  ["Reply-Message", "x".repeat(253), undefined, [`Reply-Message = "${"x".repeat(253)}"`]],
  ["Class", Uint8Array.of(0, 255, 10), undefined, ["Class = 0x00ff0a"]],
  ["Session-Timeout", 4_294_967_295, undefined, ["Session-Timeout = 4294967295"]],
  ["Service-Type", "Administrative-User", undefined, ["Service-Type = Administrative-User"]],
  ["Termination-Action", "RADIUS-Request", undefined, ["Termination-Action = RADIUS-Request"]],
  ["Framed-IP-Address", "192.0.2.77", undefined, ["Framed-IP-Address = 192.0.2.77"]],
  ["Event-Timestamp", 1_000_000_000, undefined, ['Event-Timestamp = "Sep  9 2001 01:46:40 UTC"']],
  ["Tunnel-Type", "VLAN", undefined, ["Tunnel-Type:0 = VLAN"]],
  ["Tunnel-Medium-Type", "IEEE-802", undefined, ["Tunnel-Medium-Type:0 = IEEE-802"]],
  ["Tunnel-Private-Group-Id", "1010", undefined, ['Tunnel-Private-Group-Id:0 = "1010"']],
  ["Tunnel-Type", "L2TP", 31, ["Tunnel-Type:31 = L2TP"]],
  ["Tunnel-Preference", 16_777_215, 2, ["Tunnel-Preference:2 = 16777215"]],
  ["Tunnel-Server-Endpoint", "vpn.example.com", 2, ['Tunnel-Server-Endpoint:2 = "vpn.example.com"']],
  ["Tunnel-Password", "correct horse", 2, ['Tunnel-Password:2 = "correct horse"']],
  ["Tunnel-Password", "y".repeat(239), undefined, [`Tunnel-Password:0 = "${"y".repeat(239)}"`]],
  ["MS-MPPE-Send-Key", key, undefined, [`MS-MPPE-Send-Key = ${hex(key)}`]],
  ["MS-MPPE-Recv-Key", key.toReversed(), undefined, [`MS-MPPE-Recv-Key = ${hex(key.toReversed())}`]],
  ["MS-Primary-DNS-Server", "192.0.2.53", undefined, ["MS-Primary-DNS-Server = 192.0.2.53"]],
  ["Cisco-AVPair", "shell:priv-lvl=15", undefined, ['Cisco-AVPair = "shell:priv-lvl=15"']],
  ["Aruba-User-Role", "staff", undefined, ['Aruba-User-Role = "staff"']],
  ["Mikrotik-Rate-Limit", "10M/10M", undefined, ['Mikrotik-Rate-Limit = "10M/10M"']],
  ["WISPr-Bandwidth-Max-Down", 10_000_000, undefined, ["WISPr-Bandwidth-Max-Down = 10000000"]],
  ["Juniper-Local-User-Name", "remote", undefined, ['Juniper-Local-User-Name = "remote"']],
  ["Fortinet-Group-Name", "staff", undefined, ['Fortinet-Group-Name = "staff"']],
  ["NAS-IPv6-Address", "2001:db8::1", undefined, ["NAS-IPv6-Address = 2001:db8::1"]],
  ["Framed-IPv6-Prefix", "2001:db8:0:7::/64", undefined, ["Framed-IPv6-Prefix = 2001:db8:0:7::/64"]],
  ["Delegated-IPv6-Prefix", "2001:db8:8000::/33", undefined, ["Delegated-IPv6-Prefix = 2001:db8:8000::/33"]],
  ["Framed-Interface-Id", "1:0:0:abcd", undefined, ["Framed-Interface-Id = 1:0:0:abcd"]],
  ["PMIP6-Home-IPv4-HoA", "192.0.2.0/24", undefined, ["PMIP6-Home-IPv4-HoA = 192.0.2.0/24"]],
  ["MIP6-Feature-Vector", 2n ** 63n + 1n, undefined, ["MIP6-Feature-Vector = 9223372036854775809"]],
  ["EAP-Message", message, undefined, [`EAP-Message = ${hex(message)}`]],
  ["Error-Cause", "Session-Context-Not-Found", undefined, ["Error-Cause = Session-Context-Not-Found"]],
  ["Frag-Status", "More-Data-Request", undefined, ["Frag-Status = More-Data-Request"]],
  [
    "IP-Port-Limit-Info",
    { "IP-Port-Type": 6, "IP-Port-Limit": 100, "IP-Port-Ext-IPv4-Addr": "192.0.2.1" },
    undefined,
    ["IP-Port-Type = 6", "IP-Port-Limit = 100", "IP-Port-Ext-IPv4-Addr = 192.0.2.1"],
  ],
];

function encode(
  name: string,
  value: AttributeInput,
  tag: number | undefined,
  context: AnswerContext,
): readonly RawAttribute[] {
  const definition = standardDictionary.byName(name);
  if (definition === undefined) throw new Error(`no attribute ${name}`);
  return encodeAttribute(definition, value, { ...context, tag });
}

/** What was read, in short. */
function brief(decoded: readonly DecodedAttribute[]): unknown[] {
  return decoded.map(({ name, tag, value, invalid }) => [
    name,
    tag,
    value instanceof Uint8Array ? Uint8Array.from(value) : value,
    invalid,
  ]);
}

describeWithPeers("radclient", ["radclient"], ({ radclient }) => {
  test("reads attributes of every kind as they were written", async () => {
    const { answer } = await exchange(radclient, ["User-Name = ada"], (context) =>
      examples.flatMap(([name, value, tag]) => encode(name, value, tag, context)),
    );
    const [authenticator, ...printed] = answer;
    expect(authenticator).toMatch(/^Message-Authenticator = /);
    expect(printed).toEqual(examples.flatMap(([, , , lines]) => lines));
  });

  test("reads the fragments of a vendor's long Extended-Attribute as one", async () => {
    // Of more than two fragments, that of Debian 12 joins only two at a time.
    const value = Uint8Array.from({ length: 400 }, (_, i) => i);
    const definition = extendedAttribute(245, 11_344)(2, "FreeRADIUS-802.1X-EAPoL-Key-Msg", "octets");
    const { answer } = await exchange(radclient, ["User-Name = ada"], (context) =>
      encodeAttribute(definition, value, context),
    );
    expect(answer.at(-1)).toBe(`FreeRADIUS-802.1X-EAPoL-Key-Msg = ${hex(value)}`);
  });

  test("is read: attributes of every kind that it sends", async () => {
    const vendorMessage = Buffer.alloc(400, 3);
    const lines = [
      'User-Name = "zoë@example.com"',
      'User-Password = "correct horse battery staple"',
      "NAS-IP-Address = 192.0.2.1",
      "NAS-Port-Type = Wireless-802.11",
      "Event-Timestamp = 1000000000",
      "State = 0x00ff",
      "Tunnel-Type:2 = VLAN",
      'Tunnel-Private-Group-Id:2 = "7"',
      'Tunnel-Private-Group-Id = "1010"',
      'Cisco-AVPair = "a=b"',
      'Cisco-AVPair = "c=d"',
      "Framed-IPv6-Prefix = 2001:db8::/33",
      "NAS-IPv6-Address = 2001:db8::1",
      "Framed-Interface-Id = 1:0:0:abcd",
      "MIP6-Feature-Vector = 258",
      "PMIP6-Home-IPv4-HoA = 192.0.2.0/24",
      "Frag-Status = More-Data-Pending",
      "IP-Port-Limit = 7",
      `EAP-Message = ${hex(message.subarray(0, 400))}`,
      `FreeRADIUS-802.1X-EAPoL-Key-Msg = ${hex(vendorMessage)}`,
    ];
    const { request } = await exchange(radclient, lines, () => []);
    const sent = request.filter(
      ({ name }) => name !== "Message-Authenticator" && name !== "IP-Port-Limit-Info",
    );
    expect(brief(sent)).toEqual([
      ["User-Name", undefined, "zoë@example.com", false],
      ["User-Password", undefined, Uint8Array.from(Buffer.from("correct horse battery staple")), false],
      ["NAS-IP-Address", undefined, "192.0.2.1", false],
      ["NAS-Port-Type", undefined, 19, false],
      ["Event-Timestamp", undefined, 1_000_000_000, false],
      ["State", undefined, Uint8Array.of(0, 255), false],
      ["Tunnel-Type", 2, 13, false],
      ["Tunnel-Private-Group-Id", 2, "7", false],
      ["Tunnel-Private-Group-Id", undefined, "1010", false],
      ["Cisco-AVPair", undefined, "a=b", false],
      ["Cisco-AVPair", undefined, "c=d", false],
      ["Framed-IPv6-Prefix", undefined, "2001:db8::/33", false],
      ["NAS-IPv6-Address", undefined, "2001:db8::1", false],
      ["Framed-Interface-Id", undefined, "1:0:0:abcd", false],
      ["MIP6-Feature-Vector", undefined, 258n, false],
      ["PMIP6-Home-IPv4-HoA", undefined, "192.0.2.0/24", false],
      ["Frag-Status", undefined, 2, false],
      ["EAP-Message", undefined, Uint8Array.from(message.subarray(0, 400)), false],
      ["245.26.11344.2", undefined, Uint8Array.from(vendorMessage), false],
    ]);
    const info = request.find(({ name }) => name === "IP-Port-Limit-Info");
    expect(brief(info?.value as readonly DecodedAttribute[])).toEqual([
      ["IP-Port-Limit", undefined, 7, false],
    ]);
  });
});

describeWithPeers("FreeRADIUS", ["freeradius"], ({ freeradius }) => {
  test("is read: what it hides behind salts, with a tag and without", async () => {
    await using server = await startFreeRadius(freeradius, [
      'Tunnel-Password:5 := "correct horse"',
      `MS-MPPE-Send-Key := ${hex(key)}`,
      `MS-MPPE-Recv-Key := ${hex(key.toReversed())}`,
      "Tunnel-Type:5 := VLAN",
      'Tunnel-Private-Group-Id:5 := "7"',
    ]);
    const answer = await server.ask([{ type: 1, value: new TextEncoder().encode("ada") }]);
    const told = answer.filter(({ name }) => name !== "Message-Authenticator");
    expect(brief(told)).toEqual([
      ["Tunnel-Password", 5, Uint8Array.from(Buffer.from("correct horse")), false],
      ["MS-MPPE-Send-Key", undefined, key, false],
      ["MS-MPPE-Recv-Key", undefined, key.toReversed(), false],
      ["Tunnel-Type", 5, 13, false],
      ["Tunnel-Private-Group-Id", 5, "7", false],
    ]);
  });
});
