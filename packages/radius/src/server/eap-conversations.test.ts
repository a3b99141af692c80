import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EapAuthority } from "../../interop/eap-certificates.ts";
import { type Office, office, secret } from "../../interop/office.ts";
import { AttributeType, attributeOf } from "../codec/attribute-type.ts";
import { decodePacket, encodePacket, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { SharedSecret } from "../codec/shared-secret.ts";
import { encodeRequest } from "../codec/signature.ts";
import { resolveOptions } from "../options.ts";
import { type RadiusTestAnswer, radiusTestClient } from "../testing.ts";
import { readNetwork } from "../view/network.ts";
import { ReplyWriter } from "../view/reply-attributes.ts";
import { EapConversations } from "./eap-conversations.ts";

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
  const clients = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((cidr) => ({ cidr, secret }));
  const roomy = { limits: { ...limits, maxConversations: 8 } };
  const begin = async (place: Office, station?: string, address?: string): Promise<RadiusTestAnswer> => {
    const answer = await ask(place, [identity(), ...(station === undefined ? [] : [from(station)])], address);
    expect(answer.code).toBe(accessChallenge);
    return answer;
  };
  /** Whether a login goes on, when its device asks for another method. */
  const goesOn = async (place: Office, begun: RadiusTestAnswer, address?: string): Promise<boolean> => {
    const [, identifier] = attributeOf(begun, AttributeType.eapMessage) as Uint8Array;
    const nak = {
      type: AttributeType.eapMessage,
      value: Buffer.from([2, identifier as number, 0, 6, 3, 25]),
    };
    const answer = await ask(place, [nak, stateOf(begun)], address);
    if (answer.code !== accessChallenge) expect(isFailure(answer)).toBe(true);
    return answer.code === accessChallenge;
  };

  test("are so many of one device: for one more, that gives way of which nothing was heard for longest", async () => {
    await using place = await start();
    const other = await begin(place, "02");
    const begun = [await begin(place, "0a"), await begin(place, "0A "), await begin(place, "0a")];
    const go = [];
    for (const one of begun) go.push(await goesOn(place, one));
    expect(go).toEqual([false, true, true]);
    expect(await goesOn(place, other)).toBe(false);
  });

  test("of a device by one client are nothing to those by another", async () => {
    await using place = await start({}, { clients });
    const first = await begin(place, "01");
    for (let i = 0; i < 4; i++) await begin(place, "01", "127.0.0.2");
    expect(await goesOn(place, first)).toBe(true);
  });

  test.each([undefined, "", " "])("are not of one device when the client calls it %j", async (station) => {
    await using place = await start(roomy);
    const begun = [];
    for (let i = 0; i < 4; i++) begun.push(await begin(place, station));
    for (const one of begun) expect(await goesOn(place, one)).toBe(true);
  });

  test("by one client leave half of the room to the others", async () => {
    await using place = await start(roomy, { clients });
    const other = await begin(place, "01", "127.0.0.2");
    const begun = [];
    for (let i = 0; i < 20; i++) begun.push(await begin(place, `1${i}`));
    const go = [];
    for (const one of begun) go.push(await goesOn(place, one));
    expect(go).toEqual([...Array<boolean>(16).fill(false), ...Array<boolean>(4).fill(true)]);
    expect(await goesOn(place, other, "127.0.0.2")).toBe(true);
  });

  test("give way, where there is no room at all, by the client that has most of them", async () => {
    const small = { limits: { ...limits, maxConversations: 7 } };
    await using place = await start(small, { clients });
    const few = [await begin(place, "01", "127.0.0.2"), await begin(place, "02", "127.0.0.2")];
    const third = [await begin(place, "01", "127.0.0.3"), await begin(place, "02", "127.0.0.3")];
    const most = [await begin(place, "01"), await begin(place, "02"), await begin(place, "03")];
    third.push(await begin(place, "03", "127.0.0.3"));
    expect(await goesOn(place, most[0] as RadiusTestAnswer)).toBe(false);
    for (const one of few) expect(await goesOn(place, one, "127.0.0.2")).toBe(true);
    for (const one of third) expect(await goesOn(place, one, "127.0.0.3")).toBe(true);
  });

  test("are forgotten after a while", async () => {
    await using place = await start();
    const settings = place.directory.resources.openSettings(place.resource);
    const network = readNetwork({ ...place.resource, settings });
    const options = resolveOptions({ directory: place.directory, tls, limits });
    const conversations = new EapConversations({ options, reply: new ReplyWriter(options.dictionary) });
    const packet = decodePacket(encodePacket(PacketCode.accessRequest, 1, [identity(), from("01")]));
    const request = { packet, address: "127.0.0.1", secret: new SharedSecret(secret), correlation: "1" };
    await conversations.take(request as never, network);
    expect(conversations.size).toBe(1);
    const deadline = performance.now() + 4000;
    while (conversations.size > 0 && performance.now() < deadline)
      await new Promise((resolve) => setImmediate(resolve));
    expect(conversations.size).toBe(0);
  });

  test("do not count when their first message said nothing", async () => {
    await using place = await start();
    const client = radiusTestClient(place.server, { secret });
    const nonsense = { type: AttributeType.eapMessage, value: Buffer.from([9, 9, 9]) };
    await ask(place, [identity(), from("02")]);
    for (let identifier = 100; identifier < 120; identifier++) {
      const packet = { code: PacketCode.accessRequest, identifier, attributes: [nonsense, from("01")] };
      expect(await client.send(encodeRequest(packet, new SharedSecret(secret)))).toEqual([]);
    }
    expect((await ask(place, [identity(), from("01")])).code).toBe(accessChallenge);
  });
});
