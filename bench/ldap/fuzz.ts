import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { machine, table } from "../rounds.ts";
import { bindRequest, requests, whoAmI } from "./fuzz-requests.ts";
import { mutate, mutateElement, randomFrom } from "./mutate.ts";

// Sends mutated requests over many connections, most of them bound as an administrator, while a bound client asks who
// it is all along. BENCH_PDUS (default a million), BENCH_SEED, BENCH_MINUTES (default 20) bound it.

const wanted = Number(process.env["BENCH_PDUS"] ?? 1_000_000);
const seed = Number(process.env["BENCH_SEED"] ?? 20_261_123);
const until = performance.now() + Number(process.env["BENCH_MINUTES"] ?? 20) * 60_000;
const workers = 24;
/** Milliseconds without an answer after which the next request goes out: many mutated ones wait for more octets. */
const patienceMs = 4;
/** Milliseconds within which the client that only looks on must be answered. */
const probeLimitMs = 1000;

interface Ready {
  readonly port: number;
  readonly baseDn: string;
  readonly accounts: Readonly<Record<"admin" | "probe", string>>;
}
interface Report {
  readonly counts: readonly (readonly [string, number])[];
  readonly errors: readonly (readonly [string, number])[];
  readonly people: number;
  /** Connections that are open. */
  readonly open: number;
  readonly rss: number;
}

const server = fork(fileURLToPath(new URL("./fuzz-server.ts", import.meta.url)), {
  execArgv: ["--conditions=@directorykit/source"],
});
const recent: Buffer[] = [];
let sent = 0;
let answers = 0;
let closed = 0;
let isDone = false;
server.on("exit", (code, signal) => {
  if (isDone) return;
  const file = "fuzz-crash.hex";
  writeFileSync(file, recent.map((bytes) => bytes.toString("hex")).join("\n"));
  console.error(
    `the server died (${code ?? signal}) after ${sent} requests; the last ${recent.length} are in ${file}`,
  );
  process.exit(1);
});
const said = async <T>(question?: string): Promise<T> => {
  const answer = once(server, "message");
  if (question !== undefined) server.send(question);
  return (await answer)[0] as T;
};
const { port, baseDn, accounts } = await said<Ready>();
const dnOf = (name: string): string => `uid=${name},ou=Users,${baseDn}`;

/** Connects, and binds when told to. @returns undefined when the connection did not come about */
async function open(name?: "admin" | "probe"): Promise<Socket | undefined> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  if (!(await event(socket, "connect", 5000))) return undefined;
  if (name === undefined) return socket;
  socket.write(bindRequest(dnOf(name), accounts[name]));
  const octets = await event(socket, "data", 5000);
  if (octets instanceof Buffer && octets[9] === 0) return socket;
  socket.destroy();
  return undefined;
}

/** The first of an event, the end of the connection, and some time. */
function event(socket: Socket, name: string, ms: number): Promise<unknown> {
  return new Promise((resolve) => {
    const end = (value: unknown): void => {
      clearTimeout(timer);
      socket.off(name, told);
      socket.off("close", over);
      resolve(value);
    };
    const told = (value: unknown = true): void => end(value);
    const over = (): void => end(undefined);
    const timer = setTimeout(end, ms, undefined);
    socket.once(name, told);
    socket.once("close", over);
  });
}

let mending: Promise<unknown> | undefined;
async function worker(number: number): Promise<void> {
  const random = randomFrom(seed + number);
  while (sent < wanted && performance.now() < until) {
    const isBound = random() % 4 > 0;
    const socket = await open(isBound ? "admin" : undefined);
    if (socket === undefined) {
      // A mutated request may have been a new password for the administrator.
      mending ??= said("mend").finally(() => {
        mending = undefined;
      });
      await mending;
      continue;
    }
    socket.on("data", () => {
      answers += 1;
    });
    while (!socket.destroyed && socket.readyState === "open" && sent < wanted) {
      const change = random() % 3 === 0 ? mutate : mutateElement;
      const bytes = change(requests[random() % requests.length] as Buffer, requests, random);
      if (recent.push(bytes) > 2000) recent.shift();
      sent += 1;
      const answered = event(socket, "data", patienceMs);
      socket.write(bytes);
      await answered;
    }
    closed += 1;
    socket.destroy();
  }
}

const latencies: number[] = [];
let late = 0;
async function probe(): Promise<void> {
  let socket = await open("probe");
  for (let id = 2; !isDone; id++) {
    const begun = performance.now();
    if (socket === undefined) throw new Error("the client that looks on cannot log in");
    const answered = event(socket, "data", probeLimitMs * 10);
    socket.write(whoAmI(2 + (id % 100)));
    if ((await answered) === undefined) {
      late += 1;
      socket.destroy();
      socket = await open("probe");
    }
    const took = performance.now() - begun;
    latencies.push(took);
    if (took > probeLimitMs) late += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const begun = performance.now();
const watching = probe();
await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
isDone = true;
await watching;
const seconds = (performance.now() - begun) / 1000;
// What is not closed by then never will be.
let report = await said<Report>("report");
for (let tries = 0; report.open > 1 && tries < 50; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  report = await said<Report>("report");
}
server.kill();

latencies.sort((a, b) => a - b);
const at = (share: number): string => (latencies[Math.floor((latencies.length - 1) * share)] ?? 0).toFixed(1);
console.log(`${machine()}; seed ${seed}\n`);
table(
  [
    "requests",
    "seconds",
    "answers",
    "connections closed",
    "probes",
    "p50 / p99 / max ms",
    "late",
    "left open",
    "RSS MiB",
  ],
  [
    [
      sent,
      seconds.toFixed(0),
      answers,
      closed,
      latencies.length,
      `${at(0.5)} / ${at(0.99)} / ${at(1)}`,
      late,
      report.open - 1,
      Math.round(report.rss / 2 ** 20),
    ],
  ],
);
console.log("");
table(
  ["counted", "times"],
  report.counts
    .filter(([name]) => name.startsWith("directorykit_ldap"))
    .map(([name, times]) => [name, times]),
);
if (report.errors.length > 0) {
  console.log("\nlogged as errors:");
  for (const [what, times] of report.errors) console.log(`${times} × ${what}`);
}
if (late > 0 || report.errors.length > 0 || report.open > 1 || sent < wanted) process.exitCode = 1;
