import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import type { RadiusListener } from "../src/index.ts";
import { type Office, office, password, secret } from "./office.ts";
import { type RadclientRun, radclient } from "./radclient.ts";

describeWithPeers("radclient", ["radclient"], (paths) => {
  let place: Office;
  let listener: RadiusListener;
  beforeAll(async () => {
    place = await office({ limits: { rejectDelayMs: 0 } });
    listener = await place.server.listen({ port: 0, accountingPort: 0 });
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const login = (
    name: string,
    given = password,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RadclientRun> =>
    radclient(paths.radclient, { port: listener.port, secret }, "auth", {
      "User-Name": name,
      "User-Password": given,
      "Message-Authenticator": "0x00",
      ...more,
    });

  test("lets in whom a group lets in, with what the group's grant says", async () => {
    const { answer, attributes } = await login("ada");
    expect(answer).toBe("Access-Accept");
    expect(attributes).toEqual(
      expect.arrayContaining([
        "Tunnel-Type:0 = VLAN",
        "Tunnel-Medium-Type:0 = IEEE-802",
        'Tunnel-Private-Group-Id:0 = "20"',
        'Cisco-AVPair = "shell:priv-lvl=15"',
      ]),
    );
    expect((await login("grace")).attributes).toEqual(
      expect.arrayContaining(['Tunnel-Private-Group-Id:0 = "guests"', "Session-Timeout = 3600"]),
    );
  });

  test.each([
    ["a wrong password", "ada", "no engine at all 1843"],
    ["nobody", "charles", password],
    ["a suspended person", "sam", password],
    ["a person in no group that may", "mallory", password],
    ["an empty password", "ada", ""],
  ])("refuses %s, with the same answer", async (_, name, given) => {
    const { answer, attributes } = await login(name, given);
    expect(answer).toBe("Access-Reject");
    expect(attributes.map((one) => one.split(" ")[0])).toEqual(["Message-Authenticator"]);
  });

  describe("on the wire", () => {
    test("a request without a Message-Authenticator gets no answer", async () => {
      const { answer } = await radclient(paths.radclient, { port: listener.port, secret }, "auth", {
        "User-Name": "ada",
        "User-Password": password,
      });
      expect(answer).toBeUndefined();
    });

    test("a request made with another secret gets no answer", async () => {
      const where = { port: listener.port, secret: "another secret entirely" };
      const { answer } = await radclient(paths.radclient, where, "auth", {
        "User-Name": "ada",
        "User-Password": password,
        "Message-Authenticator": "0x00",
      });
      expect(answer).toBeUndefined();
    });

    test("Status-Server is answered on both ports", async () => {
      const { port, accountingPort } = listener;
      const ask = (at: number) =>
        radclient(paths.radclient, { port: at, secret }, "status", { "Message-Authenticator": "0x00" });
      expect((await ask(port)).answer).toBe("Access-Accept");
      expect((await ask(accountingPort)).answer).toBe("Accounting-Response");
    });
  });

  test("accounting tells who is on the network until they leave", async () => {
    const { directory, users } = place;
    const record = (status: string, more: Readonly<Record<string, string | number>> = {}) =>
      radclient(paths.radclient, { port: listener.accountingPort, secret }, "acct", {
        "Acct-Status-Type": status,
        "Acct-Session-Id": "0000A5",
        "User-Name": "ada",
        "NAS-Identifier": "ap-1",
        "Calling-Station-Id": "02-00-00-00-00-01",
        ...more,
      });
    expect((await record("Start")).answer).toBe("Accounting-Response");
    expect((await record("Interim-Update", { "Acct-Input-Octets": 4096 })).answer).toBe(
      "Accounting-Response",
    );
    const live = await Array.fromAsync(directory.sessions.ofProtocol("radius"));
    expect(live).toMatchObject([
      { user: users.ada.id, data: { callingStationId: "02-00-00-00-00-01", inputOctets: "4096" } },
    ]);
    expect((await record("Stop")).answer).toBe("Accounting-Response");
    expect(await Array.fromAsync(directory.sessions.ofProtocol("radius"))).toEqual([]);
  });
});
