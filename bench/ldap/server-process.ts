import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Peer } from "./slapd.ts";

/** How a server of ours is run. */
export interface ServerSettings {
  /** `memory`, or the path of a database. */
  readonly where: string;
  /** People to begin with; 0 for those of the database. */
  readonly people: number;
  /** Octets of the answer cache. Default: as the server has it. */
  readonly cacheBytes?: number;
  /** So much of the database is mapped. Default: as the store has it. */
  readonly mmapBytes?: number;
  /** Files of a certificate and its key, for LDAPS. Default: LDAP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A port that several processes listen on; 0 for the first of them. Default: one of its own. */
  readonly sharedPort?: number;
}

/** Our server in a process of its own. */
export async function startDirectoryKit(settings: ServerSettings): Promise<Peer> {
  const script = fileURLToPath(new URL("./directorykit-server.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@directorykit/source", script, JSON.stringify(settings)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: Number(line),
    pids: [child.pid as number],
    close: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** So many processes on one database and one port. */
export async function startTogether(count: number, settings: ServerSettings): Promise<Peer> {
  const first = await startDirectoryKit({ ...settings, sharedPort: 0 });
  const all = [first];
  while (all.length < count) all.push(await startDirectoryKit({ ...settings, sharedPort: first.port }));
  return {
    port: first.port,
    pids: all.flatMap(({ pids }) => pids),
    close: async () => {
      for (const one of all) await one.close();
    },
  };
}

/** User and system time of processes, in hundredths of a second. */
export function cpuTicks(pids: readonly number[]): number {
  const each = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return each.reduce((sum, one) => sum + one, 0);
}

/** Resident memory of processes, in MiB. */
export function residentMiB(pids: readonly number[]): number {
  const each = pids.map(
    (pid) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0,
  );
  return each.reduce((sum: number, one) => sum + Number(one), 0) / 1024;
}
