import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClientTable } from "./client-table.ts";
import { type Network, readNetwork } from "./network.ts";

function network(name: string, cidrs: readonly string[]): Network {
  const clients = cidrs.map((cidr) => ({ name: `${name} ${cidr}`, cidr, secret: `the secret of ${cidr}` }));
  return readNetwork({ id: name, name, kind: "radius", settings: { clients } } as never);
}
const tableOf = (...cidrs: string[]): ClientTable => new ClientTable([network("office", cidrs)]);

describe("the client of an address", () => {
  test.each<[address: string, cidr: string | undefined]>([
    ["192.0.2.1", "192.0.2.1/32"],
    ["192.0.2.2", "192.0.2.0/30"],
    ["192.0.2.4", "192.0.2.0/24"],
    ["192.0.3.1", "0.0.0.0/0"],
    ["2001:db8::1", "2001:db8::1/128"],
    ["2001:DB8:0:0::2", "2001:db8::/33"],
    ["2001:db8:8000::1", "2001:db8::/32"],
    ["2001:db9::1", undefined],
    ["no address", undefined],
  ])("%s is that of the narrowest range that holds it: %s", (address, cidr) => {
    const ranges = ["0.0.0.0/0", "192.0.2.0/24", "192.0.2.1", "192.0.2.0/30"];
    const table = tableOf(...ranges, "2001:db8::/32", "2001:db8::/33", "2001:db8::1");
    expect(table.find(address)?.cidr).toBe(cidr);
  });

  test.each<[string, string, string]>([
    ["127.0.0.1", "127.0.0.1/32", "127.0.0.1"],
    ["127.1.2.3/8", "127.0.0.0/8", "127.9.9.9"],
    ["2001:DB8::1/64", "2001:db8:0:0:ffff::/64", "2001:db8::2"],
    ["::ffff:192.0.2.7/120", "192.0.2.0/24", "192.0.2.1"],
    ["::ffff:c000:207", "192.0.2.7", "192.0.2.7"],
  ])("%s and %s are one range, of which both secrets count", (one, other, address) => {
    const table = new ClientTable([network("office", [one]), network("lab", [other])]);
    expect(table.clients).toHaveLength(1);
    const secrets = table.find(address)?.secrets ?? [];
    expect(secrets.map(({ networks }) => networks.map(({ resource }) => resource.name))).toEqual([
      ["office"],
      ["lab"],
    ]);
  });

  test("of IPv4 is found when it is written as IPv6, and in no range of IPv6", () => {
    expect(tableOf("192.0.2.0/24").find("::ffff:192.0.2.1")?.cidr).toBe("192.0.2.0/24");
    expect(tableOf("::/0").find("192.0.2.1")).toBeUndefined();
    expect(tableOf("::ffff:0:0/90").find("192.0.2.1")).toBeUndefined();
  });

  test("is the one that a list of all ranges would give", () => {
    const octet = fc.constantFrom(0, 1, 127, 128, 255);
    const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
    const group = fc.constantFrom("0", "1", "7fff", "8000", "ffff");
    const ipv6 = fc.array(group, { minLength: 7, maxLength: 7 }).map((rest) => `2001:${rest.join(":")}`);
    const of = (address: fc.Arbitrary<string>, width: number) =>
      fc.record({
        ranges: fc.array(fc.tuple(address, fc.integer({ min: 0, max: width })), { maxLength: 8 }),
        address,
        family: fc.constant(width === 32 ? ("ipv4" as const) : ("ipv6" as const)),
      });
    fc.assert(
      fc.property(fc.oneof(of(ipv4, 32), of(ipv6, 128)), ({ ranges, address, family }) => {
        const holding = ranges.filter(([first, bits]) => {
          const list = new BlockList();
          list.addSubnet(first, bits, family);
          return list.check(address, family);
        });
        const found = tableOf(...ranges.map(([first, bits]) => `${first}/${bits}`)).find(address);
        const expected = holding.length === 0 ? undefined : Math.max(...holding.map(([, bits]) => bits));
        expect(found === undefined ? undefined : Number(found.cidr.split("/")[1])).toBe(expected);
      }),
    );
  });

  test("costs a look per length of prefix, however many clients there are", () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `10.${i >> 8}.${i & 255}.1`);
    const table = tableOf(...many);
    const begun = performance.now();
    // With a look at each client this takes more than ten seconds.
    for (let i = 0; i < 2_000; i++) table.find("198.51.100.1");
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
