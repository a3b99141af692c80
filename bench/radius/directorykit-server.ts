import { readFileSync } from "node:fs";
import {
  allowWeakHashing,
  argon2Hasher,
  createDirectory,
  ephemeralKeyRing,
  type Metrics,
  memoryStore,
  rememberVerified,
} from "@directorykit/core";
import { radiusServer } from "@directorykit/radius";
import { sqliteStore } from "@directorykit/sqlite";
import { document, nameOf } from "./people.ts";
import type { RadiusServerSettings } from "./server-process.ts";

// A process of its own, so that it shares nothing with what measures it. Its only argument are the settings. Tells its
// parent its ports, and to each message what was counted and how much memory it takes.
const settings = JSON.parse(process.argv[2] ?? "") as RadiusServerSettings;
const { where, people, hashing, limits = {}, tls } = settings;

const counts = new Map<string, number>();
const metrics = {
  count: (name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void => {
    const key = [name, ...Object.values(labels)].join(" ");
    counts.set(key, (counts.get(key) ?? 0) + by);
  },
  observe: () => {},
} as Metrics;
const errors = new Map<string, number>();
const keep = (fields: object, message: string): void => {
  const key = `${message} ${JSON.stringify({ ...fields, correlation: undefined })}`.slice(0, 300);
  if (errors.size < 100) errors.set(key, (errors.get(key) ?? 0) + 1);
};

let hashes = 0;
const argon2 = argon2Hasher(
  hashing === "real" ? { maxWaitMs: 60_000 } : { memoryKiB: 64, passes: 1, [allowWeakHashing]: true },
);
const counted = {
  ...argon2,
  verify: (...args: Parameters<typeof argon2.verify>) => {
    hashes += 1;
    return argon2.verify(...args);
  },
};
const directory = await createDirectory({
  store: where === "memory" ? memoryStore() : sqliteStore({ path: where }),
  keys: ephemeralKeyRing(),
  // The protocol is what is measured, not the price of a guess.
  hasher: hashing === "remembered" ? rememberVerified(counted, { forMs: 300_000 }) : counted,
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: keep },
  metrics,
  ...(settings.neverThrottles === true
    ? { authentication: { sourceThrottle: { failureBurst: 1_000_000, failuresPerMinute: 1_000_000 } } }
    : {}),
});
await directory.import(document(people));
if (settings.deviceCertificate !== undefined) {
  const user = await directory.users.byUsername(nameOf(0));
  if (user === undefined) throw new Error("nobody to give the certificate to");
  await directory.credentials.addCertificate(user.id, readFileSync(settings.deviceCertificate, "utf8"));
}
const listener = await radiusServer({
  directory,
  limits,
  ...(tls === undefined
    ? {}
    : {
        tls: {
          key: readFileSync(tls.key),
          cert: readFileSync(tls.cert),
          clientAuthorities: readFileSync(tls.authority, "utf8"),
          maxVersion: tls.maxVersion,
        },
      }),
}).listen({ port: 0, accountingPort: 0 });
process.send?.({ port: listener.port, accountingPort: listener.accountingPort });
// Nobody is left to tell.
process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  if (message === "stop") void listener.close({ drainMs: 0 }).then(() => process.exit(0));
  else
    process.send?.({
      counts: [...counts],
      errors: [...errors],
      hashes,
      rss: process.memoryUsage().rss,
    });
});
