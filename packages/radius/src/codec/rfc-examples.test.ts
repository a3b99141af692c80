import { describe, expect, test } from "vitest";
import { attributeOf, textOf } from "./attribute-type.ts";
import { hidePassword, revealPassword } from "./hidden-value.ts";
import { octetsOf, textOctets } from "./octets.fixture.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import { PacketCode } from "./packet-code.ts";
import { SharedSecret } from "./shared-secret.ts";
import { hasValidMessageAuthenticator, hasValidResponseAuthenticator } from "./signature.ts";

const secret = new SharedSecret("xyzzy5461");

/** RFC 2865 §7.1: nemo logs in to a host by Telnet. */
const telnetRequest = octetsOf(`
  01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d 93 d4 13 ce
  31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`);
const telnetAccept = octetsOf(`
  02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8
  01 03`);
/** RFC 2865 §7.2: flopsy logs in with CHAP. */
const chapRequest = octetsOf(`
  01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9 75 57 c3 16
  18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01`);
const chapAccept = octetsOf(`
  02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01 08 06 ff ff
  ff fe 0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc`);
/** RFC 2865 §7.3: mopsy is asked for something more. */
const challengeRequest = octetsOf(`
  01 02 00 39 f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9 30 41 a0 39 01 07 6d 6f 70 73 79 02 12 33 65 75 73 77 82 89
  b5 70 88 5e 15 08 48 25 c5 04 06 c0 a8 01 10 05 06 00 00 00 07`);
const challenge = octetsOf(`
  0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c 71 ff 9c 45 12 30 43 68 61 6c 6c 65 6e 67 65 20 33 32 37 36
  39 34 33 30 2e 20 20 45 6e 74 65 72 20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f 6d 70 74 2e 18 0a 33 32
  37 36 39 34 33 30`);
/** RFC 5997 §6.1 and §6.3: is anybody there, at the port for authentication and at that for accounting? */
const statusRequest = octetsOf(`
  0c da 00 26 8a 54 f4 68 6f b3 94 c5 28 66 e3 02 18 5d 06 23 50 12 5a 66 5e 2e 1e 84 11 f3 e2 43 82 20 97 c8
  4f a3`);
const statusAccept = octetsOf("02 da 00 14 ef 0d 55 2a 4b f2 d6 93 ec 2b 6f e8 b5 41 1d 66");
const accountingStatusRequest = octetsOf(`
  0c b3 00 26 92 5f 6b 66 dd 5f ed 57 1f cb 1d b7 ad 38 82 60 50 12 e8 d6 ea bd a9 10 87 5c d9 1f da de 26 36
  78 58`);

describe("the examples of RFC 2865 §7", () => {
  test("a password is read, and hidden as it stands there", () => {
    const packet = decodePacket(telnetRequest);
    expect(packet).toMatchObject({ code: PacketCode.accessRequest, identifier: 0 });
    expect(textOf(packet, 1)).toBe("nemo");
    const hidden = attributeOf(packet, 2) as Uint8Array;
    const plain = textOctets("arctangent");
    expect(revealPassword(hidden, packet.authenticator, secret)).toEqual(plain);
    expect(hidePassword(plain, packet.authenticator, secret)).toEqual(hidden);
  });

  test.each([
    ["of a login by Telnet", telnetRequest, telnetAccept],
    ["of a login with CHAP", chapRequest, chapAccept],
    ["that is a challenge", challengeRequest, challenge],
  ])("an answer %s belongs to its request and to no other", (_, request, answer) => {
    const { authenticator } = decodePacket(request);
    const packet = decodePacket(answer);
    expect(hasValidResponseAuthenticator(packet, authenticator, secret)).toBe(true);
    expect(hasValidResponseAuthenticator(packet, authenticator.toReversed(), secret)).toBe(false);
    expect(hasValidResponseAuthenticator(packet, authenticator, new SharedSecret("xyzzy5462"))).toBe(false);
  });

  test.each([telnetRequest, telnetAccept, chapRequest, chapAccept, challengeRequest, challenge])(
    "a packet that is read and written again is the same (%#)",
    (octets) => {
      const { code, identifier, attributes, authenticator } = decodePacket(octets);
      expect(encodePacket(code, identifier, attributes, authenticator)).toEqual(octets);
    },
  );
});

describe("the examples of RFC 5997 §6", () => {
  test.each([statusRequest, accountingStatusRequest])(
    "a Status-Server proves that it knows the secret (%#)",
    (octets) => {
      const packet = decodePacket(octets);
      expect(packet.code).toBe(PacketCode.statusServer);
      expect(hasValidMessageAuthenticator(packet, secret)).toBe(true);
      expect(hasValidMessageAuthenticator(packet, new SharedSecret("another"))).toBe(false);
    },
  );

  test("the answer belongs to it", () => {
    const { authenticator } = decodePacket(statusRequest);
    expect(hasValidResponseAuthenticator(decodePacket(statusAccept), authenticator, secret)).toBe(true);
  });
});
