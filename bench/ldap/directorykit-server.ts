import { readFileSync } from "node:fs";
import { createDirectory, ephemeralKeyRing, memoryStore } from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";
import { document } from "../people.ts";
import type { ServerSettings } from "./server-process.ts";

// A process of its own, so that it shares nothing with what measures it. Its only argument are the settings.
const settings = JSON.parse(process.argv[2] ?? "") as ServerSettings;
const { where, people, cacheBytes, mmapBytes, sharedPort } = settings;
const store =
  where === "memory"
    ? memoryStore()
    : sqliteStore({ path: where, ...(mmapBytes === undefined ? {} : { mmapBytes }) });
const directory = await createDirectory({ store, keys: ephemeralKeyRing() });
if (people > 0) await directory.import(document(people));
const limits = {
  // Listings are longer than what the server gives out of its own accord.
  maxSearchEntries: 2_000_000,
  maxSearchScan: 2_000_000,
  ...(cacheBytes === undefined ? {} : { maxAnswerCacheBytes: cacheBytes }),
};
const tls =
  settings.tls === undefined
    ? undefined
    : { cert: readFileSync(settings.tls.cert), key: readFileSync(settings.tls.key) };
const server = ldapServer({
  directory,
  limits,
  ...(tls === undefined ? { [allowPlaintextBind]: "loopback" } : { tls }),
});
const listener = await server.listen({
  port: sharedPort ?? 0,
  tls: tls !== undefined,
  reusePort: sharedPort !== undefined,
});
process.stdout.write(`${listener.port}\n`);
process.on("SIGTERM", () => {
  listener.close({ drainMs: 0 }).then(() => process.exit(0));
});
