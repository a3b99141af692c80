import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePacket, encodePacket } from "./packet.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";

const octet = fc.integer({ min: 0, max: 255 });
const attributes = fc.array(fc.record({ type: octet, value: fc.uint8Array({ maxLength: 253 }) }), {
  maxLength: 15,
});
const authenticators = fc.uint8Array({ minLength: 16, maxLength: 16 });

/** Reads octets of which nothing is known: what comes is a packet or the one error there is. */
function tryToDecode(octets: Uint8Array): void {
  try {
    const packet = decodePacket(octets);
    const { code, identifier, authenticator } = packet;
    expect(encodePacket(code, identifier, packet.attributes, authenticator)).toEqual(packet.octets);
  } catch (error) {
    if (!isRadiusDecodeError(error)) throw error;
  }
}

test("what is written is read as it was", () => {
  fc.assert(
    fc.property(octet, octet, attributes, authenticators, (code, identifier, sent, authenticator) => {
      const packet = decodePacket(encodePacket(code, identifier, sent, authenticator));
      expect(packet).toMatchObject({ code, identifier });
      expect(packet.authenticator).toEqual(authenticator);
      expect(packet.attributes).toEqual(sent);
    }),
  );
});

test("any octets are a packet that can be written again, or an error of the one kind", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4_200 }), tryToDecode));
});

test("so is a packet in which some octets were changed, or of which some are missing", () => {
  const changes = fc.array(fc.tuple(fc.nat(), octet), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(attributes, changes, fc.nat(), (sent, changed, cut) => {
      const octets = encodePacket(1, 1, sent);
      for (const [at, value] of changed) octets[at % octets.length] = value;
      tryToDecode(octets);
      tryToDecode(octets.subarray(0, cut % (octets.length + 1)));
    }),
    { numRuns: 500 },
  );
});
