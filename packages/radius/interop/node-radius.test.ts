import { createSocket } from "node:dgram";
import radius from "radius";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RadiusListener } from "../src/index.ts";
import { type Office, office, password, secret } from "./office.ts";

/** Sends a request and gives the first answer. @throws Error when there is none in time */
function exchange(port: number, request: Uint8Array, timeoutMs = 5_000): Promise<Buffer> {
  const socket = createSocket("udp4");
  return new Promise<Buffer>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on("error", reject);
    socket.on("message", (octets) => {
      clearTimeout(late);
      resolve(octets);
    });
    socket.send(request, port, "127.0.0.1");
  }).finally(() => socket.close());
}

describe("the radius package of npm, as a client with Message-Authenticator,", () => {
  let place: Office;
  let listener: RadiusListener;
  beforeAll(async () => {
    place = await office({ limits: { rejectDelayMs: 0 } });
    listener = await place.server.listen({ port: 0, accountingPort: 0 });
  });
  afterAll(() => place?.[Symbol.asyncDispose]());

  const ask = async (
    code: "Access-Request" | "Accounting-Request",
    attributes: Readonly<Record<string, string | number>>,
  ): Promise<{ readonly code: string; readonly attributes: Readonly<Record<string, unknown>> }> => {
    const isLogin = code === "Access-Request";
    const request = radius.encode({ code, secret, attributes, add_message_authenticator: isLogin });
    const response = await exchange(isLogin ? listener.port : listener.accountingPort, request);
    // Checks the Response Authenticator, and the Message-Authenticator that comes first in answers to logins.
    expect(radius.verify_response({ request, response, secret })).toBe(true);
    expect(radius.verify_response({ request, response, secret: "another secret" })).toBe(false);
    expect(response[20]).toBe(isLogin ? 80 : undefined);
    return radius.decode({ packet: response, secret });
  };
  const login = (name: string, given = password) =>
    ask("Access-Request", { "User-Name": name, "User-Password": given, "NAS-Identifier": "node" });

  test("takes the answer to the right password, with what the grant adds, and to a wrong one", async () => {
    const { code, attributes } = await login("grace");
    expect(code).toBe("Access-Accept");
    expect(attributes).toMatchObject({
      "Tunnel-Type": [0, "VLAN"],
      "Tunnel-Medium-Type": [0, "IEEE-802"],
      "Session-Timeout": 3600,
    });
    expect((await login("grace", "not the password")).code).toBe("Access-Reject");
    expect((await login("mallory")).code).toBe("Access-Reject");
  });

  test("is told the same of a password that fills several blocks, beyond ASCII", async () => {
    const { directory, groups } = place;
    const long = `Příliš žluťoučký kůň ${"úpěl ďábelské ódy ".repeat(4)}`;
    const zofie = await directory.users.create({
      username: "zofie",
      email: "zofie@example.com",
      password: long,
    });
    await directory.groups.addMembers(groups.staff.id, [zofie.id]);
    expect((await login("zofie", long)).code).toBe("Access-Accept");
    expect((await login("zofie", `${long}!`)).code).toBe("Access-Reject");
  });

  test("tells by accounting who is on the network until they leave", async () => {
    const { directory, users } = place;
    const record = (status: string) =>
      ask("Accounting-Request", {
        "Acct-Status-Type": status,
        "Acct-Session-Id": "node-1",
        "User-Name": "ada",
        "NAS-Identifier": "node",
      });
    expect((await record("Start")).code).toBe("Accounting-Response");
    const live = await Array.fromAsync(directory.sessions.ofProtocol("radius"));
    expect(live).toMatchObject([{ user: users.ada.id, data: { nasIdentifier: "node" } }]);
    expect((await record("Stop")).code).toBe("Accounting-Response");
    expect(await Array.fromAsync(directory.sessions.ofProtocol("radius"))).toEqual([]);
  });
});
