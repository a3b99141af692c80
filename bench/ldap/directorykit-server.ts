import { createDirectory, ephemeralKeyRing, memoryStore } from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";
import { document } from "../people.ts";

// A process of its own, so that it shares nothing with what measures it. Arguments: memory | PATH of a database,
// number of people (0: those of the database), octets of the answer cache.
const [, , where = "memory", people = "10000", cache] = process.argv;
const store = where === "memory" ? memoryStore() : sqliteStore({ path: where });
const directory = await createDirectory({ store, keys: ephemeralKeyRing() });
if (Number(people) > 0) await directory.import(document(Number(people)));
const limits = {
  // Listings are longer than what the server gives out of its own accord.
  maxSearchEntries: 2_000_000,
  maxSearchScan: 2_000_000,
  ...(cache === undefined ? {} : { maxAnswerCacheBytes: Number(cache) }),
};
const listener = await ldapServer({ directory, [allowPlaintextBind]: "loopback", limits }).listen({
  port: 0,
});
process.stdout.write(`${listener.port}\n`);
process.on("SIGTERM", () => {
  listener.close({ drainMs: 0 }).then(() => process.exit(0));
});
