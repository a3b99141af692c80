import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { baseDn, reader } from "../people.ts";
import { machine, table } from "../rounds.ts";
import { RawClient } from "./raw-client.ts";
import { residentMiB, startDirectoryKit } from "./server-process.ts";

// What a server's memory does while someone reads a listing of everyone slowly: RSS before, at most, and after.
// BENCH_SIZE (1,000,000) people on SQLite; the slow reader waits BENCH_PAUSE (4) ms after every 64 KiB.

const people = Number(process.env["BENCH_SIZE"] ?? 1_000_000);
const pauseMs = Number(process.env["BENCH_PAUSE"] ?? 4);
const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const database = join(folder, "directory.db");
const listing = { base: `ou=Users,${baseDn}`, attributes: [] };

try {
  // A process of its own fills it, so that what an import takes is not counted.
  await (await startDirectoryKit({ where: database, people })).close();
  const rows: (string | number)[][] = [];
  for (const [name, isSlow] of [
    ["as fast as it comes", false],
    ["slowly", true],
  ] as const)
    rows.push([name, ...(await read(isSlow))]);
  console.log(`${machine()}; ${people} people on SQLite, all user attributes\n`);
  table(["a listing is read", "entries", "octets, MiB", "seconds", "RSS before, MiB", "most", "after"], rows);
} finally {
  rmSync(folder, { recursive: true });
}

async function read(isSlow: boolean): Promise<(string | number)[]> {
  const server = await startDirectoryKit({ where: database, people: 0 });
  try {
    const dn = `uid=${reader.username},ou=Users,${baseDn}`;
    const client = await RawClient.connect(server.port, dn, reader.password);
    const before = residentMiB(server.pids);
    let most = before;
    let isDone = false;
    const begun = performance.now();
    const answer = client.search(listing).finally(() => {
      isDone = true;
    });
    for (let looks = 0; !isDone; looks++) {
      if (isSlow) await Promise.race([client.readOneChunk(), answer]);
      await wait(isSlow ? pauseMs : 10);
      if (!isSlow || looks % 10 === 0) most = Math.max(most, residentMiB(server.pids));
    }
    const { entries, octets, resultCode } = await answer;
    const seconds = (performance.now() - begun) / 1000;
    if (resultCode !== 0 || entries !== people + 2)
      throw new Error(`wrong answer: ${resultCode}, ${entries} entries`);
    client.close();
    await wait(1000);
    const after = residentMiB(server.pids);
    return [
      entries,
      Math.round(octets / 2 ** 20),
      seconds.toFixed(1),
      Math.round(before),
      Math.round(most),
      Math.round(after),
    ];
  } finally {
    await server.close();
  }
}
