import { describe, expect, it } from "vitest";
import { type EapSettings, innerMethodsOf, tunnelTypesOf } from "./eap-settings.ts";

const settings: EapSettings = {
  methods: ["peap-mschapv2", "ttls-gtc", "tls", "ttls-pap", "peap-gtc"],
  fragmentOctets: 1000,
  checkInnerRealm: true,
  serverName: "radius",
};

describe("the settings of EAP", () => {
  it("say in which order methods are offered, outside and inside", () => {
    expect(tunnelTypesOf(settings)).toEqual([25, 21, 13]);
    expect(innerMethodsOf(settings, 25)).toEqual(["mschapv2", "gtc"]);
    expect(innerMethodsOf(settings, 21)).toEqual(["gtc", "pap"]);
    expect(innerMethodsOf(settings, 13)).toEqual([]);
  });
});
