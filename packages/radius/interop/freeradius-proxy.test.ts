import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { EapAuthority } from "./eap-certificates.ts";
import { type EapolTestLogin, type EapolTestResult, runEapolTest } from "./eapol-test.ts";
import { accessPointSecret, type FreeradiusProxy, startFreeradiusProxy } from "./freeradius-proxy.ts";
import { type Office, office, password, secret } from "./office.ts";
import { radclient } from "./radclient.ts";

const peers = ["freeradius", "eapol_test", "radclient", "openssl"] as const;

describeWithPeers("behind FreeRADIUS as a proxy", peers, (paths) => {
  let authority: EapAuthority;
  let place: Office;
  let proxy: FreeradiusProxy;
  beforeAll(async () => {
    authority = await EapAuthority.create("P-256");
    const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
    const tls = { key, cert, maxVersion: "TLSv1.3" } as const;
    const client = { name: "proxy", cidr: "127.0.0.1", secret };
    place = await office({ limits: { rejectDelayMs: 0 }, tls }, { clients: [client] });
    const listener = await place.server.listen({ port: 0, accountingPort: 0 });
    proxy = await startFreeradiusProxy(paths.freeradius, listener);
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
    await authority?.[Symbol.asyncDispose]();
  });

  const login = (more: Partial<EapolTestLogin> = {}): Promise<EapolTestResult> =>
    runEapolTest({
      port: proxy.port,
      secret: accessPointSecret,
      eap: "TTLS",
      phase2: "auth=PAP",
      identity: "ada",
      anonymousIdentity: "anonymous",
      password,
      caFile: authority.caFile,
      ...more,
    });

  test.each(["1.2", "1.3"] as const)(
    "a device is let in by EAP-TTLS over TLS %s, with its keys hidden anew by the proxy, and the VLAN",
    async (tls) => {
      const result = await login({ tls });
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
      // Tunnel-Private-Group-Id "20".
      expect(result.output).toMatch(/Attribute 81 .*\n\s+Value: 3230\n/);
    },
  );

  test("a device is refused for a wrong password, and for somebody in no group that may", async () => {
    for (const more of [{ password: "not the password" }, { identity: "mallory" }]) {
      const result = await login(more);
      expect(result, result.output).toMatchObject({ success: false });
      expect(result.output).toMatch(/CTRL-EVENT-EAP-FAILURE/);
    }
  });

  test("the proxy gets back the state that it sent along", async () => {
    const { program } = proxy;
    const { answer, attributes } = await radclient(
      paths.radclient,
      { port: proxy.port, secret: accessPointSecret },
      "auth",
      {
        "User-Name": "ada",
        "User-Password": password,
        "Proxy-State": "0xd1ec7042",
        "Message-Authenticator": "0x00",
      },
    );
    expect(answer).toBe("Access-Accept");
    expect(attributes).toContain("Proxy-State = 0xd1ec7042");
    // FreeRADIUS adds its own behind that, and prints what came back: both, in their order.
    const lines = String.raw`\n(?:\(\d+\) {3}.*\n)*?`;
    const state = (value: string): string => String.raw`\(\d+\) {3}Proxy-State = ${value}\n`;
    const [, own = ""] = await program.printed(
      RegExp(`Received Access-Accept .*${lines}${state("0xd1ec7042")}${state("(0x\\w+)")}`),
    );
    const sent = `Sent Access-Request .*${lines}${state("0xd1ec7042")}(?:.*\n)?${state(own)}`;
    expect(program.output).toMatch(RegExp(sent));
  });

  test("accounting passes too", async () => {
    const { directory, users } = place;
    const record = (status: string) =>
      radclient(paths.radclient, { port: proxy.accountingPort, secret: accessPointSecret }, "acct", {
        "Acct-Status-Type": status,
        "Acct-Session-Id": "proxied-1",
        "User-Name": "ada",
        "NAS-Identifier": "ap-1",
      });
    expect((await record("Start")).answer).toBe("Accounting-Response");
    const live = await Array.fromAsync(directory.sessions.ofProtocol("radius"));
    expect(live).toMatchObject([{ user: users.ada.id, data: { client: "proxy", nasIdentifier: "ap-1" } }]);
    expect((await record("Stop")).answer).toBe("Accounting-Response");
    expect(await Array.fromAsync(directory.sessions.ofProtocol("radius"))).toEqual([]);
  });
});
