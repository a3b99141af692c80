import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import type { RadiusListener } from "../src/index.ts";
import { type Office, office, password, secret } from "./office.ts";

const client = fileURLToPath(new URL("pyrad-client.py", import.meta.url));
const [accept, reject, accountingResponse] = [2, 3, 5];

/** What pyrad made of an answer; `code` is `null` when there was none that it took for genuine. */
interface PyradAnswer {
  readonly code: number | null;
  readonly attributes: Readonly<Record<string, readonly (string | number)[]>>;
}

describeWithPeers("pyrad, which knows no Message-Authenticator,", ["python3-pyrad"], (paths) => {
  let place: Office;
  let listener: RadiusListener;
  beforeAll(async () => {
    const scripts = { name: "scripts", cidr: "127.0.0.1", secret, requireMessageAuthenticator: false };
    place = await office({ limits: { rejectDelayMs: 0 } }, { clients: [scripts] });
    listener = await place.server.listen({ port: 0, accountingPort: 0 });
  });
  afterAll(() => place?.[Symbol.asyncDispose]());

  const send = async (order: {
    readonly kind: "auth" | "acct";
    readonly port: number;
    readonly attributes: Readonly<Record<string, string | number>>;
    readonly secret?: string;
    readonly timeout?: number;
  }): Promise<PyradAnswer> => {
    const input = JSON.stringify({ secret, timeout: 10, ...order });
    return JSON.parse(await runToSuccess(paths["python3-pyrad"], [client], { input }));
  };
  const login = (name: string, given = password, more: object = {}): Promise<PyradAnswer> =>
    send({
      kind: "auth",
      port: listener.port,
      attributes: { "User-Name": name, "User-Password": given },
      ...more,
    });

  test("takes the answer to the right password, with what the grant adds, and to a wrong one", async () => {
    const { code, attributes } = await login("ada");
    expect(code).toBe(accept);
    expect(attributes).toMatchObject({
      "Tunnel-Type": [13],
      "Tunnel-Medium-Type": [6],
      "Tunnel-Private-Group-Id": ["20"],
    });
    expect((await login("grace")).attributes).toMatchObject({ "Session-Timeout": [3600] });
    expect((await login("ada", "not the password")).code).toBe(reject);
    expect((await login("mallory")).code).toBe(reject);
  });

  test("takes no answer that was made with another secret than its own", async () => {
    const more = { secret: "another secret entirely", timeout: 1 };
    expect((await login("ada", password, more)).code).toBeNull();
  });

  test("tells by accounting who is on the network until they leave", async () => {
    const { directory, users } = place;
    const record = (status: string, more: Readonly<Record<string, number>> = {}): Promise<PyradAnswer> =>
      send({
        kind: "acct",
        port: listener.accountingPort,
        attributes: {
          "Acct-Status-Type": status,
          "Acct-Session-Id": "pyrad-1",
          "User-Name": "ada",
          "NAS-Identifier": "script",
          ...more,
        },
      });
    expect((await record("Start")).code).toBe(accountingResponse);
    expect((await record("Interim-Update", { "Acct-Input-Octets": 1_815 })).code).toBe(accountingResponse);
    const live = await Array.fromAsync(directory.sessions.ofProtocol("radius"));
    expect(live).toMatchObject([{ user: users.ada.id, data: { inputOctets: "1815", client: "scripts" } }]);
    expect((await record("Stop")).code).toBe(accountingResponse);
    expect(await Array.fromAsync(directory.sessions.ofProtocol("radius"))).toEqual([]);
  });
});
