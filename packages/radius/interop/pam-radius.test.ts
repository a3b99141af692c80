import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MetricLabels } from "@directorykit/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Office, office, password, totpCode, totpSecret } from "./office.ts";
import { machineSecret, startPamRadius } from "./pam-radius.ts";

describeWithPeers("pam_radius, which sends no Message-Authenticator,", ["pam_radius", "unshare"], () => {
  let folder: string;
  let machine: PrivateMachine;
  let lax: Office;
  let strict: Office;
  const warnings: unknown[] = [];
  const discarded = new Set<string | undefined>();
  beforeAll(async () => {
    const ignore = (): void => {};
    const warn = (fields: object, message: string): void => {
      warnings.push({ ...fields, message });
    };
    const logger = { debug: ignore, info: ignore, warn, error: ignore };
    const client = { name: "logins", cidr: "127.0.0.1", secret: machineSecret };
    const limits = { rejectDelayMs: 0 };
    const optedOut = { ...client, requireMessageAuthenticator: false };
    lax = await office({ limits }, { clients: [optedOut] }, { logger });
    const count = (name: string, { reason }: MetricLabels = {}): void => {
      if (name === "directorykit_radius_discarded_total") discarded.add(reason);
    };
    const metrics = { count, observe: ignore };
    strict = await office({ limits }, { clients: [client] }, { logger, metrics });
    const port = async ({ server }: Office): Promise<number> =>
      (await server.listen({ port: 0, accountingPort: 0 })).port;
    folder = await mkdtemp(join(tmpdir(), "pam-radius-"));
    machine = await startPamRadius(folder, { lax: await port(lax), strict: await port(strict) });
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
    await lax?.[Symbol.asyncDispose]();
    await strict?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const login = async (
    service: "lax" | "strict",
    username: string,
    ...answers: string[]
  ): Promise<string> => {
    const args = [service, username, "authenticate", "acct_mgmt"];
    const { stdout, stderr } = await machine.run("pamtester", args, `${answers.join("\n")}\n`);
    return `${stdout}${stderr}`;
  };
  const welcome = /successfully authenticated/;
  const failure = /Authentication failure/;

  test("lets the right password in where its client need not send one, and no wrong one", async () => {
    expect(await login("lax", "ada", password)).toMatch(welcome);
    expect(await login("lax", "ada", "not the password")).toMatch(failure);
    expect(await login("lax", "mallory", password)).toMatch(failure);
    expect(await login("lax", "charles", password)).toMatch(failure);
  });

  test("asks for a code where the grant wants one", async () => {
    const { directory, resource } = lax;
    const olga = await directory.users.create({ username: "olga", email: "olga@example.com", password });
    await directory.credentials.importTotp(olga.id, totpSecret);
    const group = await directory.groups.create({ name: "operators", members: [olga.id] });
    await directory.grants.add({ group, resource, conditions: { mfa: true } });
    expect(await login("lax", "olga", password, "no code")).toMatch(failure);
    const output = await login("lax", "olga", password, totpCode());
    expect(output).toMatch(/Code: /);
    expect(output).toMatch(welcome);
  });

  test("lets nobody in who is suspended, from one moment to the next", async () => {
    const { directory, users } = lax;
    await directory.users.suspend(users.ada.id);
    expect(await login("lax", "ada", password)).toMatch(failure);
    await directory.users.activate(users.ada.id);
    expect(await login("lax", "ada", password)).toMatch(welcome);
  });

  test("gets no answer where its client has to send one", async () => {
    expect(await login("strict", "ada", password)).toMatch(/cannot retrieve authentication info/);
    expect([...discarded]).toEqual(["no-message-authenticator"]);
  });

  test("is named in a warning as a client that is weaker than others", () => {
    const message = "a RADIUS client need not send a Message-Authenticator";
    expect(warnings).toEqual([{ client: "logins", networks: ["office"], message }]);
  });
});
