import { storeConformance } from "@directorykit/store-testkit";
import { describe, test } from "vitest";
import { makeSqliteStore } from "./sqlite-store.fixture.ts";

// With the second one every read goes to the worker thread and back.
for (const [name, options] of [
  ["the SQLite store", {}],
  ["the SQLite store with all long reads on a thread", { mainThreadRows: 1, maxWaitingScans: 1000 }],
] as const) {
  describe.concurrent(name, () => {
    const promises = { durable: true, versioned: true, countsStatements: !("mainThreadRows" in options) };
    for (const { suite, name, run } of storeConformance({ ...promises, filters: 200 })) {
      test(`${suite}: ${name}`, () => run(() => makeSqliteStore(options)), 30_000);
    }
  });
}
