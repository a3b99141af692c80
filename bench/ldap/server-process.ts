import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Peer } from "./slapd.ts";

/**
 * Our server in a process of its own, with people to find.
 * @param where - `memory`, or the path of a database
 * @param cache - octets of the answer cache. Default: as the server has it
 */
export async function startDirectoryKit(where: string, people: number, cache?: string): Promise<Peer> {
  const script = fileURLToPath(new URL("./directorykit-server.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [
      "--conditions=@directorykit/source",
      script,
      where,
      String(people),
      ...(cache === undefined ? [] : [cache]),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: Number(line),
    pid: child.pid as number,
    close: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** User and system time of a process, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) / 1024;
}
