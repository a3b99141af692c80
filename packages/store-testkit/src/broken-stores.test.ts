import { AssertionError } from "node:assert";
import { isDirectoryError } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { brokenImmediate } from "./broken-immediate.fixture.ts";
import { brokenQueries } from "./broken-queries.fixture.ts";
import { brokenRecords } from "./broken-records.fixture.ts";
import { brokenRest } from "./broken-rest.fixture.ts";
import { storeConformance } from "./store-conformance.ts";

describe("the contract tests notice that", () => {
  for (const { fault, suite, make } of [
    ...brokenRecords,
    ...brokenQueries,
    ...brokenRest,
    ...brokenImmediate,
  ]) {
    test(`${fault} (${suite})`, async () => {
      const failures: unknown[] = [];
      const tests = storeConformance({ durable: false, filters: 100 }).filter((one) => one.suite === suite);
      expect(tests).not.toEqual([]);
      for (const { run } of tests) {
        const store = make();
        await run(async () => ({ store, close: () => store.close() })).catch((error: unknown) =>
          failures.push(error),
        );
      }
      expect(failures).not.toEqual([]);
      // A fault shows as a broken expectation or as the store's own refusal, not as a crash of the tests.
      for (const error of failures)
        expect(error instanceof AssertionError || isDirectoryError(error)).toBe(true);
    });
  }
});
