import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProgram, startProgram } from "../../../scripts/interop/run-program.ts";
import type { RadiusListener } from "../src/index.ts";
import { freePort } from "./freeradius.ts";
import { secret } from "./office.ts";

/** What the access points of the proxy know: another secret than the proxy's own. */
export const accessPointSecret = "the access points of the proxy";

/** FreeRADIUS that passes on everything. */
export interface FreeradiusProxy extends AsyncDisposable {
  /** UDP port for logins on loopback. */
  readonly port: number;
  /** UDP port for accounting. */
  readonly accountingPort: number;
  /** Its program, which prints every packet. */
  readonly program: RunningProgram;
}

/** Starts FreeRADIUS in front of a server. @param freeradius - where the program lies */
export async function startFreeradiusProxy(
  freeradius: string,
  server: RadiusListener,
): Promise<FreeradiusProxy> {
  const [port, accountingPort] = await Promise.all([freePort(), freePort()]);
  const folder = await mkdtemp(join(tmpdir(), "freeradius-proxy-"));
  await writeFile(join(folder, "radiusd.conf"), configuration({ folder, port, accountingPort, server }));
  await writeFile(join(folder, "dictionary"), "");
  const args = ["-f", "-l", "stdout", "-xx", "-d", folder, "-n", "radiusd"];
  const program = startProgram(freeradius, args, { timeoutMs: 120_000 });
  const dispose = async (): Promise<void> => {
    program.kill();
    await program.result;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await program.printed(/Ready to process requests/);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, accountingPort, program, [Symbol.asyncDispose]: dispose };
}

/** No module is loaded: what comes in goes on as it is. */
function configuration(ports: {
  readonly folder: string;
  readonly port: number;
  readonly accountingPort: number;
  readonly server: RadiusListener;
}): string {
  const listen = (type: string, at: number): string =>
    `  listen {\n    type = ${type}\n    ipaddr = 127.0.0.1\n    port = ${at}\n  }\n`;
  const home = (type: string, at: number): string => `
home_server ${type} {
  type = ${type}
  ipaddr = 127.0.0.1
  port = ${at}
  secret = "${secret}"
}
home_server_pool ${type} {
  type = fail-over
  home_server = ${type}
}
`;
  return `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = "${ports.folder}"
run_dir = "${ports.folder}"
proxy_requests = yes
log {
  destination = stdout
}
security {
  reject_delay = 0
}
client access_points {
  ipaddr = 127.0.0.1
  secret = "${accessPointSecret}"
  require_message_authenticator = yes
}
${home("auth", ports.server.port)}${home("acct", ports.server.accountingPort)}
realm directory {
  nostrip
  auth_pool = auth
  acct_pool = acct
}
server default {
${listen("auth", ports.port)}${listen("acct", ports.accountingPort)}
  authorize {
    update control {
      Proxy-To-Realm := "directory"
    }
  }
  preacct {
    update control {
      Proxy-To-Realm := "directory"
    }
  }
}
`;
}
