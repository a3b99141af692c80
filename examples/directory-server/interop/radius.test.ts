import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type RunningServer, radclient, radiusLogin, run, ServerFolder } from "./running-server.ts";

const ada = radiusLogin("ada", "analytical-engine-1843");
const grace = radiusLogin("grace", "first-actual-case-of-a-bug");
const alan = radiusLogin("alan", "can-machines-really-think");
const mallory = radiusLogin("mallory", "not-on-the-guest-list");

describeWithPeers("the directory server and radclient", ["radclient"], () => {
  let folder: ServerFolder;
  beforeEach(async () => {
    folder = await ServerFolder.create();
  });
  afterEach(() => folder.remove());

  const ask = (server: RunningServer, ...logins: readonly string[]): ReturnType<typeof radclient> =>
    radclient(server, { file: folder.radiusSecret }, ...logins);

  it("lets the demo people in, to their VLAN, and refuses the one who is not in the group", async () => {
    const server = await folder.start();
    const accepted = await ask(server, ada);
    expect(accepted.stdout).toContain("Received Access-Accept");
    expect(accepted.stdout).toContain('Tunnel-Private-Group-Id:0 = "20"');
    expect(accepted.code).toBe(0);
    const refused = await ask(server, mallory);
    expect(refused.stdout).toContain("Received Access-Reject");
    expect(refused.stdout).not.toContain("Tunnel");
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  it("does not answer who has another secret", async () => {
    const server = await folder.start();
    const other = await radclient(server, "another secret entirely", ada);
    expect(other.stdout).not.toContain("Received");
    expect(other.stdout).toContain("No reply from server");
    await server.stop("SIGTERM");
  });

  it("makes the secret at the first start, keeps it to its owner, and puts its file back", async () => {
    const first = await folder.start();
    const secret = await readFile(folder.radiusSecret, "utf8");
    expect(secret).toMatch(/^[0-9a-f]{32}$/);
    await first.stop("SIGTERM");
    const second = await folder.start();
    expect(await readFile(folder.radiusSecret, "utf8")).toBe(secret);
    expect((await ask(second, ada)).stdout).toContain("Received Access-Accept");
    await second.stop("SIGTERM");
    await rm(folder.radiusSecret);
    const third = await folder.start();
    expect(await readFile(folder.radiusSecret, "utf8")).toBe(secret);
    expect((await stat(folder.radiusSecret)).mode & 0o777).toBe(0o600);
    await third.stop("SIGTERM");
  });

  it("answers the logins that are under way when it is told to stop", async () => {
    const server = await folder.start();
    const logins = ask(server, ada, grace, alan);
    const { url } = server.ready.endpoints.http;
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    // The first of them is done; the others wait for their passwords to be checked.
    while (!(await metrics()).includes('directorykit_authentication_total{protocol="radius"'));
    expect(await server.stop("SIGTERM")).toBe(0);
    expect((await logins).stdout.match(/Received Access-Accept/g)).toHaveLength(3);
  });

  it("serves the networks of a seed of one's own, with the secrets that it names", async () => {
    const seed = {
      version: 1,
      users: [{ username: "ada", password: "analytical-engine-1843" }],
      resources: [
        { kind: "radius", name: "vpn", clients: [{ cidr: "127.0.0.1/32", secret: "a VPN gateway's" }] },
      ],
      grants: [{ user: "ada", resource: "vpn", attributes: { sessionTimeout: 3600 } }],
    };
    const path = join(folder.path, "seed.json");
    await writeFile(path, JSON.stringify(seed));
    const server = await folder.start({ DIRECTORY_SEED: path });
    expect((await radclient(server, "a VPN gateway's", ada)).stdout).toContain("Session-Timeout = 3600");
    await server.stop("SIGTERM");
    expect(await folder.content()).not.toContain(join("data", "radius.secret"));
  });

  it("starts without RADIUS where the directory has no network", async () => {
    const path = join(folder.path, "seed.json");
    await writeFile(path, '{"version":1,"users":[{"username":"ada"}]}');
    const server = await folder.start({ DIRECTORY_SEED: path });
    expect(Object.keys(server.ready.endpoints)).toEqual(["ldap", "ldaps", "http"]);
    expect(await server.stop("SIGTERM")).toBe(0);
  });
});

describeWithPeers(
  "a person who starts the directory server in a terminal",
  ["script", "ldapsearch", "radclient", "eapol_test"],
  () => {
    let folder: ServerFolder;
    beforeEach(async () => {
      // A name that a shell takes apart unless it is quoted.
      folder = await ServerFolder.create("ada's directory server-");
    });
    afterEach(() => folder.remove());

    it("can paste the commands that it shows, and stop it with Ctrl+C", async () => {
      const server = await folder.startInTerminal();
      const paste = (sentence: string): ReturnType<typeof run> => {
        const paragraph = server.screen.split("\n\n").find((one) => one.startsWith(sentence)) ?? "";
        return run("sh", ["-c", paragraph.slice(paragraph.indexOf("\n"))]);
      };
      expect((await paste("Ada is in a group")).stdout).toContain("cn: Grace Hopper");
      expect((await paste("Mallory is in no such")).code).toBe(49);
      const accepted = await paste("The same group may use the network");
      expect(accepted.stdout).toContain("Received Access-Accept");
      expect(accepted.stdout).toContain('Tunnel-Private-Group-Id:0 = "20"');
      expect((await paste("This refuses Mallory")).stdout).toContain("Received Access-Reject");
      const laptop = await paste("And this is Ada's laptop");
      expect(laptop.stdout).toContain("MPPE keys OK: 1  mismatch: 0\nSUCCESS\n");
      expect(laptop.code).toBe(0);
      expect(await server.interrupt()).toBe(0);
    });
  },
);
