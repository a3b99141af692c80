import { existsSync } from "node:fs";
import {
  createDirectory,
  type Directory,
  type DirectoryDocument,
  DirectoryError,
  ephemeralKeyRing,
  memoryStore,
} from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { type RadiusListener, type RadiusTlsOptions, radiusServer } from "@directorykit/radius";
import { sqliteStore } from "@directorykit/sqlite";
import { DataFolder } from "./data-folder.ts";
import { sharedSecretOf, withSharedSecret } from "./demo-network.ts";
import type { Endpoints, ReadyServer } from "./endpoints.ts";
import { jsonLogger } from "./json-logger.ts";
import { OperationsEndpoint } from "./operations-endpoint.ts";
import { requireFreePorts } from "./ports.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";
import { readSeed } from "./seed.ts";
import type { ServerSettings } from "./settings.ts";

/** A server that is up. */
export interface RunningServer extends ReadyServer {
  /** Stops taking work, lets what is under way end, and closes everything. */
  close(): Promise<void>;
}

const garbageMs = 3_600_000;
/** Milliseconds that operations under way may still take when the server stops. */
const drainMs = 5_000;
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
    tcp: { LDAP_PORT: settings.ldapPort, LDAPS_PORT: settings.ldapsPort, HTTP_PORT: settings.httpPort },
    udp: { RADIUS_PORT: settings.radiusPort, RADIUS_ACCOUNTING_PORT: settings.radiusAccountingPort },
  });
  const data = new DataFolder(settings.data);
  const metrics = new PrometheusMetrics();
  const directory = await openDirectory(settings, data, metrics);
  try {
    if (await directory.isEmpty())
      await applySeed(directory, isDemo ? withSharedSecret(seed, await data.radiusSecret()) : seed);
    const secret = isDemo ? await sharedSecretOf(directory) : undefined;
    if (secret !== undefined) await data.keepRadiusSecret(secret);
    const baseDn = (await directory.organization.get())?.baseDn ?? defaultBaseDn;
    const tls = await data.certificate(host);
    const ldap = ldapServer({
      directory,
      baseDn,
      tls,
      ...(isLoopback(host) ? { [allowPlaintextBind]: "loopback" as const } : {}),
    });
    const operations = new OperationsEndpoint(directory, metrics);
    const plain = await ldap.listen({ host, port: settings.ldapPort });
    const secure = await ldap.listen({ host, port: settings.ldapsPort, tls: true });
    const radius = await startRadius(directory, settings, tls);
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
        ...radiusEndpoints(radius),
        http: { url },
      },
      baseDn,
      certificatePath: data.certificatePath,
      isDemo,
      radiusSecretPath: secret === undefined ? undefined : data.radiusSecretPath,
      close: async () => {
        clearInterval(garbage);
        operations.drain();
        await Promise.all([ldap.close({ drainMs }), radius?.close({ drainMs })]);
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

/** Starts RADIUS where there is a network to serve. */
async function startRadius(
  directory: Directory,
  { host, radiusPort, radiusAccountingPort }: ServerSettings,
  tls: RadiusTlsOptions,
): Promise<RadiusListener | undefined> {
  if (!(await hasNetwork(directory))) {
    jsonLogger.info({}, "RADIUS is not served: the directory has no resource of kind radius");
    return undefined;
  }
  return radiusServer({ directory, tls }).listen({
    host,
    port: radiusPort,
    accountingPort: radiusAccountingPort,
  });
}

async function hasNetwork(directory: Directory): Promise<boolean> {
  for await (const _ of directory.resources.list({ kind: "radius" })) return true;
  return false;
}

function radiusEndpoints(radius: RadiusListener | undefined): Pick<Endpoints, "radius" | "radiusAccounting"> {
  if (radius === undefined) return {};
  const { host, port, accountingPort } = radius;
  return { radius: { host, port }, radiusAccounting: { host, port: accountingPort } };
}

async function applySeed(directory: Directory, seed: DirectoryDocument): Promise<void> {
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
