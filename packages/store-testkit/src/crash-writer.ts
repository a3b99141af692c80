import type { IndexedRecord, OrganizationId, Store, User } from "@directorykit/core";
import { edge, organizationId, sampleUser, someTime } from "./sample-records.ts";

/** The organization that crash tests write to. */
export const crashOrganization: OrganizationId = organizationId("crash");

/** Groups that every user of a crash test is a member of, by number. */
export const crashGroups: readonly number[] = [900_000_001, 900_000_002];

/** The user that a crash test writes as its `n`th. */
export function crashUser(n: number): IndexedRecord<"user"> {
  return sampleUser(n, {
    keys: [["number", `${n}`]],
    index: [
      ["number", n],
      ["parity", n % 2],
    ],
  });
}

/** The number of a user that a crash test wrote. */
export function crashNumber(user: User): number {
  return Number(user.username.slice("user".length));
}

/**
 * The work of the child process of a crash test: writes users for ever, several transactions at a time, and tells of
 * each on `acknowledge` only when its transaction has resolved. Never returns; the process is killed.
 *
 * @param store - the store, open
 * @param acknowledge - called with a user's number; by default it is printed, on a line of its own
 */
export async function runCrashWriter(
  store: Store,
  acknowledge: (n: number) => void = (n) => process.stdout.write(`${n}\n`),
): Promise<never> {
  const latest = await store.reader(crashOrganization).query("user", {
    filter: { op: "true" },
    order: { attribute: "number", descending: true },
    limit: 1,
  });
  let next = latest.records[0] === undefined ? 0 : crashNumber(latest.records[0]) + 1;
  const writer = async (): Promise<never> => {
    for (;;) {
      const n = next++;
      const user = crashUser(n);
      await store.transaction(crashOrganization, async (tx) => {
        await tx.insert("user", [user]);
        await tx.addMembers(crashGroups.map((group) => edge(group, n)));
        await tx.appendChanges([{ at: someTime, kind: "user", id: user.record.id, operation: "created" }]);
      });
      acknowledge(n);
    }
  };
  return Promise.race(Array.from({ length: 6 }, writer));
}
