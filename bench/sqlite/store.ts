// The store by itself, without the directory above it. Arguments: people (default 100000), people per transaction (5000).
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { IndexedRecord, OrganizationId, Reader, Store, StoreFilter } from "@directorykit/core";
import { sqliteStore } from "@directorykit/sqlite";

const users = Number(process.argv[2] ?? 100_000);
const batch = Number(process.argv[3] ?? 5000);
const organization = "acme" as OrganizationId;
const departments = 100;
const folder = mkdtempSync(join(tmpdir(), "directorykit-bench-"));
const path = join(folder, "directory.db");
const store = sqliteStore({ path });
await store.open();
try {
  await load(store);
  const reader = store.reader(organization);
  await pointReads(reader);
  await queries(reader);
  await members(reader);
  await smallTransactions(store);
} finally {
  await store.close();
  rmSync(folder, { recursive: true });
}

function id(n: number): string {
  const hex = n.toString(16).padStart(8, "0");
  return `019d0000-${hex.slice(0, 4)}-7${hex.slice(4, 7)}-8000-${hex.slice(7)}00000000000`;
}

/** Spreads numbers out, so that names do not come in order. */
function mixed(n: number): string {
  return ((Math.imul(n, 0x9e3779b1) ^ (n >>> 7)) >>> 0).toString(36);
}

function user(n: number): IndexedRecord<"user"> {
  const username = `user-${mixed(n)}`;
  const record = {
    id: id(n),
    version: 1,
    revision: n,
    createdAt: 1_790_000_000_000,
    updatedAt: 1_790_000_000_000,
    username,
    emails: [{ value: `${username}@example.com`, primary: true, type: "work" }],
    name: {
      given: `Given${n % 5000}`,
      family: `Family${n % 9973}`,
      display: `Given${n % 5000} Family${n % 9973}`,
    },
    employee: {
      number: `E${n}`,
      title: "Engineer",
      department: `Department ${n % departments}`,
      location: "Berlin",
    },
    phones: ["+49 30 1234567"],
    posix: { uid: 10_000 + n, gid: 1000, home: `/home/${username}`, shell: "/bin/bash" },
    sshKeys: [],
    attributes: { badge: [n % 1000], costCenter: [`CC${n % 50}`] },
    state: "active",
    externalIds: [],
  } as unknown as IndexedRecord<"user">["record"];
  return {
    record,
    keys: [
      ["username", username],
      ["email", `${username}@example.com`],
      ["employeeNumber", `e${n}`],
    ],
    index: [
      ["username", username],
      ["email", `${username}@example.com`],
      ["givenName", `given${n % 5000}`],
      ["familyName", `family${n % 9973}`],
      ["displayName", `given${n % 5000} family${n % 9973}`],
      ["employeeNumber", `e${n}`],
      ["department", `department ${n % departments}`],
      ["uid", 10_000 + n],
      ["state", "active"],
      ["location", "berlin"],
    ],
  };
}

async function load(into: Store): Promise<void> {
  let spent = 0;
  for (let from = 0; from < users; from += batch) {
    const records = Array.from({ length: Math.min(batch, users - from) }, (_, i) => user(from + i));
    const start = performance.now();
    await into.transaction(organization, async (tx) => {
      await tx.insert("user", records);
      await tx.appendChanges(
        records.map(({ record }) => ({
          at: 1,
          kind: "user",
          id: record.id,
          operation: "created",
          name: record.username,
        })),
      );
      await tx.addMembers(
        records.map(({ record }, i) => ({
          group: id(0xf000_0000 + (from + i < 40_000 ? 0 : (from + i) % 1000)) as never,
          member: record.id,
          memberKind: "user",
          origin: "static",
        })),
      );
    });
    spent += performance.now() - start;
  }
  // What the load has put off belongs to it.
  const start = performance.now();
  await into.reader(organization).count("user", { op: "present", attribute: "none", indexed: true });
  spent += performance.now() - start;
  report("last part of the index", `${(performance.now() - start).toFixed(0)} ms`);
  report(
    `load ${users} users by ${batch}`,
    `${Math.round((users / spent) * 1000)} users/s, ${Math.round(statSync(path).size / users)} B each`,
  );
}

async function pointReads(reader: Reader): Promise<void> {
  const rounds = 20_000;
  for (let round = 0; round < 3; round++) {
    const names = Array.from({ length: rounds }, (_, i) => `user-${mixed((i * 7919 + round) % users)}`);
    const start = performance.now();
    for (const name of names) {
      if ((await reader.getByKey("user", "username", name)) === undefined) throw new Error("missing");
    }
    if (round > 0) report("getByKey", `${(((performance.now() - start) * 1000) / rounds).toFixed(1)} us`);
  }
}

async function queries(reader: Reader): Promise<void> {
  const equals = (attribute: string, value: string | number): StoreFilter => ({
    op: "equals",
    attribute,
    indexed: true,
    value,
  });
  const asked: Record<string, [StoreFilter, { attribute: string; descending: boolean }?]> = {
    "username equals": [equals("username", `user-${mixed(77)}`)],
    "uid equals and state equals": [{ op: "and", of: [equals("state", "active"), equals("uid", 10_077)] }],
    "or of username and email": [
      {
        op: "or",
        of: [equals("username", `user-${mixed(5)}`), equals("email", `user-${mixed(5)}@example.com`)],
      },
    ],
    everybody: [{ op: "true" }],
    "everybody by username": [{ op: "true" }, { attribute: "username", descending: false }],
    "everybody by department": [{ op: "true" }, { attribute: "department", descending: true }],
    "state equals (all)": [equals("state", "active")],
    "department equals (1 %)": [equals("department", "department 7")],
    "department equals, by name": [
      equals("department", "department 7"),
      { attribute: "displayName", descending: false },
    ],
    "family name begins with": [
      { op: "substrings", attribute: "familyName", indexed: true, initial: "family77", any: [] },
    ],
    "email contains (few)": [
      { op: "substrings", attribute: "email", indexed: true, any: [`${mixed(77)}@ex`] },
    ],
    "not department": [{ op: "not", of: equals("department", "department 7") }],
    "member of 40k group": [{ op: "memberOf", groups: [id(0xf000_0000)] }],
    "member of small group, present": [
      {
        op: "and",
        of: [
          { op: "memberOf", groups: [id(0xf000_0001)] },
          { op: "present", attribute: "email", indexed: true },
        ],
      },
    ],
  };
  for (const [name, [filter, order]] of Object.entries(asked)) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const query = { filter, limit: 100, ...(order === undefined ? {} : { order }) };
    await reader.query("user", query);
    delay.enable();
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await reader.query("user", query);
      times.push(performance.now() - start);
    }
    const start = performance.now();
    const count = await reader.count("user", filter);
    const counting = performance.now() - start;
    delay.disable();
    report(
      `query: ${name}`,
      `${(times.sort((a, b) => a - b)[2] as number).toFixed(2)} ms; count ${count} in ${counting.toFixed(1)} ms; loop held ${(delay.max / 1e6).toFixed(0)} ms`,
    );
  }
}

async function members(reader: Reader): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    let total = 0;
    for (let after: string | undefined; ; ) {
      const page = await reader.membersOf(id(0xf000_0000), {
        limit: 1000,
        ...(after === undefined ? {} : { after }),
      });
      total += page.length;
      after = page.at(-1)?.member;
      if (page.length < 1000) break;
    }
    if (round > 0) report(`membersOf ${total} by 1000`, `${(performance.now() - start).toFixed(1)} ms`);
  }
}

async function smallTransactions(into: Store): Promise<void> {
  let n = 0x5000_0000;
  for (const callers of [1, 4, 16, 64]) {
    const until = performance.now() + 2000;
    let done = 0;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (performance.now() < until) {
          n += 1;
          const one = user(n);
          await into.transaction(organization, async (tx) => {
            await tx.insert("user", [one]);
            await tx.appendChanges([{ at: 1, kind: "user", id: one.record.id, operation: "created" }]);
          });
          done += 1;
        }
      }),
    );
    report(
      `durable transactions, ${callers} callers`,
      `${Math.round((done / (performance.now() - start)) * 1000)} /s`,
    );
  }
}

function report(what: string, result: string): void {
  console.log(what.padEnd(44), result);
}
