import { describe, expect, test } from "vitest";
import { isDirectoryError } from "../errors.ts";
import { fallibleStore, type Read } from "../testing/other-stores.ts";
import { failure, keptLog, openDirectory, password } from "../testing/test-directory.ts";

async function scene() {
  const store = fallibleStore();
  const log = keptLog();
  const { directory } = await openDirectory({ store, logger: log, maxStalenessMs: 0, pollMs: 1_000_000 });
  const ada = await directory.users.create({ username: "ada", password });
  const bob = await directory.users.create({ username: "bob", password });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id, bob.id] });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  await directory.grants.add({ group: staff, resource: vpn });
  return { store, log, directory, ada, bob, vpn };
}

describe.each<Read>(["get", "getByKey", "query", "groupsOf", "changes", "counter", "peekOnce"])(
  "C13 when %s fails",
  (read) => {
    test("C13 a login or a decision that needs it is refused with a typed error, never allowed", async () => {
      const { store, directory, ada, vpn } = await scene();
      store.faults[read] = new Error("connection reset");
      const answers = await Promise.allSettled([
        directory.authorize(ada.id, vpn.id),
        directory.authenticate({
          username: "ada",
          password,
          protocol: "ldap",
          resource: vpn.id,
          source: "::1",
        }),
      ]);
      expect(answers.some((one) => one.status === "rejected")).toBe(true);
      for (const answer of answers) {
        if (answer.status === "rejected") expect(answer.reason).toMatchObject(failure("store-unavailable"));
      }
    });

    test("C13 everything works again as soon as it does", async () => {
      const { store, directory, ada, vpn } = await scene();
      store.faults[read] = new Error("connection reset");
      await directory.authorize(ada.id, vpn.id).catch(() => {});
      delete store.faults[read];
      expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
      expect(
        await directory.authenticate({ username: "ada", password, protocol: "ldap", resource: vpn.id }),
      ).toMatchObject({ outcome: "accepted" });
    });
  },
);

test("C13 what was cached is not used once it is too old and cannot be refreshed", async () => {
  const { store, directory, ada, vpn } = await scene();
  expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
  store.faults.changes = new Error("connection reset");
  expect(directory.authorizeCached(ada.id, vpn.id)).toBeUndefined();
  await expect(directory.authorize(ada.id, vpn.id)).rejects.toMatchObject(failure("store-unavailable"));
});

test("C13 the audit trail and the log tell of a login that could not be answered", async () => {
  const { store, directory, log } = await scene();
  store.faults.getByKey = new Error("connection reset");
  await expect(
    directory.authenticate({
      username: "ada",
      password,
      protocol: "ldap",
      source: "192.0.2.1",
      correlation: "r1",
    }),
  ).rejects.toMatchObject(failure("store-unavailable"));
  const [event] = await directory.audit({ action: "authentication.", descending: true });
  expect(event).toMatchObject({
    action: "authentication.failed",
    outcome: "failure",
    reason: "store-unavailable",
    protocol: "ldap",
    source: "192.0.2.1",
    correlation: "r1",
  });
  expect(log.lines).toContainEqual({
    level: "error",
    fields: { protocol: "ldap", code: "store-unavailable" },
    message: "authentication failed to run",
  });
});

test("C13 a failure for one request leaves the others alone", async () => {
  const { store, directory, ada, bob, vpn } = await scene();
  const reader = store.faults;
  await directory.authorize(ada.id, vpn.id);
  reader.groupsOf = new Error("connection reset");
  const [known, unknown] = await Promise.allSettled([
    directory.authorize(ada.id, vpn.id),
    directory.authorize(bob.id, vpn.id),
  ]);
  expect(known).toMatchObject({ status: "fulfilled", value: { allowed: true } });
  expect(unknown).toMatchObject({ status: "rejected", reason: failure("store-unavailable") });
});

test("C13 a caller who stops waiting gets a timeout, and the work goes on for others", async () => {
  const { store, directory, ada, vpn } = await scene();
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { directory: slow } = await openDirectory({
    store: {
      ...store,
      reader: (organization) => {
        const reader = store.reader(organization);
        return {
          ...reader,
          changes: async (...given) => {
            await held;
            return reader.changes(...given);
          },
        };
      },
    },
    pollMs: 1_000_000,
    maxStalenessMs: 0,
  });
  const abort = new AbortController();
  const impatient = slow.authorize(ada.id, vpn.id, {}, { signal: abort.signal });
  const patient = slow.authorize(ada.id, vpn.id);
  abort.abort();
  await expect(impatient).rejects.toMatchObject(failure("timeout"));
  release();
  expect(await patient).toMatchObject({ allowed: true });
  expect(directory.organizationId).toBe(slow.organizationId);
});

test("C13 a write the store could not commit changes nothing, and its error is typed", async () => {
  const { store } = await scene();
  const broken = await openDirectory({
    store: {
      ...store,
      transaction: () => Promise.reject(new Error("disk full")),
    },
  });
  const refused: unknown = await broken.directory.users.create({ username: "carol" }).catch((error) => error);
  expect(isDirectoryError(refused) && refused.code).toBe("store-unavailable");
  expect(await broken.directory.users.byUsername("carol")).toBeUndefined();
});
