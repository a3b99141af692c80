import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createDirectory,
  type DirectoryDocument,
  ephemeralKeyRing,
  memoryStore,
  type ResourceId,
  type Store,
  type UserId,
} from "@directorykit/core";
import { sqliteStore } from "@directorykit/sqlite";
import { person } from "../people.ts";
import { machine, median, table } from "../rounds.ts";

/**
 * `authorize` for people in eight groups, some of them nested two deep: the first time a person is asked about, which
 * reads the store, and afterwards, which does not.
 */

const people = Number(process.env["BENCH_PEOPLE"] ?? 10_000);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const groupCount = people / 10;
const resourceCount = 100;

const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const rows: (string | number)[][] = [];
try {
  for (const [name, make] of [
    ["memory", (_round: number): Store => memoryStore()],
    ["SQLite", (round: number): Store => sqliteStore({ path: join(folder, `${round}.db`) })],
  ] as const) {
    const first: number[] = [];
    const cached: number[] = [];
    const cachedNow: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await using directory = await createDirectory({ store: make(round), keys: ephemeralKeyRing() });
      await directory.import(document());
      const users: UserId[] = [];
      for await (const user of directory.users.list()) users.push(user.id);
      const resources: ResourceId[] = [];
      for await (const resource of directory.resources.list()) resources.push(resource.id);
      // Resources and grants are few and always at hand; people are what differs.
      for (const resource of resources) await directory.authorize(users[0] as UserId, resource);
      const pass = async (): Promise<number> => {
        const started = performance.now();
        for (const [i, user] of users.entries())
          await directory.authorize(user, resources[i % resources.length] as ResourceId);
        return ((performance.now() - started) * 1000) / users.length;
      };
      first.push(await pass());
      await pass();
      cached.push(await pass());
      const started = performance.now();
      for (const [i, user] of users.entries())
        directory.authorizeCached(user, resources[i % resources.length] as ResourceId);
      cachedNow.push(((performance.now() - started) * 1000) / users.length);
    }
    rows.push([name, median(first).toFixed(1), median(cached).toFixed(2), median(cachedNow).toFixed(2)]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(
  `${machine()}; ${people} people, ${groupCount} groups, ${resourceCount} resources, ${rounds} rounds, medians\n`,
);
table(["store", "first time, µs", "again, µs", "again without waiting, µs"], rows);

function document(): DirectoryDocument {
  const users = Array.from({ length: people }, (_, i) => person(i));
  const members = Array.from({ length: groupCount }, () => new Set<string>());
  for (const [i, user] of users.entries()) {
    for (let k = 0; k < 8; k++) members[(i * 7 + k * 131) % groupCount]?.add(user.username);
  }
  return {
    version: 1,
    users,
    // Two in five groups have a parent among the first tenth.
    groups: members.map((names, g) => {
      const nested = g < groupCount / 10 ? [1, 2, 3, 4].map((k) => `group${g + (k * groupCount) / 10}`) : [];
      return { name: `group${g}`, members: [...names], groups: nested };
    }),
    resources: Array.from({ length: resourceCount }, (_, r) => ({ kind: "oauth" as const, name: `app${r}` })),
    grants: Array.from({ length: resourceCount * 3 }, (_, k) => ({
      group: `group${(k * 37) % groupCount}`,
      resource: `app${k % resourceCount}`,
    })),
  };
}
