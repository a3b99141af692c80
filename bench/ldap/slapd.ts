import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { baseDn, ldif } from "../people.ts";

/** A server under load. */
export interface Peer {
  readonly port: number;
  /** Its processes. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/** Debian's slapd on the mdb backend with the indexes a directory of people has; with `tls`, on LDAPS. */
export async function startSlapd(
  folder: string,
  people: number,
  tls?: { readonly cert: string; readonly key: string },
): Promise<Peer> {
  const data = join(folder, "slapd");
  mkdirSync(data, { recursive: true });
  const config = join(folder, "slapd.conf");
  writeFileSync(
    config,
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
threads 4
sizelimit unlimited
${tls === undefined ? "" : `TLSCertificateFile ${tls.cert}\nTLSCertificateKeyFile ${tls.key}`}
loglevel 0
pidfile ${join(folder, "slapd.pid")}
database mdb
maxsize 4294967296
suffix "${baseDn}"
directory ${data}
index objectClass,uid,mail,cn,sn,givenName,uidNumber,gidNumber,displayName eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read
`,
  );
  writeFileSync(join(folder, "people.ldif"), ldif(people));
  execFileSync("slapadd", ["-q", "-f", config, "-l", join(folder, "people.ldif")]);
  const port = await freePort();
  const child = spawn(
    "slapd",
    ["-d", "0", "-f", config, "-h", `${tls === undefined ? "ldap" : "ldaps"}://127.0.0.1:${port}`],
    {
      stdio: "ignore",
    },
  );
  await answers(port);
  return {
    port,
    pids: [child.pid as number],
    close: async () => {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}

/** Which slapd it is. */
export function slapdVersion(): string {
  return /slapd ([\d.]+)/.exec(String(spawnSync("slapd", ["-VV"]).stderr))?.[1] ?? "?";
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await wait(50);
  }
  throw new Error("slapd does not answer");
}
