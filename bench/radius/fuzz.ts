import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EapAuthority } from "../../packages/radius/interop/eap-certificates.ts";
import { mutate, randomFrom } from "../ldap/mutate.ts";
import { machine, table } from "../rounds.ts";
import {
  attributeValue,
  type Challenge,
  clientHello,
  Drafts,
  encode,
  isAnswerTo,
  isProven,
  mayBeAccepted,
  mutateDraft,
  sign,
} from "./fuzz-packets.ts";
import { startDirectoryKit } from "./server-process.ts";

// Sends mutated packets to both ports, three in four signed with the right secret, while a probe asks for the server's
// status and logs somebody in all along. BENCH_PACKETS (default a million), BENCH_SEED, BENCH_MINUTES (default 15) bound it.

const wanted = Number(process.env["BENCH_PACKETS"] ?? 1_000_000);
const seed = Number(process.env["BENCH_SEED"] ?? 20_261_124);
const until = performance.now() + Number(process.env["BENCH_MINUTES"] ?? 15) * 60_000;
const people = 1000;
const workers = 24;
/** Milliseconds without an answer after which the next packet goes out: most of those with broken octets get none. */
const patienceMs = { whole: 25, broken: 3 } as const;
/** Milliseconds within which a probe must be answered. */
const probeLimitMs = 1000;

const authority = await EapAuthority.create("P-256");
const { certFile, keyFile } = await authority.issue("radius.example.com", "serverAuth");
const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const server = await startDirectoryKit({
  where: "memory",
  people: people + 1,
  hashing: "weak",
  neverThrottles: true,
  limits: { rejectDelayMs: 0, conversationIdleMs: 5000, maxConversations: 100, duplicateMs: 5000 },
  tls: { key: keyFile, cert: certFile, authority: authority.caFile, maxVersion: "TLSv1.3" },
});
const recent: Buffer[] = [];
const answers = new Map<string, number>();
const wrong: string[] = [];
let sent = 0;
let isDone = false;
server.onDeath((how) => {
  writeFileSync("fuzz-crash.hex", recent.map((bytes) => bytes.toString("hex")).join("\n"));
  console.error(
    `the server died (${how}) after ${sent} packets; the last ${recent.length} are in fuzz-crash.hex`,
  );
  process.exit(1);
});

async function open(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** Waits for one thing of a socket, but not long. */
function answerOn(socket: Socket, ms: number, take: (octets: Buffer) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.off("message", told);
      resolve(answered);
    };
    const told = (octets: Buffer): void => {
      if (take(octets)) end(true);
    };
    const timer = setTimeout(end, ms, false);
    socket.on("message", told);
  });
}

const kinds: Readonly<Record<number, string>> = {
  2: "accept",
  3: "reject",
  5: "accounting",
  11: "challenge",
};
/** Notes an answer, and whether it may be one. */
function judge(answer: Buffer, request: Buffer): void {
  const kind = kinds[answer[0] as number] ?? "other";
  const name = kind === "accept" && request[0] === 12 ? "status" : kind;
  answers.set(name, (answers.get(name) ?? 0) + 1);
  if (kind === "other" || !isProven(request) || (kind === "accept" && !mayBeAccepted(request)))
    wrong.push(`${name} for ${request.toString("hex")}`);
}

async function worker(which: number, hello: Buffer): Promise<void> {
  const random = randomFrom(seed + which);
  const drafts = new Drafts(random, hello, people);
  const socket = await open();
  let challenge: Challenge | undefined;
  let others: Buffer[] = [Buffer.from([0])];
  // Answers may come late, to what was asked before.
  const asked: Buffer[] = [];
  socket.on("message", (answer) => {
    const request = asked.findLast((one) => isAnswerTo(answer, one));
    if (request === undefined) wrong.push(`an answer to nothing: ${answer.toString("hex")}`);
    else judge(answer, request);
    const state = attributeValue(answer, 24);
    if (answer[0] === 11 && state !== undefined)
      challenge = { state: Buffer.from(state), eapIdentifier: attributeValue(answer, 79)?.[1] ?? 0 };
  });
  while (sent < wanted && performance.now() < until) {
    const authenticator = randomFrom16(random);
    const draft = drafts.draw(authenticator, challenge);
    const change = random() % 8;
    const said =
      change < 5 && change > 0 ? mutateDraft(draft, drafts.draw(authenticator, challenge), random) : draft;
    let packet = encode(said, random() & 255, authenticator);
    others = [...others.slice(-20), packet];
    if (change >= 5) packet = mutate(change === 5 ? packet : sign(packet), others, random);
    if (change <= 5) packet = sign(packet);
    packet = packet.subarray(0, 8192);
    const usual = [4].includes(draft.code) ? server.accountingPort : server.port;
    const port = random() % 16 > 0 ? usual : random() % 2 === 0 ? server.port : server.accountingPort;
    if (recent.push(packet) > 2000) recent.shift();
    if (asked.push(packet) > 2048) asked.shift();
    sent += 1;
    const answered = answerOn(socket, change < 5 ? patienceMs.whole : patienceMs.broken, () => true);
    socket.send(packet, port, "127.0.0.1");
    await answered;
  }
  await wait(200);
  socket.close();
}

function randomFrom16(random: () => number): Buffer {
  const octets = Buffer.alloc(16);
  for (let at = 0; at < 16; at += 4) octets.writeUInt32BE(random(), at);
  return octets;
}

const latencies: number[] = [];
let late = 0;
async function probe(hello: Buffer): Promise<void> {
  const socket = await open();
  for (let turn = 0; !isDone; turn++) {
    const authenticator = randomBytes(16);
    const isRecord = turn % 3 === 1;
    // Somebody whom no mutated packet names.
    const drafts = new Drafts(() => 0, hello, 1, people);
    const draft =
      turn % 3 === 2
        ? drafts.draw(authenticator, undefined)
        : { code: 12, attributes: [[80, Buffer.alloc(16)]] as const };
    const request = sign(encode(draft, turn & 255, authenticator));
    const begun = performance.now();
    const answered = answerOn(
      socket,
      probeLimitMs,
      (octets) => isAnswerTo(octets, request) && octets[0] !== 3,
    );
    socket.send(request, isRecord ? server.accountingPort : server.port, "127.0.0.1");
    if (!(await answered)) late += 1;
    latencies.push(performance.now() - begun);
    await wait(20);
  }
  socket.close();
}

const hello = await clientHello();
const begun = performance.now();
const watching = probe(hello);
await Promise.all(Array.from({ length: workers }, (_, which) => worker(which, hello)));
isDone = true;
await watching;
const seconds = (performance.now() - begun) / 1000;
const report = await server.report();
await server.close();
await authority[Symbol.asyncDispose]();
rmSync(folder, { recursive: true });

latencies.sort((a, b) => a - b);
const at = (share: number): string => (latencies[Math.floor((latencies.length - 1) * share)] ?? 0).toFixed(1);
console.log(`${machine()}; seed ${seed}\n`);
table(
  ["packets", "seconds", "answers", "wrong answers", "probes", "p50 / p99 / max ms", "late", "RSS MiB"],
  [
    [
      sent,
      seconds.toFixed(0),
      [...answers].map(([kind, times]) => `${kind} ${times}`).join(", "),
      wrong.length,
      latencies.length,
      `${at(0.5)} / ${at(0.99)} / ${at(1)}`,
      late,
      Math.round(report.rss / 2 ** 20),
    ],
  ],
);
console.log("");
table(
  ["counted", "times"],
  report.counts.toSorted().map(([name, times]) => [name, times]),
);
for (const [what, times] of report.errors) console.log(`logged as an error: ${times} × ${what}`);
for (const one of wrong.slice(0, 20)) console.log(`wrong: ${one}`);
if (late > 0 || report.errors.length > 0 || wrong.length > 0 || sent < wanted) process.exitCode = 1;
