import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/interop/until.ts";

/** What a consumer is to copy, and as whom. */
export interface ConsumerOptions {
  /** LDAP URL of the provider. */
  readonly provider: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly password: string;
}

/** A slapd that keeps a copy of what it is given by content synchronization. */
export interface Consumer extends AsyncDisposable {
  /** LDAP URL of the copy; anyone may read it. */
  readonly url: string;
  /** Ends it. What it has stays in its folder. */
  stop(): Promise<void>;
  /** Starts it again on what it has. */
  start(): Promise<void>;
}

/** Starts Debian's slapd as a consumer of RFC 4533, with the schema that entries with SSH keys need. */
export async function startConsumer(slapd: string, options: ConsumerOptions): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), "directorykit-consumer-"));
  await mkdir(join(folder, "data"));
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const config = join(folder, "slapd.conf");
  await writeFile(
    config,
    `${["core", "cosine", "nis", "inetorgperson"].map((name) => `include /etc/ldap/schema/${name}.schema`).join("\n")}
attributetype ( 1.3.6.1.4.1.24552.500.1.1.1.13 NAME 'sshPublicKey' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.24552.500.1.1.2.0 NAME 'ldapPublicKey' SUP top AUXILIARY MAY ( sshPublicKey $ uid ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(folder, "slapd.pid")}
database mdb
suffix "${options.baseDn}"
rootdn "cn=root,${options.baseDn}"
directory ${join(folder, "data")}
access to * by * read
syncrepl rid=007 provider=${options.provider} type=refreshAndPersist searchbase="${options.baseDn}"
  bindmethod=simple binddn="${options.bindDn}" credentials="${options.password}" retry="1 +" schemachecking=off
  attrs="*,structuralObjectClass,entryUUID,entryCSN,createTimestamp,modifyTimestamp"
`,
  );
  let end: () => Promise<void> = async () => {};
  const start = async (): Promise<void> => {
    const child = spawn(slapd, ["-d", "0", "-f", config, "-h", url], { stdio: "ignore" });
    end = async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    };
    await until("slapd listens", () => isOpen(port));
  };
  await start();
  return {
    url,
    start,
    stop: () => end(),
    async [Symbol.asyncDispose]() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
