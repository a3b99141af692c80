import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EapAuthority, type IssuedCertificate } from "../../../interop/eap-certificates.ts";
import { decodeEapPacket, type EapMessage, EapType, encodeEapMessage } from "../../codec/eap-packet.ts";
import { encodeResultTlv } from "../../codec/result-tlv.ts";
import { AvpCode, decodeAvps, encodeAvps, type TtlsAvp } from "../../codec/ttls-avp.ts";
import { EapPeer, EapTlsPeer } from "../../server/eap-peer.fixture.ts";
import { type Asked, ada, peopleVerifier } from "../../server/eap-people.fixture.ts";
import { NodeTlsTunnels } from "../../server/tls-tunnel.ts";
import { EapConversation, type EapStep } from "./conversation.ts";
import type { EapMethodName, EapSettings } from "./eap-settings.ts";

let authority: EapAuthority;
let server: IssuedCertificate;

beforeAll(async () => {
  authority = await EapAuthority.create("P-256");
  server = await authority.issue("radius.example.com", "serverAuth");
});
afterAll(() => authority[Symbol.asyncDispose]());

interface Office {
  readonly tls: EapTlsPeer<string>;
  readonly asked: readonly Asked[];
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const avp = (code: number, value: string | Uint8Array, rest: Partial<TtlsAvp> = {}): TtlsAvp => ({
  code,
  vendor: 0,
  mandatory: true,
  value: typeof value === "string" ? text(value) : value,
  ...rest,
});
const denied = (reason: string): object => ({ type: "failure", reason });
const letIn = { type: "success", subject: "ada", identity: "ada" };

describe.each(["TLSv1.2", "TLSv1.3"] as const)("inside a tunnel of %s", (version) => {
  const opened: EapTlsPeer<string>[] = [];
  afterAll(() => {
    for (const tls of opened) tls.close();
  });

  /** A device with a tunnel that stands. */
  async function enter(
    methods: readonly EapMethodName[],
    {
      outer = "anonymous",
      needsCode = false,
      ...settings
    }: Partial<EapSettings> & { outer?: string; needsCode?: boolean } = {},
  ): Promise<Office> {
    const asked: Asked[] = [];
    const tunnels = new NodeTlsTunnels({ ...server, maxVersion: version });
    const whole = { methods, fragmentOctets: 400, checkInnerRealm: true, serverName: "radius", ...settings };
    const peer = new EapPeer(new EapConversation(whole, peopleVerifier(asked, needsCode), tunnels));
    await peer.identify(outer);
    const tls = await EapTlsPeer.begin(peer, { ca: authority.ca, maxVersion: version });
    opened.push(tls);
    expect(tls.isOpen).toBe(true);
    return { tls, asked };
  }

  const pap = (
    tls: EapTlsPeer<string>,
    username: string,
    password: string,
  ): Promise<EapStep<string> | undefined> =>
    tls.say(encodeAvps([avp(AvpCode.userName, username), avp(AvpCode.userPassword, password)]));

  describe("EAP-TTLS", () => {
    it("lets somebody in by a password that zeros fill up, with keys that the device has too", async () => {
      const { tls, asked } = await enter(["ttls-pap"]);
      const step = await pap(tls, ada.username, `${ada.password}\0\0\0`);
      expect(step).toMatchObject(letIn);
      expect(asked).toEqual([{ username: "ada", outerIdentity: "anonymous", method: "ttls-pap" }]);
      const { recvKey, sendKey } = step as Extract<EapStep<string>, { type: "success" }>;
      expect(recvKey).toHaveLength(32);
      expect(sendKey).toHaveLength(32);
      if (version === "TLSv1.3")
        expect(Buffer.concat([recvKey, sendKey])).toEqual(
          tls.keys(128, "EXPORTER_EAP_TLS_Key_Material", Uint8Array.of(EapType.ttls)).subarray(0, 64),
        );
    });

    it("does not let a wrong password in, nor one that is no text", async () => {
      const wrong = await enter(["ttls-pap"]);
      expect(await pap(wrong.tls, ada.username, "wrong")).toMatchObject(denied("not-let-in"));
      const { tls } = await enter(["ttls-pap"]);
      const octets = avp(AvpCode.userPassword, Uint8Array.of(0xff, 0xfe));
      expect(await tls.say(encodeAvps([avp(AvpCode.userName, "ada"), octets]))).toMatchObject(
        denied("bad-password"),
      );
    });

    it("cannot ask for a code, and so does not let in who needs one", async () => {
      const { tls } = await enter(["ttls-pap"], { needsCode: true });
      expect(await pap(tls, ada.username, ada.password)).toMatchObject(denied("code-needed"));
    });

    it("does not let in who comes by another realm, unless that is allowed", async () => {
      const { tls, asked } = await enter(["ttls-pap"], { outer: "anonymous@example.com" });
      expect(await pap(tls, "ada@other.example", ada.password)).toMatchObject(denied("other-realm"));
      expect(asked).toEqual([]);
      const open = await enter(["ttls-pap"], { outer: "anonymous@example.com", checkInnerRealm: false });
      expect(await pap(open.tls, "ada@other.example", ada.password)).toMatchObject(denied("not-let-in"));
    });

    it.each([
      ["an AVP that it must know and does not", [avp(999, "x")], "unknown-avp"],
      ["one of a vendor", [avp(1, "x", { vendor: 9 })], "unknown-avp"],
      ["no name", [avp(AvpCode.userPassword, "x")], "bad-identity"],
      ["a name with a NUL", [avp(AvpCode.userName, "a\0b"), avp(AvpCode.userPassword, "x")], "bad-identity"],
      ["nothing to prove it by", [avp(AvpCode.userName, "ada")], "no-common-method"],
      ["EAP that is none", [avp(AvpCode.eapMessage, "x")], "malformed-truncated"],
    ])("fails for %s", async (_what, avps, reason) => {
      const { tls } = await enter(["ttls-pap", "ttls-gtc"]);
      expect(await tls.say(encodeAvps(avps))).toMatchObject(denied(reason));
    });

    it("fails for octets that are no AVPs", async () => {
      const { tls } = await enter(["ttls-pap"]);
      expect(await tls.say(text("hello"))).toMatchObject(denied("malformed-truncated"));
    });

    it("ignores an AVP that it need not know", async () => {
      const { tls } = await enter(["ttls-pap"]);
      const extra = avp(999, "x", { mandatory: false });
      const avps = [extra, avp(AvpCode.userName, ada.username), avp(AvpCode.userPassword, ada.password)];
      expect(await tls.say(encodeAvps(avps))).toMatchObject(letIn);
    });

    it("does not take a method that is not allowed", async () => {
      const { tls, asked } = await enter(["ttls-gtc"]);
      expect(await pap(tls, ada.username, ada.password)).toMatchObject(denied("no-common-method"));
      expect(asked).toEqual([]);
    });

    it("takes a challenge for MS-CHAPv2 only from its own keys", async () => {
      const { tls, asked } = await enter(["ttls-mschapv2"]);
      const challenge = avp(11, new Uint8Array(16), { vendor: 311 });
      const response = avp(25, new Uint8Array(50), { vendor: 311 });
      const step = await tls.say(encodeAvps([avp(AvpCode.userName, "ada"), challenge, response]));
      expect(step).toMatchObject(denied("wrong-challenge"));
      expect(asked).toEqual([]);
    });

    /** Says EAP in an AVP. @returns the request that came back */
    async function eap(
      tls: EapTlsPeer<string>,
      identifier: number,
      type: number,
      data: Uint8Array,
    ): Promise<EapMessage | undefined> {
      tls.taken();
      await tls.say(
        encodeAvps([avp(AvpCode.eapMessage, encodeEapMessage({ code: 2, identifier, type, data }))]),
      );
      const [first] = decodeAvps(tls.taken());
      return first === undefined ? undefined : (decodeEapPacket(first.value) as EapMessage);
    }

    it("asks for a code by EAP-GTC when one is needed", async () => {
      const { tls } = await enter(["ttls-gtc"], { needsCode: true });
      const question = await eap(tls, 3, EapType.identity, text(ada.username));
      expect(question).toMatchObject({
        identifier: 4,
        type: EapType.genericTokenCard,
        data: Buffer.from("Password: "),
      });
      const code = await eap(tls, 4, EapType.genericTokenCard, text(ada.password));
      expect(code).toMatchObject({
        identifier: 5,
        type: EapType.genericTokenCard,
        data: Buffer.from("Code: "),
      });
      await eap(tls, 5, EapType.genericTokenCard, text(ada.code));
      expect(tls.peer.last).toMatchObject(letIn);
    });

    it("does not let in who answers with a wrong code", async () => {
      const { tls } = await enter(["ttls-gtc"], { needsCode: true });
      await eap(tls, 3, EapType.identity, text(ada.username));
      await eap(tls, 4, EapType.genericTokenCard, text(ada.password));
      await eap(tls, 5, EapType.genericTokenCard, text("000000"));
      expect(tls.peer.last).toMatchObject(denied("not-let-in"));
    });

    it("offers another method inside when the device would rather have that", async () => {
      const { tls } = await enter(["ttls-mschapv2", "ttls-gtc"]);
      expect(await eap(tls, 3, EapType.identity, text("ada"))).toMatchObject({ type: EapType.mschapV2 });
      expect(await eap(tls, 4, EapType.nak, Uint8Array.of(EapType.genericTokenCard))).toMatchObject({
        type: EapType.genericTokenCard,
      });
      await eap(tls, 5, EapType.nak, Uint8Array.of(EapType.mschapV2));
      expect(tls.peer.last).toMatchObject(denied("no-common-method"));
    });

    it("fails for another identifier or type inside, and for a password where EAP has begun", async () => {
      const strange = await enter(["ttls-gtc"]);
      await eap(strange.tls, 3, EapType.identity, text("ada"));
      await eap(strange.tls, 9, EapType.genericTokenCard, text(ada.password));
      expect(strange.tls.peer.last).toMatchObject(denied("unexpected-identifier"));
      const other = await enter(["ttls-gtc"]);
      await eap(other.tls, 3, EapType.identity, text("ada"));
      await eap(other.tls, 4, EapType.mschapV2, text("x"));
      expect(other.tls.peer.last).toMatchObject(denied("unexpected-type"));
      const mixed = await enter(["ttls-gtc", "ttls-pap"]);
      await eap(mixed.tls, 3, EapType.identity, text("ada"));
      expect(await pap(mixed.tls, ada.username, ada.password)).toMatchObject(denied("unexpected-data"));
    });
  });

  describe("PEAP", () => {
    /** Says EAP without its header. @returns what came back */
    async function say(tls: EapTlsPeer<string>, type: number, data: Uint8Array): Promise<Buffer> {
      await tls.say(Uint8Array.of(type, ...data));
      return tls.taken();
    }
    const success = encodeResultTlv(2, 1, true);

    it("asks who it is first, then for a password, and lets in who agrees on the result", async () => {
      const { tls, asked } = await enter(["peap-gtc"]);
      expect([...tls.taken()]).toEqual([EapType.identity]);
      expect((await say(tls, EapType.identity, text("ada"))).toString()).toBe("\x06Password: ");
      const result = await say(tls, EapType.genericTokenCard, text(ada.password));
      expect([...result]).toEqual([...encodeResultTlv(1, 1, true)]);
      expect(await tls.say(success)).toMatchObject(letIn);
      expect(asked).toEqual([{ username: "ada", outerIdentity: "anonymous", method: "peap-gtc" }]);
    });

    it("takes an identity with its header too", async () => {
      const { tls } = await enter(["peap-gtc"]);
      tls.taken();
      await tls.say(encodeEapMessage({ code: 2, identifier: 1, type: EapType.identity, data: text("ada") }));
      expect(tls.taken().toString()).toBe("\x06Password: ");
    });

    it("tells a wrong password by the result, and fails whatever the device says to it", async () => {
      const { tls } = await enter(["peap-gtc"]);
      tls.taken();
      await say(tls, EapType.identity, text("ada"));
      const result = await say(tls, EapType.genericTokenCard, text("wrong"));
      expect([...result]).toEqual([...encodeResultTlv(1, 1, false)]);
      expect(await tls.say(success)).toMatchObject(denied("not-let-in"));
    });

    it("does not let in who does not agree on the result", async () => {
      const { tls } = await enter(["peap-gtc"]);
      tls.taken();
      await say(tls, EapType.identity, text("ada"));
      await say(tls, EapType.genericTokenCard, text(ada.password));
      expect(await tls.say(encodeResultTlv(2, 1, false))).toMatchObject(denied("result-not-confirmed"));
    });

    it("asks for a code when one is needed", async () => {
      const { tls } = await enter(["peap-gtc"], { needsCode: true });
      tls.taken();
      await say(tls, EapType.identity, text("ada"));
      expect((await say(tls, EapType.genericTokenCard, text(ada.password))).toString()).toBe("\x06Code: ");
      await say(tls, EapType.genericTokenCard, text(ada.code));
      expect(await tls.say(success)).toMatchObject(letIn);
    });

    it("fails for a password before a name", async () => {
      const { tls, asked } = await enter(["peap-gtc"]);
      tls.taken();
      await say(tls, EapType.genericTokenCard, text(ada.password));
      expect(await tls.say(success)).toMatchObject(denied("no-identity"));
      expect(asked).toEqual([]);
    });
  });
});
