import { readFileSync } from "node:fs";
import { createDirectory, ephemeralKeyRing } from "@directorykit/core";
import { ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";
import { document } from "../people.ts";

// Arguments: path of a database, number of people, files of a certificate and its key. With 0 people it serves what the
// database holds already, as a server does that was started anew. Prints its port.
const [, , path = "", people = "0", cert = "", key = ""] = process.argv;
const directory = await createDirectory({ store: sqliteStore({ path }), keys: ephemeralKeyRing() });
if (people === "0") {
  const tls = { cert: readFileSync(cert), key: readFileSync(key) };
  const listener = await ldapServer({ directory, tls }).listen({ port: 0, tls: true });
  process.stdout.write(`${listener.port}\n`);
  process.on("SIGTERM", () => {
    listener.close({ drainMs: 0 }).then(() => process.exit(0));
  });
} else {
  await directory.import(document(Number(people)));
  await directory.close();
}
