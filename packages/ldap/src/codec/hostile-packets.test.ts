import { expect, test } from "vitest";
import { decodeMessage } from "./decode-message.ts";
import { LdapFramer } from "./frame.ts";
import { type HostilePacket, hostilePackets } from "./hostile-packets.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { peekMessage } from "./peek-message.ts";

const longestMs = 2000;

function typedOrNothing(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof LdapDecodeError) return error.code;
    throw error;
  }
}

/** What becomes of a packet that arrives in pieces of `step` octets. */
function outcome({ bytes }: HostilePacket, step: number): (string | undefined)[] {
  const framer = new LdapFramer();
  const outcomes: (string | undefined)[] = [];
  const fault = typedOrNothing(() => {
    for (let at = 0; at < bytes.length; at += step) {
      framer.push(bytes.slice(at, at + step));
      for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
        const whole = frame;
        outcomes.push(typedOrNothing(() => decodeMessage(whole)));
      }
    }
  });
  return fault === undefined ? outcomes : [...outcomes, fault];
}

const packets = hostilePackets();

test("the corpus is large, its names are unique and it is the same every time", () => {
  expect(packets.length).toBeGreaterThanOrEqual(862);
  expect(new Set(packets.map(({ name }) => name)).size).toBe(packets.length);
  expect(hostilePackets()).toEqual(packets);
});

test("every packet is decoded or refused by the one typed error in bounded time", () => {
  for (const packet of packets) {
    const started = performance.now();
    outcome(packet, packet.bytes.length);
    typedOrNothing(() => decodeMessage(packet.bytes));
    typedOrNothing(() => peekMessage(packet.bytes));
    expect(performance.now() - started, packet.name).toBeLessThan(longestMs);
  }
});

test("a packet that comes one octet at a time has the same outcome", () => {
  for (const packet of packets) {
    if (packet.bytes.length > 2000) continue;
    expect(outcome(packet, 1), packet.name).toEqual(outcome(packet, packet.bytes.length));
  }
});

test.each([
  ["4 GiB announced", "too-large"],
  ["127 length octets", "bad-length"],
  ["indefinite message", "bad-length"],
  ["empty message", "truncated"],
  ["negative messageID", "invalid-value"],
  ["messageID of 2^31", "bad-length"],
  ["messageID 0", undefined],
  ["unknown operation 26", "unknown-operation"],
  ["universal operation", "unknown-operation"],
  ["bind with a name that is not UTF-8", "invalid-value"],
  ["bind with a name of an encoded surrogate", "invalid-value"],
  ["bind with a name in overlong UTF-8", "invalid-value"],
  ["bind with constructed name", "unexpected-tag"],
  ["controls twice", "trailing-data"],
  ["TLS client hello", "unexpected-tag"],
  ["scope 4", "invalid-value"],
  ["not nested 100 deep", undefined],
  ["not nested 101 deep", "too-deep"],
  ["and nested 50000 deep", "too-deep"],
  ["and of 20000 filters", "too-many"],
  ["substrings of 20000 pieces", "too-many"],
  ["filter missing", "unexpected-tag"],
  ["substrings of nothing", "invalid-value"],
  ["not of two", "trailing-data"],
])("%s: %s", (name, code) => {
  const packet = packets.find((candidate) => candidate.name === name);
  expect(packet && outcome(packet, packet.bytes.length)).toEqual([code]);
});
