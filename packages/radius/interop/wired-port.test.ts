import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { RunningProgram } from "../../../scripts/interop/run-program.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { EapAuthority, type IssuedCertificate } from "./eap-certificates.ts";
import { type Office, office, password, secret } from "./office.ts";
import { deviceAddress, dynamicAuthorizationPort, type WiredSwitch, wireSwitch } from "./wired-port.ts";

const peers = ["hostapd", "wpa_supplicant", "ip", "unshare", "openssl"] as const;

describeWithPeers("a wired port that hostapd guards, with wpa_supplicant plugged in,", peers, (paths) => {
  let authority: EapAuthority;
  let certificate: IssuedCertificate;
  let wired: WiredSwitch;
  let place: Office;
  let hostapd: RunningProgram;
  beforeAll(async () => {
    authority = await EapAuthority.create("P-256");
    certificate = await authority.issue("radius.example.com", "serverAuth");
  });
  afterAll(() => authority[Symbol.asyncDispose]());
  beforeEach(async () => {
    wired = await wireSwitch(paths.ip);
    const { key, cert } = certificate;
    const client = { name: "switch", cidr: wired.address, secret, dynamicAuthorizationPort };
    place = await office({ limits: { rejectDelayMs: 0 }, tls: { key, cert } }, { clients: [client] });
    const listener = await place.server.listen({ host: wired.serverAddress, port: 0, accountingPort: 0 });
    hostapd = await wired.turnOn(listener);
  });
  afterEach(async () => {
    await place?.[Symbol.asyncDispose]();
    await wired?.[Symbol.asyncDispose]();
  });

  const plugIn = (identity: string): Promise<RunningProgram> =>
    wired.plugIn({
      eap: "TTLS",
      phase2: "auth=PAP",
      identity,
      anonymousIdentity: "anonymous",
      password,
      caFile: authority.caFile,
    });
  const live = () => Array.fromAsync(place.directory.sessions.ofProtocol("radius"));
  const connected = new RegExp(`AP-STA-CONNECTED ${deviceAddress}`);
  const disconnected = new RegExp(`AP-STA-DISCONNECTED ${deviceAddress}`);
  /** hostapd overhears a device until it has done with the last session. */
  const forgotten = /deauthenticated due to local deauth request/;
  /** Plugs in ada's device and waits until its session is known. */
  const connectAda = async (): Promise<RunningProgram> => {
    const device = await plugIn("ada");
    await Promise.all([hostapd.printed(connected), device.printed(/CTRL-EVENT-CONNECTED/)]);
    await until("ada's session is known", async () => (await live()).length === 1);
    return device;
  };

  test("opens for somebody whom a group lets in, on the VLAN of the group, and tells of the session", async () => {
    const device = await connectAda();
    expect(device.output).toMatch(/EAPOL: Supplicant port status: Authorized/);
    // Tunnel-Type VLAN, Tunnel-Medium-Type IEEE-802, Tunnel-Private-Group-Id "20".
    expect(hostapd.output).toMatch(/\(Tunnel-Type\) length=6\n\s+Value: 0000000d\n/);
    expect(hostapd.output).toMatch(/\(Tunnel-Medium-Type\) length=6\n\s+Value: 00000006\n/);
    expect(hostapd.output).toMatch(/\(Tunnel-Private-Group-Id\) length=4\n\s+Value: 3230\n/);
    const callingStationId = deviceAddress.toUpperCase().replaceAll(":", "-");
    expect(await live()).toMatchObject([
      {
        user: place.users.ada.id,
        data: {
          resource: place.resource.id,
          client: "switch",
          nasIdentifier: "switch-1",
          userName: "anonymous",
          callingStationId,
        },
      },
    ]);
  });

  test("stays shut for somebody in no group that may", async () => {
    const device = await plugIn("mallory");
    await Promise.all([
      device.printed(/CTRL-EVENT-EAP-FAILURE/),
      hostapd.printed(new RegExp(`CTRL-EVENT-EAP-FAILURE2? ${deviceAddress}`)),
    ]);
    expect(hostapd.output).not.toMatch(connected);
    expect(await live()).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["suspended", () => place.directory.users.suspend(place.users.ada.id)],
    [
      "taken out of the group",
      () => place.directory.groups.removeMembers(place.groups.staff.id, [place.users.ada.id]),
    ],
  ])("shuts within a second when somebody is %s, and does not open again", async (_, revoke) => {
    const device = await connectAda();
    const started = performance.now();
    await revoke();
    await hostapd.printed(disconnected);
    const takenMs = performance.now() - started;
    expect(takenMs).toBeLessThan(1_000);
    await hostapd.printed(/RADIUS message: code=41 \(Disconnect-ACK\)/);
    // hostapd asks by what it was told, not by the address alone.
    expect(hostapd.output).toMatch(/RADIUS DAS: Acct-Session-Id match/);
    await until("the record is gone with the answer", async () => (await live()).length === 0);
    // On a wire nobody tells the device: it learns when it asks again.
    await wired.tellDevice("reassociate");
    await Promise.all([
      device.printed(/CTRL-EVENT-EAP-FAILURE/),
      hostapd.printed(/RADIUS message: code=3 \(Access-Reject\)/),
    ]);
    expect(await live()).toEqual([]);
  });

  test("is nobody's any more once the device logs off, until it logs on again", async () => {
    await connectAda();
    await wired.tellDevice("logoff");
    await until("the session is over", async () => (await live()).length === 0);
    await hostapd.printed(forgotten);
    await wired.tellDevice("logon");
    await until("there is a session again", async () => (await live()).length === 1);
    // The switch has said so itself, and is not asked to.
    expect(hostapd.output).not.toMatch(/Disconnect-Request/);
  });
});
