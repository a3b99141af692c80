import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EapAuthority, type KeyKind } from "../../packages/radius/interop/eap-certificates.ts";
import { cpuTicks, residentMiB } from "../ldap/server-process.ts";
import { machine, median, table } from "../rounds.ts";
import { beginLogins, logIn } from "./eap-logins.ts";
import { freeRadiusVersion, startFreeRadius } from "./freeradius.ts";
import { nameOf } from "./people.ts";
import { type RadiusPeer, type RadiusServerSettings, startDirectoryKit } from "./server-process.ts";

/**
 * Logins by EAP with whole handshakes, ours beside FreeRADIUS, devices played by eapol_test, rounds interleaved; then the
 * memory of logins that are begun and left. BENCH_ROUNDS (5) changes the size, BENCH_ONLY leaves one of `logins` and
 * `memory`. eapol_test logs in about ten times a second, so that processor time is what is compared.
 */

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const only = process.env["BENCH_ONLY"];
const people = 100;
const devices = 16;
const times = 15;
const begun = 2000;

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const logins: (string | number)[][] = [];
const memory: (string | number)[][] = [];
try {
  for (const kind of ["P-256", "RSA-2048"] as const) {
    await using authority = await EapAuthority.create(kind);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      if (only !== "memory") await compare(kind, version, authority);
      if (only !== "logins" && kind === "P-256") await leave(version, authority);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${rounds} rounds of ${devices * times} logins, medians; FreeRADIUS ${freeRadiusVersion()}\n`,
);
if (logins.length > 0)
  table(
    ["certificates", "TLS", "method", "FreeRADIUS, CPU ms", "DirectoryKit, CPU ms", "to FreeRADIUS"],
    logins,
  );
if (memory.length > 0) {
  console.log("");
  table(
    [
      "server",
      "TLS",
      "before, MiB",
      `${begun} begun`,
      "KiB each",
      "CPU ms each",
      "after they are forgotten",
      `${begun} more`,
    ],
    memory,
  );
}

async function startBoth(
  version: "TLSv1.2" | "TLSv1.3",
  authority: EapAuthority,
  more: Pick<RadiusServerSettings, "limits" | "deviceCertificate">,
): Promise<Record<string, RadiusPeer>> {
  const { certFile, keyFile } = await authority.issue("radius.example.com", "serverAuth");
  const tls = { key: keyFile, cert: certFile, authority: authority.caFile, maxVersion: version };
  return {
    FreeRADIUS: await startFreeRadius(folder, { people, tls }),
    DirectoryKit: await startDirectoryKit({ where: "memory", people, hashing: "remembered", tls, ...more }),
  };
}

async function compare(
  kind: KeyKind,
  version: "TLSv1.2" | "TLSv1.3",
  authority: EapAuthority,
): Promise<void> {
  const certificate = await authority.issue(nameOf(0), "clientAuth");
  const peers = await startBoth(version, authority, { deviceCertificate: certificate.certFile });
  const tls = version.slice("TLSv".length) as "1.2" | "1.3";
  try {
    for (const eap of ["TTLS", "TLS"] as const) {
      const each = new Map<string, number[]>(Object.keys(peers).map((name) => [name, []]));
      // Twice unmeasured: V8 has to have seen some hundreds of handshakes.
      for (let round = -2; round < rounds; round++)
        for (const [name, peer] of Object.entries(peers)) {
          const before = cpuTicks(peer.pids);
          await logIn(folder, peer, { eap, tls, caFile: authority.caFile, certificate, devices, times });
          if (round >= 0) each.get(name)?.push(((cpuTicks(peer.pids) - before) * 10) / (devices * times));
        }
      const [theirs = 0, ours = 0] = [...each.values()].map(median);
      const method = eap === "TTLS" ? "EAP-TTLS/PAP" : "EAP-TLS";
      logins.push([kind, tls, method, theirs.toFixed(2), ours.toFixed(2), `${(ours / theirs).toFixed(2)}×`]);
    }
  } finally {
    for (const peer of Object.values(peers)) await peer.close();
  }
}

/** Devices that begin and go away: what they cost meanwhile, and what is left of them. */
async function leave(version: "TLSv1.2" | "TLSv1.3", authority: EapAuthority): Promise<void> {
  const conversationIdleMs = 5000;
  const limits = { maxConversations: begun, conversationIdleMs };
  const peers = await startBoth(version, authority, { limits });
  try {
    for (const [name, peer] of Object.entries(peers)) {
      const before = residentMiB(peer.pids);
      const ticks = cpuTicks(peer.pids);
      const got = await beginLogins(peer, begun);
      if (got !== begun) throw new Error(`${name}: only ${got} logins were begun`);
      const cpu = ((cpuTicks(peer.pids) - ticks) * 10) / begun;
      const full = residentMiB(peer.pids);
      const isOurs = name === "DirectoryKit";
      // FreeRADIUS forgets them after a minute: its second two thousand come on top.
      await wait(isOurs ? conversationIdleMs + 2000 : 0);
      const after = residentMiB(peer.pids);
      await beginLogins(peer, begun);
      const each = (((full - before) * 1024) / begun).toFixed(0);
      const cells = [full, isOurs ? after : undefined, residentMiB(peer.pids)].map(
        (one) => one?.toFixed(0) ?? "–",
      );
      const [first = "", second = "", third = ""] = cells;
      memory.push([name, version.slice(4), before.toFixed(0), first, each, cpu.toFixed(2), second, third]);
    }
  } finally {
    for (const peer of Object.values(peers)) await peer.close();
  }
}
