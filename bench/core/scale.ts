import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectory, ephemeralKeyRing } from "@directorykit/core";
import { sqliteStore } from "@directorykit/sqlite";
import { document, person } from "../people.ts";
import { machine, median, table } from "../rounds.ts";

/** What size costs on SQLite: loading a whole directory, and finding one person by username, as the directory grows. */

const sizes = (process.env["BENCH_SIZES"] ?? "10000,100000,1000000").split(",").map(Number);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const lookups = 20_000;

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const rows: (string | number)[][] = [];
let smallest: number | undefined;
try {
  for (const size of sizes) {
    const path = join(folder, `${size}.db`);
    await using directory = await createDirectory({ store: sqliteStore({ path }), keys: ephemeralKeyRing() });
    const seed = document(size);
    const started = performance.now();
    await directory.import(seed);
    const seconds = (performance.now() - started) / 1000;
    const times: number[] = [];
    let next = 12_345;
    for (let round = -1; round < rounds; round++) {
      const begun = performance.now();
      for (let i = 0; i < lookups; i++) {
        next = (next * 48_271) % 2_147_483_647;
        const { username } = person(next % size);
        if ((await directory.users.byUsername(username))?.username !== username)
          throw new Error("wrong person");
      }
      if (round >= 0) times.push(((performance.now() - begun) * 1000) / lookups);
    }
    const lookup = median(times);
    smallest ??= lookup;
    rows.push([
      size.toLocaleString("en"),
      `${seconds.toFixed(1)} s`,
      `${((size + 1) / seconds / 1000).toFixed(1)} k/s`,
      `${Math.round(statSync(path).size / 2 ** 20)} MiB`,
      `${lookup.toFixed(1)} µs`,
      `${(lookup / smallest).toFixed(2)}×`,
    ]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; a whole directory document imported in one transaction, ${lookups} look-ups, ${rounds} rounds, medians\n`,
);
table(["people", "import", "people/s", "file", "look-up by username", "to the smallest"], rows);
