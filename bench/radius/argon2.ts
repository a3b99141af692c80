import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argon2Hasher } from "@directorykit/core";
import { machine, median, table } from "../rounds.ts";
import { buildGenerator, load, type Measured, middle } from "./load.ts";
import { startDirectoryKit } from "./server-process.ts";

/**
 * Logins with PAP beside the same number of bare argon2id verifications, and what impatient clients cost: each request
 * sent four times. BENCH_ROUNDS (5) and BENCH_SECONDS (3) change the size.
 */

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 3);
const people = 20;
const window = 16;

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const generator = buildGenerator(folder);
const hasher = argon2Hasher({ maxWaitMs: 60_000 });
const stored = await hasher.hash("a password of the bench");
const bare: number[] = [];
const ours: Measured[] = [];
const impatient: Measured[] = [];
const server = await startDirectoryKit({ where: "memory", people, hashing: "real" });
const hashed = async (): Promise<number> => (await server.report()).hashes;
const shape = { kind: "pap", people, sockets: 4, window, seconds } as const;
let requests = 0;
let hashes = 0;
try {
  for (let round = -1; round < rounds; round++) {
    const alone = await verifyAlone();
    const patient = await load(generator, server, shape);
    const before = await hashed();
    const again = await load(generator, server, { ...shape, copies: 4 });
    // What was sent when the time was over is still being worked on.
    while ((await hashed()) !== (await settled()));
    if (round < 0) continue;
    bare.push(alone);
    ours.push(patient);
    impatient.push(again);
    requests += again.completed;
    hashes += (await hashed()) - before;
  }
} finally {
  await server.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${window} at once, argon2id 19 MiB, 2 passes, ${rounds} rounds of ${seconds} s, medians\n`,
);
const toBare = (rates: readonly Measured[]): string =>
  `${median(rates.map(({ perSecond }, i) => perSecond / (bare[i] as number))).toFixed(2)}×`;
table(
  ["", "per second", "to bare argon2id"],
  [
    ["bare argon2id behind the same queue", median(bare).toFixed(1), "1.00×"],
    ["logins with PAP", middle(ours, "perSecond").toFixed(1), toBare(ours)],
    ["each request sent four times", middle(impatient, "perSecond").toFixed(1), toBare(impatient)],
  ],
);
// Of those in flight at the end of each round nobody has counted the answer.
console.log(
  `\n${requests} requests sent four times were answered, ${hashes} hashes made, ${rounds * window} in flight at the ends.`,
);
if (hashes > requests + rounds * window) process.exitCode = 1;

async function settled(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return hashed();
}

async function verifyAlone(): Promise<number> {
  const begun = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: window }, async () => {
      while (performance.now() - begun < seconds * 1000) {
        if (!(await hasher.verify(stored, "a password of the bench"))) throw new Error("did not match");
        done += 1;
      }
    }),
  );
  return done / ((performance.now() - begun) / 1000);
}
