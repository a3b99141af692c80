import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Change, Reader, Store, User } from "@directorykit/core";
import { crashGroups, crashNumber, crashOrganization, crashUser } from "./crash-writer.ts";
import { Random } from "./random.ts";
import { edge, idOf } from "./sample-records.ts";

/** How to start a process. */
export interface CrashCommand {
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What a crash test needs. */
export interface CrashConformanceOptions {
  /** The process that opens the store and calls {@link runCrashWriter} with it. All rounds write to the same data. */
  readonly spawnWriter: CrashCommand;
  /** Opens the store over the data of the writers. The test closes it. */
  readonly openStore: () => Promise<Store>;
  /** How many writers to kill, one after another. Default: 50. */
  readonly rounds?: number;
  /** A writer is killed after a random number of acknowledgements up to this one. Default: 60. */
  readonly mostAcknowledged?: number;
  /** Seed of those numbers. Default: 1. */
  readonly seed?: number;
}

/** What a crash test did. */
export interface CrashReport {
  /** Writers killed. */
  readonly rounds: number;
  /** Transactions that were acknowledged and found. */
  readonly acknowledged: number;
  /** Transactions that were found whole but had not been acknowledged in time. */
  readonly unacknowledged: number;
}

/**
 * Kills writers in the middle of their work and looks at what they leave: every acknowledged transaction is there with
 * all of its rows, those that were not acknowledged are there whole or not at all, and the change feed has no gap.
 *
 * @throws AssertionError when something is missing or half there
 */
export async function crashConformance(options: CrashConformanceOptions): Promise<CrashReport> {
  const random = new Random(options.seed ?? 1);
  const rounds = options.rounds ?? 50;
  const acknowledged = new Set<number>();
  let revision = 0;
  for (let round = 0; round < rounds; round++) {
    const acks = await killAfter(options.spawnWriter, 1 + random.int(options.mostAcknowledged ?? 60));
    for (const n of acks) acknowledged.add(n);
    const store = await options.openStore();
    try {
      // The rounds before were looked at then; the last look below is at everything.
      revision = await inspect(store.reader(crashOrganization), acks, revision);
    } finally {
      await store.close();
    }
  }
  const store = await options.openStore();
  try {
    const total = await inspect(store.reader(crashOrganization), [...acknowledged], 0);
    return { rounds, acknowledged: acknowledged.size, unacknowledged: total - acknowledged.size };
  } finally {
    await store.close();
  }
}

/** Runs a writer until it has acknowledged so many, and kills it. @returns all that it acknowledged */
async function killAfter(writer: CrashCommand, wanted: number): Promise<readonly number[]> {
  const child: ChildProcess = spawn(writer.command, writer.args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...writer.env },
  });
  const exited = once(child, "exit");
  let output = "";
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk;
    if (output.split("\n").length > wanted) child.kill("SIGKILL");
  });
  const closed = once(child, "close");
  const [, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  await closed;
  assert.equal(signal, "SIGKILL", `the writer ended by itself: ${errors}`);
  // A line that was cut off in the middle acknowledges nothing.
  return output.split("\n").slice(0, -1).map(Number);
}

/** Looks at the changes after a revision and at all that belongs to them. @returns the latest revision */
async function inspect(reader: Reader, acknowledged: readonly number[], after: number): Promise<number> {
  const found = new Set<string>();
  let revision = after;
  for (;;) {
    const { changes } = await reader.changes(revision, 500);
    if (changes.length === 0) break;
    for (const change of changes) {
      revision += 1;
      assert.equal(change.revision, revision, "the change feed has a gap");
      assert.ok(!found.has(change.id), "a record has two changes");
      found.add(change.id);
    }
    await inspectRecords(reader, changes);
  }
  assert.equal(await reader.revision(), revision, "the revision is not that of the last change");
  for (const n of acknowledged) {
    assert.ok(found.has(idOf(n)), `user ${n} was acknowledged and is gone`);
  }
  for (const group of crashGroups) await inspectMembers(reader, group, revision);
  const count = await reader.count("user", { op: "true" });
  if (count !== undefined) assert.equal(count, revision, "there are as many users as changes");
  return revision;
}

async function inspectRecords(reader: Reader, changes: readonly Change[]): Promise<void> {
  const ids = changes.map((change) => change.id);
  const users = await reader.getMany("user", ids);
  assert.equal(users.length, ids.length, "a change tells of a user that is not there");
  const edges = await reader.groupsOf(ids);
  assert.equal(edges.length, ids.length * crashGroups.length, "a user lacks memberships");
  for (const user of users) await inspectUser(reader, user);
}

async function inspectUser(reader: Reader, user: User): Promise<void> {
  const n = crashNumber(user);
  assert.deepEqual(user, crashUser(n).record);
  for (const [name, value] of crashUser(n).keys) {
    assert.equal(
      (await reader.getByKey("user", name, value))?.id,
      user.id,
      `the key ${name} of user ${n} is missing`,
    );
  }
  const page = await reader.query("user", {
    filter: { op: "equals", attribute: "number", indexed: true, value: n },
    limit: 2,
  });
  if (page.residual === undefined) {
    assert.deepEqual(
      page.records.map(({ id }) => id),
      [user.id],
      `the index entry of user ${n} is missing`,
    );
  }
}

async function inspectMembers(reader: Reader, group: number, expected: number): Promise<void> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page = await reader.membersOf(edge(group, 0).group, {
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    count += page.length;
    after = page.at(-1)?.member;
    if (page.length < 1000) break;
  }
  assert.equal(count, expected, "a group has as many members as there are users");
}
