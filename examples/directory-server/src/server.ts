import { existsSync } from "node:fs";
import {
  createDirectory,
  type Directory,
  DirectoryError,
  ephemeralKeyRing,
  memoryStore,
} from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";
import { DataFolder } from "./data-folder.ts";
import { jsonLogger } from "./json-logger.ts";
import { OperationsEndpoint } from "./operations-endpoint.ts";
import { requireFreePorts } from "./ports.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";
import type { Endpoints } from "./ready.ts";
import { readSeed } from "./seed.ts";
import type { ServerSettings } from "./settings.ts";

/** A server that is up. */
export interface RunningServer {
  readonly endpoints: Endpoints;
  readonly baseDn: string;
  readonly certificatePath: string;
  readonly isDemo: boolean;
  /** Stops taking work, lets what is under way end, and closes everything. */
  close(): Promise<void>;
}

const garbageMs = 3_600_000;
const defaultBaseDn = "dc=example,dc=com";

/**
 * Starts every part. What can be wrong is looked at before anything is written.
 * @throws DirectoryError with one sentence for the operator
 */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { host } = settings;
  const isDemo = settings.seed === undefined;
  if (isDemo && !isLoopback(host)) {
    throw new DirectoryError(
      "misconfigured",
      "the demo people have published passwords: listen on loopback, or give DIRECTORY_SEED",
    );
  }
  const seed = await readSeed(settings.seed);
  await requireFreePorts(host, {
    LDAP_PORT: settings.ldapPort,
    LDAPS_PORT: settings.ldapsPort,
    HTTP_PORT: settings.httpPort,
  });
  const data = new DataFolder(settings.data);
  const metrics = new PrometheusMetrics();
  const directory = await openDirectory(settings, data, metrics);
  try {
    if (await directory.isEmpty()) await applySeed(directory, seed);
    const baseDn = (await directory.organization.get())?.baseDn ?? defaultBaseDn;
    const ldap = ldapServer({
      directory,
      baseDn,
      tls: await data.certificate(host),
      ...(isLoopback(host) ? { [allowPlaintextBind]: "loopback" as const } : {}),
    });
    const operations = new OperationsEndpoint(directory, metrics);
    const plain = await ldap.listen({ host, port: settings.ldapPort });
    const secure = await ldap.listen({ host, port: settings.ldapsPort, tls: true });
    const url = await operations.listen(settings.httpPort, host);
    const garbage = setInterval(() => {
      directory
        .collectGarbage()
        .catch((error: unknown) => jsonLogger.error({ error: String(error) }, "could not collect garbage"));
    }, garbageMs);
    return {
      endpoints: {
        ldap: { host: plain.host, port: plain.port },
        ldaps: { host: secure.host, port: secure.port },
        http: { url },
      },
      baseDn,
      certificatePath: data.certificatePath,
      isDemo,
      close: async () => {
        clearInterval(garbage);
        operations.drain();
        await ldap.close({ drainMs: 5000 });
        await directory.close();
        await operations.close();
      },
    };
  } catch (error) {
    await directory.close();
    throw error;
  }
}

async function openDirectory(
  settings: ServerSettings,
  data: DataFolder,
  metrics: PrometheusMetrics,
): Promise<Directory> {
  const common = { logger: jsonLogger, metrics };
  if (settings.store.type === "memory")
    return createDirectory({ ...common, store: memoryStore(), keys: ephemeralKeyRing() });
  const { path } = settings.store;
  const keys = await data.keys(existsSync(path));
  return createDirectory({ ...common, store: sqliteStore({ path }), keys });
}

async function applySeed(directory: Directory, seed: unknown): Promise<void> {
  const { weakPasswords, ...counts } = await directory.import(seed, {
    actor: { kind: "system", id: "seed" },
  });
  jsonLogger.info({ ...counts }, "seeded the empty store");
  if (weakPasswords.length > 0) {
    jsonLogger.warn(
      { passwords: weakPasswords.slice(0, 20).join(", "), count: weakPasswords.length },
      "the seed holds passwords that people could not choose here",
    );
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
