import {
  allowWeakHashing,
  argon2Hasher,
  createDirectory,
  type Directory,
  type Metrics,
  memoryStore,
} from "@directorykit/core";
import { allowPlaintextBind, ldapServer } from "@directorykit/ldap";
import { baseDn, document } from "../people.ts";

// A process of its own, so that its death is seen. Writes `{port}` to its parent, and on the message `report` what was
// counted; on `mend`, gives the accounts of the bench back what mutated requests may have taken from them.

const counts = new Map<string, number>();
const metrics: Metrics = {
  count: (name, labels = {}, by = 1) => {
    const key = `${name} ${Object.values(labels).join(" ")}`.trim();
    counts.set(key, (counts.get(key) ?? 0) + by);
  },
  observe: () => {},
} as Metrics;
const errors = new Map<string, number>();
const keep = (fields: object, message: string): void => {
  const key = `${message} ${JSON.stringify(fields)}`.slice(0, 300);
  if (errors.size < 100) errors.set(key, (errors.get(key) ?? 0) + 1);
};
const accounts = { admin: "the administrator of benchmarks", probe: "the watcher of the benchmark" };

const directory: Directory = await createDirectory({
  store: memoryStore(),
  metrics,
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: keep },
  // Hashing is not what is tested, and a lock or throttle would keep requests from where they may do harm.
  hasher: argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true }),
  authentication: { sourceThrottle: { failureBurst: 1_000_000, failuresPerMinute: 1_000_000 } },
});
await directory.import(document(200));
const [resource] = await Array.fromAsync(
  directory.resources.list({ kind: "ldap" }) as AsyncIterable<{ id: never }>,
);
for (const [username, password] of Object.entries(accounts)) {
  const user = await directory.users.create({ username, password });
  const attributes = username === "admin" ? { write: "directory", proxy: true } : {};
  await directory.grants.add({ user: user.id, resource: resource?.id as never, attributes, priority: 1 });
}
const listener = await ldapServer({ directory, [allowPlaintextBind]: "loopback" }).listen({ port: 0 });
process.send?.({ port: listener.port, baseDn, accounts });
process.on("message", async (message) => {
  if (message === "mend") {
    const admin = await directory.users.byUsername("admin");
    if (admin !== undefined)
      await directory.credentials.setPassword(admin.id, accounts.admin).catch(() => {});
    process.send?.({ mended: admin !== undefined });
  } else {
    const people = await directory.count("user", {});
    process.send?.({
      counts: [...counts],
      errors: [...errors],
      people,
      open: listener.server.connections,
      rss: process.memoryUsage().rss,
    });
  }
});
