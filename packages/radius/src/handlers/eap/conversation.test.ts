import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EapAuthority, type IssuedCertificate } from "../../../interop/eap-certificates.ts";
import { decodeEapPacket, EapCode, EapType, encodeEapMessage } from "../../codec/eap-packet.ts";
import { decodeTlsFragment, maxTlsMessageOctets } from "../../codec/eap-tls-fragment.ts";
import { EapPeer } from "../../server/eap-peer.fixture.ts";
import { peopleVerifier } from "../../server/eap-people.fixture.ts";
import { NodeTlsTunnels } from "../../server/tls-tunnel.ts";
import { EapConversation, maxEapRounds } from "./conversation.ts";
import type { EapMethodName } from "./eap-settings.ts";

let authority: EapAuthority;
let server: IssuedCertificate;

beforeAll(async () => {
  authority = await EapAuthority.create("P-256");
  server = await authority.issue("radius.example.com", "serverAuth");
});
afterAll(() => authority[Symbol.asyncDispose]());

function begin(methods: readonly EapMethodName[] = ["ttls-pap", "tls", "peap-gtc"]): EapPeer<string> {
  const tunnels = new NodeTlsTunnels({ ...server, clientAuthorities: authority.ca });
  const settings = { methods, fragmentOctets: 500, checkInnerRealm: true, serverName: "radius" };
  return new EapPeer(new EapConversation(settings, peopleVerifier(), tunnels));
}

const failure = (reason: string): object => ({ type: "failure", reason });
const one = Uint8Array.of(1);
const alertRecord = 21;

describe("an EAP conversation", () => {
  it("asks for the identity when an access point only says that somebody is there", async () => {
    const peer = begin();
    await peer.raw(new Uint8Array(0));
    expect(peer.request).toMatchObject({ code: EapCode.request, type: EapType.identity });
    await peer.answer(EapType.identity, new TextEncoder().encode("ada"));
    expect(peer.request.type).toBe(EapType.ttls);
  });

  it("offers the first method, in a request with another identifier and the start flag", async () => {
    const peer = begin();
    await peer.identify("ada");
    expect(peer.request).toMatchObject({ type: EapType.ttls, identifier: 8 });
    expect([...peer.request.data]).toEqual([0x20]);
  });

  it.each([
    ["no identity", ""],
    ["an endless identity", "a".repeat(254)],
    ["an identity with a NUL", "ada\0"],
  ])("fails for %s", async (_what, identity) => {
    expect(await begin().identify(identity)).toMatchObject(failure("bad-identity"));
  });

  it("fails in the words of EAP: code 4 with the identifier of the response", async () => {
    const step = await begin().identify("");
    expect(decodeEapPacket((step as { packet: Uint8Array }).packet)).toEqual({ code: 4, identifier: 7 });
  });

  it("ignores what is no EAP response, and goes on", async () => {
    const peer = begin();
    await peer.identify("ada");
    const { identifier } = peer.request;
    const request = encodeEapMessage({ code: 1, identifier, type: EapType.ttls, data: one });
    for (const octets of [request, Uint8Array.of(3, identifier, 0, 4), one, new Uint8Array(0)])
      expect(await peer.raw(octets)).toEqual({ type: "discard" });
    expect(await peer.nak(EapType.peap)).toMatchObject({ type: "request" });
  });

  it("ignores a response with another identifier or another type than the request", async () => {
    const peer = begin();
    await peer.identify("ada");
    expect(await peer.answer(EapType.ttls, one, 99)).toEqual({ type: "discard" });
    expect(await peer.answer(EapType.peap, one)).toEqual({ type: "discard" });
    expect(await peer.answer(EapType.identity, one)).toEqual({ type: "discard" });
  });

  it("ignores a response that comes while another is worked on", async () => {
    const peer = begin();
    const [first, second] = await Promise.all([peer.identify("ada"), peer.identify("ada")]);
    expect(first.type).toBe("request");
    expect(second).toEqual({ type: "discard" });
  });

  it("offers what the device would rather have, our first choice first", async () => {
    const peer = begin();
    await peer.identify("ada");
    await peer.nak(EapType.peap, EapType.tls);
    expect(peer.request.type).toBe(EapType.tls);
    await peer.nak(EapType.ttls, EapType.peap);
    expect(peer.request.type).toBe(EapType.peap);
  });

  it.each([
    ["wants what is not allowed", [EapType.mschapV2]],
    ["wants nothing else", [0]],
    ["says nothing of what it wants", []],
    ["wants what it has just refused", [EapType.ttls]],
  ])("fails with a device that %s", async (_what, types) => {
    const peer = begin();
    await peer.identify("ada");
    expect(await peer.nak(...types)).toMatchObject(failure("no-common-method"));
  });

  it("takes no other wish once a method is under way", async () => {
    const peer = begin();
    await peer.identify("ada");
    await peer.fragment({ more: true, totalOctets: 9, data: one });
    expect(await peer.nak(EapType.peap)).toEqual({ type: "discard" });
  });

  it.each([
    [
      "a response without flags",
      (peer: EapPeer<string>) => peer.answer(EapType.ttls, new Uint8Array(0)),
      "malformed-truncated",
    ],
    [
      "a start that a device sends",
      (peer: EapPeer<string>) => peer.fragment({ start: true }),
      "start-from-peer",
    ],
    [
      "a version above the one offered",
      (peer: EapPeer<string>) => peer.fragment({ version: 1 }),
      "unknown-version",
    ],
    ["an acknowledgement of nothing", (peer: EapPeer<string>) => peer.fragment({}), "nothing-said"],
    [
      "a message over 64 KiB",
      (peer: EapPeer<string>) =>
        peer.fragment({ more: true, totalOctets: maxTlsMessageOctets + 1, data: one }),
      "malformed-oversized",
    ],
  ])("fails for %s", async (_what, act, reason) => {
    const peer = begin();
    await peer.identify("ada");
    expect(await act(peer)).toMatchObject(failure(reason));
  });

  it("tells a device by an alert that its octets are not those of a handshake, and fails then", async () => {
    const peer = begin();
    await peer.identify("ada");
    await peer.fragment({ data: Uint8Array.of(23, 3, 3, 0, 1, 0) });
    expect([...decodeTlsFragment(peer.request.data).data.subarray(0, 1)]).toEqual([alertRecord]);
    expect(await peer.fragment({})).toMatchObject(failure("ERR_SSL_UNEXPECTED_MESSAGE"));
  });

  it("fails for octets that are no TLS at all", async () => {
    const peer = begin();
    await peer.identify("ada");
    const octets = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
    expect(await peer.fragment({ data: octets })).toMatchObject(failure("ERR_SSL_HTTP_REQUEST"));
  });

  it("takes fifty responses and no more", async () => {
    const peer = begin();
    await peer.identify("ada");
    for (let round = 1; round < maxEapRounds; round++) await peer.fragment({ more: true, data: one });
    expect(peer.last?.type).toBe("request");
    expect(await peer.fragment({ more: true, data: one })).toMatchObject(failure("too-many-rounds"));
  });

  it("ignores everything once it is over", async () => {
    const failed = begin();
    await failed.identify("");
    expect(await failed.identify("ada")).toEqual({ type: "discard" });
    const tunnels = new NodeTlsTunnels(server);
    const settings = {
      methods: ["ttls-pap"],
      fragmentOctets: 500,
      checkInnerRealm: true,
      serverName: "r",
    } as const;
    const conversation = new EapConversation(settings, peopleVerifier(), tunnels);
    const closed = new EapPeer(conversation);
    await closed.identify("ada");
    conversation.close();
    expect(await closed.fragment({ data: one })).toEqual({ type: "discard" });
  });

  it("ends without an answer when it is closed while one is being found", async () => {
    const settings = {
      methods: ["ttls-pap"],
      fragmentOctets: 500,
      checkInnerRealm: true,
      serverName: "r",
    } as const;
    const conversation = new EapConversation(settings, peopleVerifier(), new NodeTlsTunnels(server));
    const peer = new EapPeer(conversation);
    await peer.identify("ada");
    const answer = peer.fragment({ data: Uint8Array.of(22, 3, 1, 0, 5, 1, 0, 0, 1, 0) });
    conversation.close();
    expect(await answer).toEqual({ type: "discard" });
  });
});
