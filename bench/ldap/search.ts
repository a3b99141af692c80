import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseDn, reader } from "../people.ts";
import { machine, median, table, thousands } from "../rounds.ts";
import { startDirectoryKit, startTogether } from "./server-process.ts";
import { type Peer, slapdVersion, startSlapd } from "./slapd.ts";

/**
 * Indexed search by uid, ten attributes: ours beside slapd, the same load generator, rounds interleaved. BENCH_PEOPLE
 * (10,000), BENCH_ROUNDS (5) and BENCH_SECONDS (2) change the size.
 */

const people = Number(process.env["BENCH_PEOPLE"] ?? 10_000);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 2);
const shapes = [
  { connections: 8, depth: 1 },
  { connections: 8, depth: 16 },
  { connections: 64, depth: 1 },
  { connections: 64, depth: 16 },
] as const;
/** Enough to keep every answer, where the default is not. */
const roomForAll = people * 1024;
const mmapBytes = 2 ** 31 - 1;

interface Measured {
  readonly searchesPerSecond: number;
  readonly entriesPerSearch: number;
  readonly failed: number;
  readonly p50us: number;
  readonly p99us: number;
  /** Microseconds of the server's processor time for each search. */
  readonly cpuUs: number;
}

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const generator = join(folder, "search-load");
execFileSync("gcc", ["-O2", "-o", generator, new URL("search-load.c", import.meta.url).pathname]);

const where = join(folder, "directory.db");
const onFile = { where, people: 0 };
const peers: Record<string, Peer> = {
  slapd: await startSlapd(folder, people),
  memory: await startDirectoryKit({ where: "memory", people }),
  SQLite: await startDirectoryKit({ where, people }),
  "SQLite, 2 processes": await startTogether(2, onFile),
  "SQLite, all answers kept": await startDirectoryKit({ ...onFile, mmapBytes, cacheBytes: roomForAll }),
  "SQLite, none kept": await startDirectoryKit({ ...onFile, cacheBytes: 0 }),
  "SQLite mapped, none kept": await startDirectoryKit({ ...onFile, mmapBytes, cacheBytes: 0 }),
  "SQLite mapped, none kept, 2 processes": await startTogether(2, { ...onFile, mmapBytes, cacheBytes: 0 }),
};
const results: (string | number)[][] = [];
try {
  // Each of several processes gets a share of the searches, so it takes some turns until all of them have seen most.
  for (const peer of Object.values(peers))
    for (let turn = 0; turn < (peer.pids.length === 1 ? 1 : 3); turn++) load(peer, 64, 16, 0);
  for (const { connections, depth } of shapes) {
    const measured = new Map<string, Measured[]>(Object.keys(peers).map((name) => [name, []]));
    // Once unmeasured, so that every side has its code and caches warm.
    for (let round = -1; round < rounds; round++) {
      for (const [name, peer] of Object.entries(peers)) {
        const one = load(peer, connections, depth, seconds);
        if (one.failed > 0 || Math.abs(one.entriesPerSearch - 1) > 0.05)
          throw new Error(`${name}: wrong answers: ${JSON.stringify(one)}`);
        if (round >= 0) measured.get(name)?.push(one);
      }
    }
    const base = middle(measured.get("slapd") ?? [], "searchesPerSecond");
    for (const [name, all] of measured) {
      const rate = middle(all, "searchesPerSecond");
      results.push([
        `${connections} × ${depth}`,
        name,
        thousands(rate),
        `${(rate / base).toFixed(2)}×`,
        `${(middle(all, "p50us") / 1000).toFixed(2)} / ${(middle(all, "p99us") / 1000).toFixed(2)}`,
        middle(all, "cpuUs").toFixed(1),
      ]);
    }
  }
} finally {
  for (const peer of Object.values(peers)) await peer.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${people} people, ${rounds} rounds of ${seconds} s, medians; slapd ${slapdVersion()}\n`,
);
table(["connections × depth", "server", "searches/s", "to slapd", "p50 / p99 ms", "CPU µs/search"], results);

function middle(all: readonly Measured[], field: keyof Measured): number {
  return median(all.map((one) => one[field]));
}

function load(peer: Peer, connections: number, depth: number, duration: number): Measured {
  const output = execFileSync(generator, [
    "127.0.0.1",
    String(peer.port),
    `uid=${reader.username},ou=Users,${baseDn}`,
    reader.password,
    baseDn,
    String(people),
    String(connections),
    String(depth),
    String(duration),
    ...peer.pids.map(String),
  ]);
  return JSON.parse(output.toString()) as Measured;
}
