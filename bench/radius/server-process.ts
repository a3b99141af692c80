import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RadiusLimits } from "@directorykit/radius";

/** A RADIUS server under load. */
export interface RadiusPeer {
  /** Port for logins. */
  readonly port: number;
  /** Port for accounting. */
  readonly accountingPort: number;
  /** Its processes. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/** How a server of ours is run. */
export interface RadiusServerSettings {
  /** `memory`, or the path of a database. */
  readonly where: string;
  /** People to begin with. */
  readonly people: number;
  /** What a password costs: the default, close to nothing each time, or that once in five minutes. */
  readonly hashing: "real" | "weak" | "remembered";
  /** Limits that are not the default. */
  readonly limits?: Partial<RadiusLimits>;
  /** Files for EAP. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly authority: string;
    readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  };
  /** File of the certificate of the first person's device. */
  readonly deviceCertificate?: string;
  /** Whether any number of wrong passwords may come from one device. */
  readonly neverThrottles?: boolean;
}

/** What a server of ours has counted. */
export interface RadiusServerReport {
  readonly counts: readonly (readonly [string, number])[];
  /** What it logged as errors, and how often. */
  readonly errors: readonly (readonly [string, number])[];
  /** Passwords that cost a hash. */
  readonly hashes: number;
  /** Resident octets. */
  readonly rss: number;
}

/** A server of ours. */
export interface DirectoryKitRadius extends RadiusPeer {
  report(): Promise<RadiusServerReport>;
  /** Told when it ends although nobody has asked it to. */
  onDeath(told: (how: string) => void): void;
}

/** Our server in a process of its own. @param execArgv - further options of Node */
export async function startDirectoryKit(
  settings: RadiusServerSettings,
  execArgv: readonly string[] = [],
): Promise<DirectoryKitRadius> {
  const script = fileURLToPath(new URL("./directorykit-server.ts", import.meta.url));
  const child = fork(script, [JSON.stringify(settings)], {
    execArgv: ["--conditions=@directorykit/source", ...execArgv],
  });
  const started = Promise.withResolvers<{ port: number; accountingPort: number }>();
  let told = (how: string): void => started.reject(new Error(`our server did not start: ${how}`));
  child.on("exit", (code, signal) => told(String(code ?? signal)));
  child.once("message", started.resolve);
  const ports = await started.promise;
  return {
    ...ports,
    pids: [child.pid as number],
    report: async () => {
      const answer = once(child, "message");
      child.send("report");
      return (await answer)[0] as RadiusServerReport;
    },
    onDeath: (listener) => {
      told = listener;
    },
    close: async () => {
      told = () => {};
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    },
  };
}
