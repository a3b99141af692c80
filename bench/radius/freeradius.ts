import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf, passwordOf, secret, vlan } from "./people.ts";
import type { RadiusPeer } from "./server-process.ts";

/** How FreeRADIUS is run. */
export interface FreeRadiusSettings {
  readonly people: number;
  /** Where accounting records go: a text file, or SQLite as it comes. Default: a text file. */
  readonly records?: "detail" | "sqlite";
  /** Files for EAP. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly authority: string;
    readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  };
}

/** Debian's FreeRADIUS with four threads, passwords in clear in a `users` file, Message-Authenticator required. */
export async function startFreeRadius(parent: string, settings: FreeRadiusSettings): Promise<RadiusPeer> {
  const folder = join(parent, `freeradius-${settings.records ?? "detail"}-${settings.tls?.maxVersion ?? ""}`);
  mkdirSync(folder, { recursive: true });
  const [port, accountingPort] = [await freePort(), await freePort()];
  writeFileSync(join(folder, "users"), usersFile(settings.people));
  writeFileSync(join(folder, "radiusd.conf"), configuration(folder, port, accountingPort, settings));
  const child = spawn("freeradius", ["-f", "-l", "stdout", "-d", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("exit", () => reject(new Error(`FreeRADIUS does not run:\n${printed.slice(-4000)}`)));
  child.stdout.on("data", (text: Buffer) => {
    printed = `${printed}${text}`.slice(-10_000);
    if (printed.includes("Ready to process requests")) resolve();
  });
  await promise;
  return {
    port,
    accountingPort,
    pids: [child.pid as number],
    close: async () => {
      child.kill("SIGTERM");
      await new Promise((done) => child.once("exit", done));
    },
  };
}

/** Which FreeRADIUS it is. */
export function freeRadiusVersion(): string {
  return /Version ([\d.]+)/.exec(String(spawnSync("freeradius", ["-v"]).stdout))?.[1] ?? "?";
}

function usersFile(people: number): string {
  const reply = `\tTunnel-Type = VLAN,\n\tTunnel-Medium-Type = IEEE-802,\n\tTunnel-Private-Group-Id = "${vlan}"\n`;
  return Array.from(
    { length: people },
    (_, i) => `${nameOf(i)} Cleartext-Password := "${passwordOf(i)}"\n${reply}`,
  ).join("\n");
}

function configuration(
  folder: string,
  port: number,
  accountingPort: number,
  { records = "detail", tls }: FreeRadiusSettings,
): string {
  const recorder = records === "sqlite" ? "sql" : "detail";
  return `
prefix = /usr
logdir = ${folder}
raddbdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
log {
  destination = stdout
  auth = no
}
security {
  max_attributes = 200
  reject_delay = 1
  status_server = yes
  allow_vulnerable_openssl = yes
}
thread pool {
  start_servers = 4
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 4
  max_requests_per_server = 0
}
client bench {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  expr {
  }
  pap {
  }
  files {
    filename = ${folder}/users
  }
  ${recorder === "detail" ? detail(folder) : sql(folder)}
  ${tls === undefined ? "" : eap(tls)}
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${accountingPort}
  }
  authorize {
    ${tls === undefined ? "" : "eap {\n ok = return\n }"}
    files
    pap
  }
  authenticate {
    pap
    ${tls === undefined ? "" : "eap"}
  }
  accounting {
    ${recorder}
  }
}
server inner-tunnel {
  authorize {
    files
    pap
  }
  authenticate {
    pap
  }
}
`;
}

function detail(folder: string): string {
  return `detail {
    filename = ${folder}/detail
    permissions = 0600
  }`;
}

/** The module with Debian's own schema and queries. */
function sql(folder: string): string {
  return `sql {
    driver = "rlm_sql_sqlite"
    dialect = "sqlite"
    sqlite {
      filename = "${folder}/records.db"
      busy_timeout = 2000
      bootstrap = "/etc/freeradius/3.0/mods-config/sql/main/sqlite/schema.sql"
    }
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    groupcheck_table = "radgroupcheck"
    authreply_table = "radreply"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    client_table = "nas"
    group_attribute = "SQL-Group"
    read_clients = no
    pool {
      start = 4
      min = 4
      max = 4
      spare = 0
      uses = 0
      lifetime = 0
      idle_timeout = 0
    }
    $INCLUDE /etc/freeradius/3.0/mods-config/sql/main/sqlite/queries.conf
  }`;
}

function eap({ key, cert, authority, maxVersion }: NonNullable<FreeRadiusSettings["tls"]>): string {
  const version = maxVersion.slice("TLSv".length);
  return `eap {
    default_eap_type = ttls
    timer_expire = 60
    ignore_unknown_eap_types = no
    max_sessions = 16384
    tls-config common {
      private_key_file = ${key}
      certificate_file = ${cert}
      ca_file = ${authority}
      tls_min_version = "1.2"
      tls_max_version = "${version}"
      fragment_size = 1020
      cipher_list = "DEFAULT"
      ecdh_curve = ""
      cache {
        enable = no
      }
    }
    tls {
      tls = common
    }
    ttls {
      tls = common
      copy_request_to_tunnel = no
      use_tunneled_reply = yes
      virtual_server = inner-tunnel
    }
  }`;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
