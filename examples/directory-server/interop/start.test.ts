import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { run, ServerFolder, searchAs } from "./running-server.ts";

describeWithPeers("the directory server and ldapsearch", ["ldapsearch"], () => {
  let folder: ServerFolder;
  beforeEach(async () => {
    folder = await ServerFolder.create();
  });
  afterEach(() => folder.remove());

  it("answers the demo people and refuses the one who is not in the group", async () => {
    const server = await folder.start();
    const ada = await searchAs(server, "ada", "analytical-engine-1843", "(uid=grace)", "cn", "memberOf");
    expect(ada.code).toBe(0);
    expect(ada.stdout).toContain("cn: Grace Hopper");
    expect(ada.stdout).toContain("memberOf: cn=staff,ou=Groups,dc=example,dc=com");
    const mallory = await searchAs(server, "mallory", "not-on-the-guest-list");
    expect(mallory.code).toBe(49);
    expect(mallory.stdout).toBe("");
    const nobody = await searchAs(server, "nobody", "not-on-the-guest-list");
    expect(nobody).toEqual(mallory);
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  it("offers StartTLS and LDAPS from the first start, with a certificate that OpenLDAP accepts", async () => {
    const server = await folder.start();
    const { ldap, ldaps } = server.ready.endpoints;
    const env = { ...process.env, LDAPTLS_CACERT: folder.certificate };
    const base = [
      "-x",
      "-LLL",
      "-D",
      "uid=ada,ou=Users,dc=example,dc=com",
      "-w",
      "analytical-engine-1843",
      "-b",
      "dc=example,dc=com",
      "(uid=ada)",
      "mail",
    ];
    const startTls = await run("ldapsearch", ["-ZZ", "-H", `ldap://localhost:${ldap.port}`, ...base], env);
    expect(startTls.stdout).toContain("mail: ada@example.com");
    const implicit = await run("ldapsearch", ["-H", `ldaps://127.0.0.1:${ldaps.port}`, ...base], env);
    expect(implicit.stdout).toContain("mail: ada@example.com");
    await server.stop("SIGTERM");
  });

  it("keeps everything over a stop and over kill -9, and does not seed again", async () => {
    const first = await folder.start();
    const before = await searchAs(first, "ada", "analytical-engine-1843", "(uid=*)", "+");
    expect(await first.stop("SIGTERM")).toBe(0);
    const second = await folder.start();
    await searchAs(second, "ada", "analytical-engine-1843", "(uid=grace)");
    await second.stop("SIGKILL");
    const third = await folder.start();
    const after = await searchAs(third, "ada", "analytical-engine-1843", "(uid=*)", "+");
    expect(after).toEqual(before);
    await third.stop("SIGTERM");
  });

  it("keeps keys, secret and database readable by their owner only", async () => {
    const server = await folder.start();
    for (const name of ["directory.db", "directory.key", "tls.key", "radius.secret"]) {
      expect((await stat(join(folder.path, "data", name))).mode & 0o777).toBe(0o600);
    }
    await server.stop("SIGTERM");
  });

  it("prints one JSON line when nobody is looking, and answers health checks", async () => {
    const server = await folder.start();
    const { url } = server.ready.endpoints.http;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await searchAs(server, "ada", "a wrong password");
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'directorykit_authentication_total{protocol="ldap",outcome="denied"} 1',
    );
    expect(await server.stop("SIGINT")).toBe(0);
    expect(server.output().trim().split("\n")).toHaveLength(1);
  });
});
