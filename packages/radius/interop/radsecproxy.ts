import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProgram, startProgram } from "../../../scripts/interop/run-program.ts";
import { unpackedLibraries } from "../../../scripts/peers.ts";
import type { IssuedCertificate } from "./eap-certificates.ts";
import { freePort } from "./freeradius.ts";

/** What the access points in front of the proxy know. */
export const accessPointSecret = "the access points of the proxy";

/** radsecproxy, which takes RADIUS by UDP and passes it on by TLS. */
export interface Radsecproxy extends AsyncDisposable {
  /** UDP port on loopback. */
  readonly port: number;
  /** Its program. */
  readonly program: RunningProgram;
}

/** Starts radsecproxy in front of a server's port for TLS. */
export async function startRadsecproxy(
  radsecproxy: string,
  server: { readonly port: number; readonly caFile: string; readonly certificate: IssuedCertificate },
): Promise<Radsecproxy> {
  const { caFile, certificate } = server;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "radsecproxy-"));
  const file = join(folder, "radsecproxy.conf");
  await writeFile(
    file,
    `ListenUDP 127.0.0.1:${port}
LogLevel 2
tls default {
  CACertificateFile ${caFile}
  CertificateFile ${certificate.certFile}
  CertificateKeyFile ${certificate.keyFile}
}
client accesspoints {
  host 127.0.0.1
  type udp
  secret "${accessPointSecret}"
}
server ours {
  host 127.0.0.1
  type tls
  port ${server.port}
  secret radsec
  certificateNameCheck off
  statusServer on
}
realm * {
  server ours
  accountingServer ours
}
`,
  );
  const program = startProgram(radsecproxy, ["-f", "-c", file], {
    timeoutMs: 120_000,
    env: { LD_LIBRARY_PATH: unpackedLibraries },
  });
  const dispose = async (): Promise<void> => {
    program.kill();
    await program.result;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await program.printed(/TLS connection to .* up/);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, program, [Symbol.asyncDispose]: dispose };
}
