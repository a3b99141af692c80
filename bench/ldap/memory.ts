import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { Client } from "ldapts";
import { baseDn, person, reader } from "../people.ts";
import { machine, table } from "../rounds.ts";
import { bindRequest } from "./fuzz-requests.ts";
import { residentMiB, startDirectoryKit } from "./server-process.ts";
import { type Peer, startSlapd } from "./slapd.ts";

// Resident memory of two servers: just started, after as many searches as people, and with idle TLS connections beside.
// BENCH_PEOPLE (100,000) and BENCH_CONNECTIONS (1,000) change the size.

const people = Number(process.env["BENCH_PEOPLE"] ?? 100_000);
const connections = Number(process.env["BENCH_CONNECTIONS"] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const file = (name: string): string => join(folder, name);
const tls = { cert: file("cert.pem"), key: file("key.pem") };

execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"],
    ...["-subj", "/CN=localhost", "-keyout", tls.key, "-out", tls.cert],
  ],
  { stdio: "ignore" },
);

async function startOurs(): Promise<Peer> {
  const where = file("ours.db");
  // A process of its own fills it: what an import takes is not counted.
  await (await startDirectoryKit({ where, people })).close();
  return startDirectoryKit({ where, people: 0, tls });
}

async function search(port: number): Promise<void> {
  const client = new Client({ url: `ldaps://127.0.0.1:${port}`, tlsOptions: { rejectUnauthorized: false } });
  await client.bind(`uid=${reader.username},ou=Users,${baseDn}`, reader.password);
  for (let from = 0; from < people; from += 64) {
    const numbers = Array.from({ length: Math.min(64, people - from) }, (_, i) => from + i);
    await Promise.all(
      numbers.map((i) =>
        client.search(baseDn, {
          filter: `(uid=${person(i).username})`,
          attributes: ["uid", "cn", "mail", "uidNumber"],
        }),
      ),
    );
  }
  await client.unbind();
}

async function open(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const answered = once(socket, "data");
  socket.write(bindRequest(`uid=${reader.username},ou=Users,${baseDn}`, reader.password));
  await answered;
  return socket;
}

const rows: (string | number)[][] = [];
try {
  const servers: readonly (readonly [string, () => Promise<Peer>])[] = [
    ["slapd", () => startSlapd(folder, people, tls)],
    ["DirectoryKit, SQLite", startOurs],
  ];
  for (const [name, start] of servers) {
    const peer = await start();
    const started = residentMiB(peer.pids);
    await search(peer.port);
    const searched = residentMiB(peer.pids);
    const sockets: TLSSocket[] = [];
    while (sockets.length < connections)
      sockets.push(...(await Promise.all(Array.from({ length: 20 }, () => open(peer.port)))));
    const idle = residentMiB(peer.pids);
    const each = ((idle - searched) / connections) * 1024;
    rows.push([name, started.toFixed(0), searched.toFixed(0), idle.toFixed(0), each.toFixed(0)]);
    for (const socket of sockets) socket.destroy();
    await peer.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${machine()}; ${people} people, ${connections} idle TLS connections\n`);
table(["server", "started, MiB", "after searches, MiB", "with connections, MiB", "KiB per connection"], rows);
