import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine, table, thousands } from "../rounds.ts";
import { freeRadiusVersion, startFreeRadius } from "./freeradius.ts";
import { buildGenerator, type Load, load, type Measured, middle } from "./load.ts";
import { type RadiusPeer, startDirectoryKit } from "./server-process.ts";

/**
 * Logins with PAP and accounting records: ours beside FreeRADIUS, the same load generator, rounds interleaved.
 * BENCH_PEOPLE (1,000), BENCH_ROUNDS (5) and BENCH_SECONDS (1.5) change the size, BENCH_ONLY leaves one of `pap` and
 * `accounting`.
 */

const people = Number(process.env["BENCH_PEOPLE"] ?? 1000);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 1.5);
const only = process.env["BENCH_ONLY"];

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const generator = buildGenerator(folder);
const results: (string | number)[][] = [];
const peers: [name: string, peer: RadiusPeer][] = [];
try {
  peers.push(["FreeRADIUS", await startFreeRadius(folder, { people })]);
  for (const [name, where] of [
    ["memory", "memory"],
    ["SQLite", join(folder, "directory.db")],
  ] as const)
    peers.push([name, await startDirectoryKit({ where, people, hashing: "remembered" })]);
  if (only !== "accounting") {
    for (const [, peer] of peers)
      await load(generator, peer, { kind: "all", people, sockets: 16, window: 64, seconds: 0 });
    for (const window of [1, 64, 512])
      await measure("PAP", peers, { kind: "pap", people, sockets: 16, window, seconds });
  }
  if (only !== "pap") {
    peers.splice(1, 0, ["FreeRADIUS, SQLite", await startFreeRadius(folder, { people, records: "sqlite" })]);
    for (const window of [1, 64])
      await measure("accounting", peers, { kind: "accounting", people, sockets: 16, window, seconds });
  }
} finally {
  for (const [, peer] of peers) await peer.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${people} people, ${rounds} rounds of ${seconds} s, medians; FreeRADIUS ${freeRadiusVersion()}\n`,
);
table(
  [
    "",
    "in flight",
    "server",
    "per second",
    "to FreeRADIUS",
    "p50 / p99 ms",
    "CPU µs",
    "to FreeRADIUS",
    "lost",
  ],
  results,
);

async function measure(what: string, all: typeof peers, shape: Load): Promise<void> {
  const measured = new Map<string, Measured[]>(all.map(([name]) => [name, []]));
  // Once unmeasured, so that every side has its code and caches warm.
  for (let round = -1; round < rounds; round++)
    for (const [name, peer] of all) {
      const one = await load(generator, peer, shape);
      if (one.wrong > 0 || one.refused > 0) throw new Error(`${name}: wrong answers: ${JSON.stringify(one)}`);
      if (round >= 0) measured.get(name)?.push(one);
    }
  const base = [...measured.values()][0] as Measured[];
  const ratio = (ours: readonly Measured[], field: keyof Measured): string =>
    `${(middle(ours, field) / middle(base, field)).toFixed(2)}×`;
  for (const [name, ours] of measured)
    results.push([
      what,
      shape.window,
      name,
      thousands(middle(ours, "perSecond")),
      ratio(ours, "perSecond"),
      `${(middle(ours, "p50us") / 1000).toFixed(2)} / ${(middle(ours, "p99us") / 1000).toFixed(2)}`,
      middle(ours, "cpuUs").toFixed(1),
      ratio(ours, "cpuUs"),
      ours.reduce((sum, { lost }) => sum + lost, 0),
    ]);
}
