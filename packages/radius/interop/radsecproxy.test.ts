import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { EapAuthority } from "./eap-certificates.ts";
import { runEapolTest } from "./eapol-test.ts";
import { type Office, office, password } from "./office.ts";
import { type RadclientRun, radclient } from "./radclient.ts";
import { accessPointSecret, type Radsecproxy, startRadsecproxy } from "./radsecproxy.ts";

const peers = ["radsecproxy", "radclient", "eapol_test", "openssl"] as const;

describeWithPeers("behind radsecproxy, by TLS,", peers, (paths) => {
  let authority: EapAuthority;
  let place: Office;
  let proxy: Radsecproxy;
  beforeAll(async () => {
    authority = await EapAuthority.create("P-256");
    const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
    const certificate = await authority.issue("proxy.example.com", "clientAuth");
    place = await office(
      {
        limits: { rejectDelayMs: 0 },
        tls: { key, cert },
        radsec: { key, cert, clientAuthorities: authority.ca },
      },
      { clients: [{ name: "proxy", cidr: "127.0.0.1", tls: { names: ["proxy.example.com"] } }] },
    );
    const { radsecPort } = await place.server.listen({ port: 0, accountingPort: 0, radsecPort: 0 });
    const { caFile } = authority;
    proxy = await startRadsecproxy(paths.radsecproxy, { port: radsecPort as number, caFile, certificate });
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
    await authority?.[Symbol.asyncDispose]();
  });

  const ask = (
    command: "auth" | "acct",
    attributes: Readonly<Record<string, string | number>>,
  ): Promise<RadclientRun> =>
    radclient(paths.radclient, { port: proxy.port, secret: accessPointSecret }, command, attributes);

  test("people are let in with the VLAN of their group, and refused", async () => {
    const login = (given: string): Promise<RadclientRun> =>
      ask("auth", { "User-Name": "ada", "User-Password": given, "Message-Authenticator": "0x00" });
    const { answer, attributes } = await login(password);
    expect(answer).toBe("Access-Accept");
    expect(attributes).toContain('Tunnel-Private-Group-Id:0 = "20"');
    expect((await login("no engine at all")).answer).toBe("Access-Reject");
  });

  test("accounting is kept", async () => {
    const { answer } = await ask("acct", {
      "Acct-Status-Type": "Start",
      "Acct-Session-Id": "0000A5",
      "User-Name": "ada",
    });
    expect(answer).toBe("Accounting-Response");
    expect(await Array.fromAsync(place.directory.sessions.ofProtocol("radius"))).toMatchObject([
      { user: place.users.ada.id },
    ]);
  });

  test("a device is let in by EAP-TTLS, with the keys of its tunnel", async () => {
    const result = await runEapolTest({
      program: paths.eapol_test,
      port: proxy.port,
      secret: accessPointSecret,
      eap: "TTLS",
      phase2: "auth=PAP",
      identity: "ada",
      anonymousIdentity: "anonymous",
      password,
      caFile: authority.caFile,
    });
    expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
  });
});
