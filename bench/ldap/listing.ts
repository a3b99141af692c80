import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseDn, reader } from "../people.ts";
import { machine, median, table, thousands } from "../rounds.ts";
import { type Listed, RawClient } from "./raw-client.ts";
import { cpuTicks, startDirectoryKit } from "./server-process.ts";
import { type Peer, slapdVersion, startSlapd } from "./slapd.ts";

/** Listing of everyone below ou=Users, whole and in pages: ours beside slapd, one client, rounds interleaved. */

const people = Number(process.env["BENCH_PEOPLE"] ?? 10_000);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 7);
/** Listings of a round. */
const repeats = Number(process.env["BENCH_REPEATS"] ?? 3);
const ten = [
  ...[
    "cn",
    "sn",
    "givenName",
    "mail",
    "uid",
    "uidNumber",
    "gidNumber",
    "homeDirectory",
    "loginShell",
    "title",
  ],
];
const shapes = [
  { name: "all user attributes", attributes: [], page: 0 },
  { name: "all user attributes, pages of 1,000", attributes: [], page: 1000 },
  { name: "ten attributes", attributes: ten, page: 0 },
  { name: "ten attributes, pages of 1,000", attributes: ten, page: 1000 },
  { name: "ten attributes, pages of 100", attributes: ten, page: 100 },
  { name: "names only", attributes: ["1.1"], page: 0 },
] as const;

interface Measured {
  readonly entriesPerSecond: number;
  readonly cpuUsPerEntry: number;
  readonly octetsPerEntry: number;
}

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const peers: Record<string, Peer> = {
  slapd: await startSlapd(folder, people),
  "DirectoryKit, memory": await startDirectoryKit({ where: "memory", people }),
  "DirectoryKit, SQLite": await startDirectoryKit({ where: join(folder, "directory.db"), people }),
};
const results: (string | number)[][] = [];
try {
  for (const shape of shapes) {
    const measured = new Map<string, Measured[]>(Object.keys(peers).map((name) => [name, []]));
    // Once unmeasured, so that every side has its code and caches warm.
    for (let round = -1; round < rounds; round++) {
      for (const [name, peer] of Object.entries(peers)) {
        const one = await list(peer, shape);
        if (round >= 0) measured.get(name)?.push(one);
      }
    }
    const base = middle(measured.get("slapd") ?? [], "entriesPerSecond");
    for (const [name, all] of measured) {
      const rate = middle(all, "entriesPerSecond");
      results.push([
        shape.name,
        name,
        thousands(rate),
        `${(rate / base).toFixed(2)}×`,
        middle(all, "cpuUsPerEntry").toFixed(1),
        Math.round(middle(all, "octetsPerEntry")),
      ]);
    }
  }
} finally {
  for (const peer of Object.values(peers)) await peer.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${people} people, ${rounds} rounds of ${repeats} listings, medians; slapd ${slapdVersion()}\n`,
);
table(["listing", "server", "entries/s", "to slapd", "CPU µs/entry", "octets/entry"], results);

function middle(all: readonly Measured[], field: keyof Measured): number {
  return median(all.map((one) => one[field]));
}

async function list(peer: Peer, { attributes, page }: (typeof shapes)[number]): Promise<Measured> {
  const client = await RawClient.connect(
    peer.port,
    `uid=${reader.username},ou=Users,${baseDn}`,
    reader.password,
  );
  const listing = { base: `ou=Users,${baseDn}`, attributes };
  const ticks = cpuTicks(peer.pids);
  const begun = performance.now();
  let entries = 0;
  let octets = 0;
  for (let i = 0; i < repeats; i++) {
    const listed: Listed = await (page === 0 ? client.search(listing) : client.searchPages(listing, page));
    // The container, everyone, and the reader.
    if (listed.resultCode !== 0 || listed.entries !== people + 2)
      throw new Error(`wrong answer: ${JSON.stringify(listed)}`);
    entries += listed.entries;
    octets += listed.octets;
  }
  const seconds = (performance.now() - begun) / 1000;
  client.close();
  return {
    entriesPerSecond: entries / seconds,
    cpuUsPerEntry: ((cpuTicks(peer.pids) - ticks) * 10_000) / entries,
    octetsPerEntry: octets / entries,
  };
}
