import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";
import { octetsOf } from "./octets.fixture.ts";

test.each([
  ["::", "00".repeat(16)],
  ["::1", `${"00".repeat(15)}01`],
  ["2001:db8::", `20010db8${"00".repeat(12)}`],
  ["2001:db8::1:0:0:1", "20010db8000000000001000000000001"],
  ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
  ["2001:0:0:1::1", "20010000000000010000000000000001"],
  ["fe80::a:b", `fe80${"00".repeat(10)}000a000b`],
  ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
])("%s is read, and written so", (text, hex) => {
  expect(parseIpv6(text)).toEqual(octetsOf(hex));
  expect(formatIpv6(octetsOf(hex))).toBe(text);
});

test.each([
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ["::192.0.2.1", `${"00".repeat(12)}c0000201`],
  ["2001:DB8::A", `20010db8${"00".repeat(11)}0a`],
  ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
])("%s is read", (text, hex) => expect(parseIpv6(text)).toEqual(octetsOf(hex)));

test.each(["", ":", ":::", "1", "1::2::3", "fe80::1%eth0", "192.0.2.1", "g::", "1:2:3:4:5:6:7:8:9", " ::1"])(
  "'%s' is no IPv6 address",
  (text) => expect(parseIpv6(text)).toBeUndefined(),
);

test.each(["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "::1", "0x1.2.3.4", "01.2.3.4"])(
  "'%s' is no IPv4 address",
  (text) => expect(parseIpv4(text)).toBeUndefined(),
);

test("any octets are an address that is read as it was written", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  });
  fc.assert(
    fc.property(groups, (eight) => {
      const octets = Uint8Array.from(eight.flatMap((one) => [one >> 8, one & 255]));
      const text = formatIpv6(octets);
      expect(isIPv6(text)).toBe(true);
      expect(parseIpv6(text)).toEqual(octets);
      const four = octets.subarray(0, 4);
      expect(isIPv4(formatIpv4(four))).toBe(true);
      expect(parseIpv4(formatIpv4(four))).toEqual(four);
    }),
    { numRuns: 500 },
  );
});
