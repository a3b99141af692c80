import { parseArgs } from "node:util";
import { DirectoryError } from "@directorykit/core";

/** One setting: a flag and an environment variable. */
interface Setting {
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
}

const settings = {
  host: { variable: "HOST", fallback: "127.0.0.1", meaning: "address to listen on" },
  store: {
    variable: "DIRECTORY_STORE",
    fallback: "sqlite:./data/directory.db",
    meaning: "sqlite:PATH or memory:",
  },
  data: {
    variable: "DIRECTORY_DATA",
    fallback: "./data",
    meaning: "folder of keys, certificates and generated secrets",
  },
  seed: {
    variable: "DIRECTORY_SEED",
    fallback: "",
    meaning: "directory document applied when the store is empty (default: the bundled demo)",
  },
  "ldap-port": {
    variable: "LDAP_PORT",
    fallback: "3389",
    meaning: "LDAP with StartTLS; 0 picks a free port",
  },
  "ldaps-port": { variable: "LDAPS_PORT", fallback: "3636", meaning: "LDAP over TLS; 0 picks a free port" },
  "radius-port": {
    variable: "RADIUS_PORT",
    fallback: "11812",
    meaning: "RADIUS logins over UDP; 0 picks a free port",
  },
  "radius-accounting-port": {
    variable: "RADIUS_ACCOUNTING_PORT",
    fallback: "11813",
    meaning: "RADIUS accounting over UDP; 0 picks a free port",
  },
  "http-port": {
    variable: "HTTP_PORT",
    fallback: "8080",
    meaning: "/livez, /readyz and /metrics; 0 picks a free port",
  },
} as const satisfies Record<string, Setting>;

/** What the server was told. */
export interface ServerSettings {
  readonly host: string;
  readonly store: { readonly type: "memory" } | { readonly type: "sqlite"; readonly path: string };
  readonly data: string;
  /** Path of the seed document; `undefined` for the bundled demo. */
  readonly seed: string | undefined;
  readonly ldapPort: number;
  readonly ldapsPort: number;
  readonly radiusPort: number;
  readonly radiusAccountingPort: number;
  readonly httpPort: number;
}

/**
 * Reads flags and environment; a flag wins. `help` means the usage is all that was asked for.
 * @throws DirectoryError `misconfigured` with one sentence
 */
export function readSettings(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): ServerSettings | "help" {
  const values = readFlags(args);
  if (values["help"] === true) return "help";
  const given = (name: keyof typeof settings): string => {
    const flag = values[name];
    const { variable, fallback } = settings[name];
    return typeof flag === "string" ? flag : (environment[variable] ?? fallback);
  };
  return {
    host: given("host"),
    store: readStore(given("store")),
    data: given("data"),
    seed: given("seed") === "" ? undefined : given("seed"),
    ldapPort: readPort("ldap-port", given("ldap-port")),
    ldapsPort: readPort("ldaps-port", given("ldaps-port")),
    radiusPort: readPort("radius-port", given("radius-port")),
    radiusAccountingPort: readPort("radius-accounting-port", given("radius-accounting-port")),
    httpPort: readPort("http-port", given("http-port")),
  };
}

/** The text of `--help`. */
export function usage(): string {
  const rows = Object.entries(settings).map(([name, { variable, fallback, meaning }]) => {
    const shown = fallback === "" ? "" : ` (default ${fallback})`;
    return `  --${name.padEnd(22)} ${variable.padEnd(22)} ${meaning}${shown}`;
  });
  return [
    "Usage: npm start -- [flags]",
    "",
    "Each flag can also be given as an environment variable:",
    "",
    ...rows,
    "",
  ].join("\n");
}

function readFlags(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(
    Object.keys(settings).map((name) => [name, { type: "string" as const }]),
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: "boolean", short: "h" } },
    });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw new DirectoryError(
      "misconfigured",
      `${error instanceof Error ? error.message.split(". ")[0] : error}; see --help`,
    );
  }
}

function readStore(text: string): ServerSettings["store"] {
  if (text === "memory:") return { type: "memory" };
  const path = /^sqlite:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { type: "sqlite", path };
  throw new DirectoryError("misconfigured", "DIRECTORY_STORE must be sqlite:PATH or memory:");
}

function readPort(name: keyof typeof settings, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    throw new DirectoryError("misconfigured", `${settings[name].variable} must be a port from 0 to 65535`);
  return port;
}
