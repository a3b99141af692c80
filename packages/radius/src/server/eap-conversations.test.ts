import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EapAuthority } from "../../interop/eap-certificates.ts";
import { type Office, office, secret } from "../../interop/office.ts";
import { AttributeType, attributeOf } from "../codec/attribute-type.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { type RadiusTestAnswer, radiusTestClient } from "../testing.ts";

const { accessChallenge, accessReject } = PacketCode;
let authority: EapAuthority;
let tls: { readonly key: string; readonly cert: string };
beforeAll(async () => {
  authority = await EapAuthority.create("P-256");
  const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
  tls = { key, cert };
});
afterAll(() => authority[Symbol.asyncDispose]());

const limits = {
  rejectDelayMs: 0,
  maxConversations: 5,
  maxConversationsPerStation: 2,
  conversationIdleMs: 200,
};
const start = (more: object = {}, settings: object = {}): Promise<Office> =>
  office({ limits, tls, ...more }, settings as never);

/** An EAP response with somebody's name (RFC 3748 §5.1), as the first message of a login. */
const identity = (name = "anonymous"): RawAttribute => ({
  type: AttributeType.eapMessage,
  value: Buffer.from([2, 7, 0, 5 + name.length, 1, ...Buffer.from(name)]),
});
const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });
const from = (station: string): RawAttribute => text(AttributeType.callingStationId, station);

function ask(
  place: Office,
  attributes: readonly RawAttribute[],
  address = "127.0.0.1",
): Promise<RadiusTestAnswer> {
  return radiusTestClient(place.server, { secret, address }).access({ username: "anonymous", attributes });
}

const stateOf = (answer: RadiusTestAnswer): RawAttribute => ({
  type: AttributeType.state,
  value: attributeOf(answer, AttributeType.state) as Uint8Array,
});
const isFailure = (answer: RadiusTestAnswer): boolean =>
  answer.code === accessReject && attributeOf(answer, AttributeType.eapMessage)?.[0] === 4;

describe("a login by EAP", () => {
  test("begins with a challenge, and a State of its own for each", async () => {
    await using place = await start();
    const states = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const answer = await ask(place, [identity(), from(`0${i}`)]);
      expect(answer.code).toBe(accessChallenge);
      const { value } = stateOf(answer);
      expect(value).toHaveLength(16);
      states.add(Buffer.from(value).toString("hex"));
    }
    expect(states.size).toBe(4);
  });

  test("goes on with nobody but the client that it was begun with", async () => {
    const clients = ["127.0.0.1", "127.0.0.2"].map((cidr) => ({ cidr, secret }));
    await using place = await start({}, { clients });
    const state = stateOf(await ask(place, [identity()]));
    expect(isFailure(await ask(place, [identity(), state], "127.0.0.2"))).toBe(true);
  });

  test("does not go on at another network, where another method may count", async () => {
    await using place = await start({}, { ssids: ["Office"] });
    const { directory } = place;
    await directory.resources.create({
      kind: "radius",
      name: "lab",
      settings: { clients: [{ cidr: "127.0.0.0/8", secret }], ssids: ["Lab"] },
    });
    const at = (ssid: string): RawAttribute =>
      text(AttributeType.calledStationId, `02-00-00-00-00-01:${ssid}`);
    const state = stateOf(await ask(place, [identity(), at("Office")]));
    expect(isFailure(await ask(place, [identity(), state, at("Lab")]))).toBe(true);
  });

  test.each(["", "0123456789abcdef"])(
    "is not known by the State %j, which was given to nobody",
    async (value) => {
      await using place = await start();
      expect(isFailure(await ask(place, [identity(), text(AttributeType.state, value)]))).toBe(true);
    },
  );

  test("is refused where the server has no certificate, or the network does not offer it", async () => {
    await using bare = await start({ tls: undefined });
    expect(isFailure(await ask(bare, [identity()]))).toBe(true);
    await using other = await start({}, { methods: ["pap"] });
    expect(isFailure(await ask(other, [identity()]))).toBe(true);
  });
});

describe("logins that are begun and left", () => {
  test("are so many of one device, and the next is refused until one of them is forgotten", async () => {
    await using place = await start();
    const codes: number[] = [];
    for (let i = 0; i < 3; i++) codes.push((await ask(place, [identity(), from("01")])).code);
    expect(codes).toEqual([accessChallenge, accessChallenge, accessReject]);
    expect((await ask(place, [identity(), from("02")])).code).toBe(accessChallenge);
    let code: number = accessReject;
    const deadline = performance.now() + 4000;
    while (code !== accessChallenge && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
      ({ code } = await ask(place, [identity(), from("01")]));
    }
    expect(code).toBe(accessChallenge);
  });

  test("are so many of all devices", async () => {
    await using place = await start();
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) codes.push((await ask(place, [identity(), from(`0${i}`)])).code);
    expect(codes).toEqual([...Array<number>(5).fill(accessChallenge), accessReject]);
  });

  test("do not count when their first message said nothing", async () => {
    await using place = await start();
    const client = radiusTestClient(place.server, { secret });
    const { SharedSecret } = await import("../codec/shared-secret.ts");
    const { encodeRequest } = await import("../codec/signature.ts");
    const nonsense = { type: AttributeType.eapMessage, value: Buffer.from([9, 9, 9]) };
    await ask(place, [identity(), from("02")]);
    for (let identifier = 100; identifier < 120; identifier++) {
      const packet = { code: PacketCode.accessRequest, identifier, attributes: [nonsense, from("01")] };
      expect(await client.send(encodeRequest(packet, new SharedSecret(secret)))).toEqual([]);
    }
    expect((await ask(place, [identity(), from("01")])).code).toBe(accessChallenge);
  });
});
