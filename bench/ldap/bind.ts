import { setTimeout as wait } from "node:timers/promises";
import { argon2Hasher } from "@directorykit/core";
import { Client } from "ldapts";
import { baseDn, reader } from "../people.ts";
import { machine, median, table } from "../rounds.ts";
import { startDirectoryKit } from "./server-process.ts";

/**
 * Simple binds beside the same number of bare argon2id verifications, and what a search has to wait meanwhile. Each
 * side has a process of its own for the server's work; rounds are interleaved.
 */

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 4);
const clients = 16;
const dn = `uid=${reader.username},ou=Users,${baseDn}`;

const server = await startDirectoryKit({ where: "memory", people: 10_000 });
const url = `ldap://127.0.0.1:${server.port}`;
const hasher = argon2Hasher({ maxWaitMs: 60_000 });
const hash = await hasher.hash(reader.password);
const bare: number[] = [];
const bareBeside: number[] = [];
const binds: number[] = [];
const searches: number[][] = [];
try {
  for (let round = -1; round < rounds; round++) {
    const verify = async (): Promise<void> => {
      if (!(await hasher.verify(hash, reader.password))) throw new Error("did not match");
    };
    const alone = await repeat(clients, verify);
    const [beside] = await whileSearching(() => repeat(clients, verify));
    const connections = await Promise.all(Array.from({ length: clients }, connected));
    const [bound, latencies] = await whileSearching(() =>
      repeat(clients, async (i) => (connections[i] as Client).bind(dn, reader.password)),
    );
    await Promise.all(connections.map((client) => client.unbind()));
    if (round < 0) continue;
    bare.push(alone);
    bareBeside.push(beside);
    binds.push(bound);
    searches.push(latencies);
  }
} finally {
  await server.close();
}
const percentile = (p: number): string =>
  median(searches.map((all) => all[Math.floor((all.length - 1) * p)] as number)).toFixed(1);
console.log(
  `${machine()}; ${clients} clients, argon2id 19 MiB, 2 passes, ${rounds} rounds of ${seconds} s, medians\n`,
);
table(
  ["", "per second", "to bare argon2id"],
  [
    ["bare argon2id behind the same queue", median(bare).toFixed(1), "1.00×"],
    ["bare argon2id, the same searches meanwhile", median(bareBeside).toFixed(1), ratio(bareBeside)],
    ["simple binds over LDAP", median(binds).toFixed(1), ratio(binds)],
  ],
);
console.log(
  `\nSearch meanwhile, about a hundred a second: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms.`,
);

/** The middle of the rounds' own ratios: both sides of one lie next to each other in time. */
function ratio(values: readonly number[]): string {
  return `${median(values.map((one, i) => one / (bare[i] as number))).toFixed(2)}×`;
}

/** Runs `work` while one client searches about a hundred times a second. @returns its result and the sorted latencies */
async function whileSearching<T>(work: () => Promise<T>): Promise<[T, number[]]> {
  const latencies: number[] = [];
  const searcher = await connected();
  let searching = true;
  const searched = (async () => {
    while (searching) {
      const started = performance.now();
      const filter = `(uid=user00${Math.floor(Math.random() * 9000) + 1000})`;
      const { searchEntries } = await searcher.search(`ou=Users,${baseDn}`, { filter });
      if (searchEntries.length !== 1) throw new Error("wrong answer");
      latencies.push(performance.now() - started);
      // Someone who looks up people, not a load that competes for the cores.
      await wait(10);
    }
  })();
  // Together, so that a search that fails ends the run instead of the process, and the server with it.
  const [result] = await Promise.all([
    work().finally(() => {
      searching = false;
    }),
    searched,
  ]);
  await searcher.unbind();
  return [result, latencies.sort((a, b) => a - b)];
}

async function connected(): Promise<Client> {
  const client = new Client({ url });
  await client.bind(dn, reader.password);
  return client;
}

async function repeat(count: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      while (performance.now() - started < seconds * 1000) {
        await work(i);
        done += 1;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
