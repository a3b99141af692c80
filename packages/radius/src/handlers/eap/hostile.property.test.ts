import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EapAuthority, type IssuedCertificate } from "../../../interop/eap-certificates.ts";
import { EapType } from "../../codec/eap-packet.ts";
import { AvpCode, encodeAvps } from "../../codec/ttls-avp.ts";
import { EapPeer, EapTlsPeer } from "../../server/eap-peer.fixture.ts";
import { peopleVerifier } from "../../server/eap-people.fixture.ts";
import { NodeTlsTunnels } from "../../server/tls-tunnel.ts";
import { EapConversation } from "./conversation.ts";
import type { EapMethodName } from "./eap-settings.ts";

let authority: EapAuthority;
let server: IssuedCertificate;

beforeAll(async () => {
  authority = await EapAuthority.create("P-256");
  server = await authority.issue("radius.example.com", "serverAuth");
});
afterAll(() => authority[Symbol.asyncDispose]());

const methods: readonly EapMethodName[] = [
  "ttls-pap",
  "ttls-gtc",
  "ttls-mschapv2",
  "tls",
  "peap-gtc",
  "peap-mschapv2",
];

function begin(allowed = methods): { peer: EapPeer<string>; conversation: EapConversation<string> } {
  const tunnels = new NodeTlsTunnels({ ...server, clientAuthorities: authority.ca });
  const settings = { methods: allowed, fragmentOctets: 500, checkInnerRealm: true, serverName: "radius" };
  const conversation = new EapConversation(settings, peopleVerifier(), tunnels);
  return { peer: new EapPeer(conversation), conversation };
}

const octets = fc.uint8Array({ maxLength: 60 });
const types = fc.constantFrom(EapType.nak, EapType.ttls, EapType.tls, EapType.peap, EapType.identity);

describe("whatever a stranger sends", () => {
  it("is answered, ignored or refused in clear, and never breaks anything", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(types, octets), { maxLength: 12 }), async (answers) => {
        const { peer, conversation } = begin();
        await peer.identify("mallory");
        for (const [type, data] of answers) if (peer.last?.type === "request") await peer.answer(type, data);
        expect(["request", "failure"]).toContain(peer.last?.type);
        conversation.close();
      }),
      { numRuns: 150 },
    );
  });

  it.each<readonly [string, readonly EapMethodName[]]>([
    ["EAP-TTLS", ["ttls-pap", "ttls-gtc", "ttls-mschapv2"]],
    ["PEAP with EAP-GTC", ["peap-gtc"]],
    ["PEAP with EAP-MSCHAPv2", ["peap-mschapv2"]],
  ])("is answered or refused inside %s, and lets nobody in", async (_name, allowed) => {
    const identity = Uint8Array.of(EapType.identity, ...new TextEncoder().encode("ada"));
    const header = (data: Uint8Array): Uint8Array =>
      Uint8Array.of(2, 1, (data.length + 4) >> 8, (data.length + 4) & 255, ...data);
    const avp = (value: Uint8Array): Uint8Array =>
      encodeAvps([{ code: AvpCode.eapMessage, vendor: 0, mandatory: true, value: header(value) }]);
    const inner = fc.oneof(octets, octets.map(avp), fc.constant(identity), fc.constant(avp(identity)));
    await fc.assert(
      fc.asyncProperty(fc.array(inner, { minLength: 1, maxLength: 4 }), async (says) => {
        const { peer, conversation } = begin(allowed);
        await peer.identify("anonymous");
        const tls = await EapTlsPeer.begin(peer, { ca: authority.ca });
        for (const one of says) if (one.length > 0 && peer.last?.type === "request") await tls.say(one);
        expect(["request", "failure"]).toContain(peer.last?.type);
        conversation.close();
        tls.close();
      }),
      { numRuns: 40 },
    );
  });
});
