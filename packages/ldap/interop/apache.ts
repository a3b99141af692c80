import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "../../../scripts/interop/until.ts";

/** An Apache that guards places by what an LDAP server says. */
export interface Apache {
  /** Asks for a place as someone. @returns the HTTP status */
  get(place: string, username: string, password: string): Promise<number>;
  /** What it has written to its error log. */
  log(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What Apache is told. */
export interface ApacheOptions {
  /** The program. */
  readonly apache2: string;
  /** Certificate of the authority to trust. */
  readonly caFile: string;
  /** Directives for every place. */
  readonly common: readonly string[];
  /** Directives of each place by its name. */
  readonly places: Readonly<Record<string, readonly string[]>>;
}

const modules = [
  "mpm_event",
  "unixd",
  "authn_core",
  "authz_core",
  "authz_user",
  "auth_basic",
  "ldap",
  "authnz_ldap",
];
const moduleFolders = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];

/** Runs Apache in the foreground, with a configuration and a folder of its own. */
export async function startApache(options: ApacheOptions): Promise<Apache> {
  const folder = await mkdtemp(join(tmpdir(), "directorykit-apache-"));
  // Started by root its workers are nobody, and must be able to read this.
  await chmod(folder, 0o755);
  await copyFile(options.caFile, join(folder, "ca.pem"));
  const port = await freePort();
  for (const place of Object.keys(options.places)) {
    await mkdir(join(folder, "docs", place), { recursive: true });
    await writeFile(join(folder, "docs", place, "index.txt"), "inside\n");
  }
  await writeFile(join(folder, "httpd.conf"), configuration(folder, port, await builtAsFiles(), options));
  const child = spawn(options.apache2, ["-d", folder, "-f", "httpd.conf", "-D", "FOREGROUND"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" },
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const stop = async (): Promise<void> => {
    await stopProcess(child);
    await rm(folder, { recursive: true, force: true });
  };
  const log = (): Promise<string> => readFile(join(folder, "error.log"), "utf8").catch(() => "");
  const url = `http://127.0.0.1:${port}`;
  try {
    await until("Apache answers", async () => {
      if (child.exitCode !== null) throw new Error("Apache has ended");
      return fetch(url).then(
        () => true,
        () => false,
      );
    });
  } catch (cause) {
    const said = `${complaints}\n${await log()}`;
    await stop();
    throw new Error(`Apache did not start:\n${said}`, { cause });
  }
  return {
    get: async (place, username, password) => {
      const credentials = Buffer.from(`${username}:${password}`).toString("base64");
      const response = await fetch(`${url}/${place}/index.txt`, {
        headers: { authorization: `Basic ${credentials}` },
      });
      await response.arrayBuffer();
      return response.status;
    },
    log,
    [Symbol.asyncDispose]: stop,
  };
}

function configuration(
  folder: string,
  port: number,
  files: { readonly folder: string; readonly names: ReadonlySet<string> },
  options: ApacheOptions,
): string {
  const loaded = modules
    .filter((name) => files.names.has(`mod_${name}.so`))
    .map((name) => `LoadModule ${name}_module ${join(files.folder, `mod_${name}.so`)}`);
  const places = Object.entries(options.places).map(
    ([name, directives]) =>
      `<Location "/${name}">\n${[...options.common, ...directives].join("\n")}\n</Location>`,
  );
  return [
    ...loaded,
    `ServerName 127.0.0.1\nListen 127.0.0.1:${port}\nDocumentRoot ${folder}/docs`,
    `DefaultRuntimeDir ${folder}\nPidFile ${folder}/httpd.pid\nErrorLog ${folder}/error.log`,
    "User #65534\nGroup #65534",
    // One process, so that there is one pool of LDAP connections to watch.
    "StartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8",
    `LDAPTrustedGlobalCert CA_BASE64 ${folder}/ca.pem\nLDAPVerifyServerCert On`,
    // Its own memory would answer in place of the directory.
    "LDAPSharedCacheSize 0\nLDAPCacheEntries 0\nLDAPCacheTTL 0\nLDAPOpCacheEntries 0\nLDAPOpCacheTTL 0",
    ...places,
    "",
  ].join("\n");
}

/** Modules that are files; what is not there is built in. */
async function builtAsFiles(): Promise<{ folder: string; names: ReadonlySet<string> }> {
  for (const folder of moduleFolders) {
    const names = await readdir(folder).catch(() => []);
    if (names.length > 0) return { folder, names: new Set(names) };
  }
  return { folder: dirname(moduleFolders[0] as string), names: new Set() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(deadline);
}
