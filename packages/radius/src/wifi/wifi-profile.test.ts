import { beforeAll, describe, expect, test } from "vitest";
import { appleProfile } from "./apple-profile.ts";
import { createCertificateAuthority } from "./certificate-authority.ts";
import { eapConfig } from "./eap-config.ts";
import { networkManagerConnection } from "./network-manager.ts";
import { stableUuid, type WifiLogin, type WifiNetwork } from "./wifi-profile.ts";
import { windowsProfile } from "./windows-profile.ts";
import { wpaSupplicantConfiguration } from "./wpa-supplicant.ts";

let network: WifiNetwork;
beforeAll(async () => {
  const { certificate } = await createCertificateAuthority();
  network = { ssid: "office", serverNames: ["radius.example.com"], authority: certificate };
});
const login: WifiLogin = { method: "eap-ttls-pap" };
const refused = expect.objectContaining({ code: "invalid-input" });

test("a UUID is that of RFC 9562 for its name, and so always the same", () => {
  // As Python's uuid.uuid5 has it.
  expect(stableUuid("com.example.wifi", "authority")).toBe("0e716aa2-4551-5c1a-a32a-846853434cec");
});

const secretive = [appleProfile, eapConfig, wpaSupplicantConfiguration, networkManagerConnection];
const named = (profiles: readonly (typeof appleProfile)[]) =>
  profiles.map((profile) => ({ name: profile.name, profile }));

describe.each(named([...secretive, windowsProfile]))("$name", ({ profile }) => {
  test("is the same each time, and another for another network", () => {
    expect(profile(network, login)).toBe(profile({ ...network }, login));
    expect(profile({ ...network, ssid: "guests" }, login)).not.toBe(profile(network, login));
  });

  test("holds no password that was not given, nor a name", () => {
    expect(profile(network, login)).not.toMatch(/(UserName|UserPassword|<Password|\n *(password|identity)=)/);
  });

  test.each<[what: string, wrong: Partial<WifiNetwork>]>([
    ["an SSID of no octets", { ssid: "" }],
    ["an SSID of 33 octets", { ssid: `${"é".repeat(16)}x` }],
    ["an SSID with a line break", { ssid: 'office"\n}\nnetwork={' }],
    ["an SSID that is no text", { ssid: "\udfff" }],
    ["no server name", { serverNames: [] }],
    ["a server name that is a pattern", { serverNames: ["*.example.com"] }],
    ["an authority that is none", { authority: "nothing" }],
    ["a name with a control character", { displayName: "a\u0000b" }],
    ["an organization with a line break", { organization: "a\nb" }],
    ["an identifier with a brace", { identifier: "a={" }],
  ])("is not made for %s", (_, wrong) => {
    expect(() => profile({ ...network, ...wrong }, login)).toThrow(refused);
  });
});

test.each(named(secretive))("$name lets no line break of a name or password through", ({ profile }) => {
  for (const wrong of [{ username: "a\nb" }, { password: "a\r\nb" }, { anonymousIdentity: "a\u0001" }])
    expect(() => profile(network, { ...login, ...wrong })).toThrow(refused);
});
