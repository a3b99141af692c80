import { createDirectory, keyRing } from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { sqliteStore } from "@directorykit/sqlite";

// One of several processes that serve the same directory on the same port: DATABASE PORT KEY. Says its port, and then for each
// line it is told: "connections" how many it has, "suspend USERNAME" that it did.
const [, , path = "", port = "0", key = ""] = process.argv;
const directory = await createDirectory({
  store: sqliteStore({ path }),
  keys: keyRing({ current: { id: "test", key: Buffer.from(key, "hex") } }),
});
const server = ldapServer({ directory, [allowPlaintextBind]: "loopback" });
const listener = await server.listen({ port: Number(port), reusePort: true });
process.stdout.write(`${listener.port}\n`);
for await (const line of process.stdin) {
  const [command, username = ""] = String(line).trim().split(" ");
  if (command === "connections") process.stdout.write(`${server.connections}\n`);
  if (command === "suspend") {
    const user = await directory.users.byUsername(username);
    if (user !== undefined) await directory.users.suspend(user.id);
    process.stdout.write("suspended\n");
  }
}
await listener.close({ drainMs: 0 });
await directory.close();
