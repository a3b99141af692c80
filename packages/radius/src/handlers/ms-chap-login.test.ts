import { allowNtHashes } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { type Office, office, secret } from "../../interop/office.ts";
import { AttributeType } from "../codec/attribute-type.ts";
import { authenticatorResponse, ntResponse } from "../codec/mschapv2.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { decodeVendorSpecific, encodeVendorAttribute } from "../codec/vendor-attribute.ts";
import { type RadiusTestAnswer, radiusTestClient } from "../testing.ts";

// Those of RFC 2759 §9.2.
const authenticatorChallenge = Buffer.from("5b5d7c7d7b3f2f3e3c2c602132262628", "hex");
const peerChallenge = Buffer.from("21402324255e262a28295f2b3a337c7e", "hex");
const identifier = 0x2a;
const methods = ["mschapv2"];

const scene = (settings: object = { methods }): Promise<Office> =>
  office({ limits: { rejectDelayMs: 0 } }, settings as never, { [allowNtHashes]: true });

/** A login as a VPN gateway passes it on, with what the peer has made of the hash of its password. */
function login(
  place: Office,
  hash: Uint8Array,
  more: { readonly username?: string; readonly name?: string; readonly challenge?: Uint8Array } = {},
): Promise<RadiusTestAnswer> {
  const { username = "ada", name = username, challenge = authenticatorChallenge } = more;
  const answer = ntResponse(hash, { authenticatorChallenge, peerChallenge, name });
  const response = Buffer.concat([Buffer.from([identifier, 0]), peerChallenge, Buffer.alloc(8), answer]);
  const attributes: readonly RawAttribute[] = [
    encodeVendorAttribute(311, 11, challenge),
    encodeVendorAttribute(311, 25, response),
  ];
  return radiusTestClient(place.server, { secret }).access({ username, attributes });
}

/** The attributes of Microsoft's in an answer. */
const microsoft = ({ attributes }: RadiusTestAnswer): ReadonlyMap<number, string> =>
  new Map(
    attributes
      .filter(({ type }) => type === AttributeType.vendorSpecific)
      .flatMap(({ value }) => decodeVendorSpecific(value)?.attributes ?? [])
      .map(({ type, value }) => [type, Buffer.from(value).toString("latin1")]),
  );
const hashOf = async (
  { directory, users }: Office,
  who: keyof Office["users"] = "ada",
): Promise<Uint8Array> => (await directory.credentials.ntHash(users[who].id)) as Uint8Array;

describe("a login by MS-CHAPv2", () => {
  test("is answered with the server's own proof, and keys for the link", async () => {
    await using place = await scene();
    const hash = await hashOf(place);
    const answer = await login(place, hash);
    expect(answer.code).toBe(PacketCode.accessAccept);
    const input = { authenticatorChallenge, peerChallenge, name: "ada" };
    const proof = authenticatorResponse(hash, { ...input, ntResponse: ntResponse(hash, input) });
    const held = microsoft(answer);
    expect(held.get(26)).toBe(`*${proof}`);
    expect([...held.keys()].sort((a, b) => a - b)).toEqual(expect.arrayContaining([7, 8, 16, 17, 26]));
  });

  test("does not mind the domain that Windows puts before a name", async () => {
    await using place = await scene();
    expect((await login(place, await hashOf(place), { name: "EXAMPLE\\ada" })).code).toBe(
      PacketCode.accessAccept,
    );
  });

  test.each<[string, (place: Office) => Promise<RadiusTestAnswer>]>([
    ["a wrong password", (place) => login(place, Buffer.alloc(16, 1))],
    ["nobody", (place) => login(place, Buffer.alloc(16, 1), { username: "charles" })],
    ["somebody suspended", async (place) => login(place, await hashOf(place, "sam"), { username: "sam" })],
    [
      "somebody in no group",
      async (place) => login(place, await hashOf(place, "mallory"), { username: "mallory" }),
    ],
  ])("is refused for %s, with the error that peers know", async (_, attempt) => {
    await using place = await scene();
    const answer = await attempt(place);
    expect(answer.code).toBe(PacketCode.accessReject);
    expect(microsoft(answer).get(2)).toBe("*E=691 R=0 V=3");
  });

  test("over another challenge, or one of another length, is refused", async () => {
    await using place = await scene();
    const hash = await hashOf(place);
    for (const challenge of [Buffer.alloc(16, 9), Buffer.alloc(8)])
      expect((await login(place, hash, { challenge })).code).toBe(PacketCode.accessReject);
  });

  test("is refused where the network does not name it", async () => {
    await using place = await scene({});
    expect((await login(place, await hashOf(place))).code).toBe(PacketCode.accessReject);
  });

  test("takes one place where each person has one, though the device tells no name of its own", async () => {
    await using place = await scene({ methods, maxSessions: 1 });
    const hash = await hashOf(place);
    expect((await login(place, hash)).code).toBe(PacketCode.accessAccept);
    expect((await login(place, hash)).code).toBe(PacketCode.accessReject);
  });

  test("counts as a failure like any other", async () => {
    await using place = await scene();
    const { directory, users } = place;
    await login(place, Buffer.alloc(16, 1));
    expect(await directory.audit({ target: users.ada.id, action: "authentication.failed" })).toMatchObject([
      { reason: "wrong-password", protocol: "radius" },
    ]);
  });
});

test("a network that names it needs a directory that keeps NT hashes", async () => {
  await using place = await office({}, { methods });
  await expect(place.server.listen({ port: 0, accountingPort: 0 })).rejects.toMatchObject({
    code: "misconfigured",
    message: expect.stringMatching(/mschapv2 needs NT hashes/),
  });
});
