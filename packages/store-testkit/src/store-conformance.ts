import assert from "node:assert/strict";
import {
  type ConformanceOptions,
  type ConformanceTest,
  onStore,
  type ResolvedConformanceOptions,
} from "./conformance-test.ts";
import { auditSuite } from "./suites/audit.ts";
import { changeFeedSuite } from "./suites/change-feed.ts";
import { concurrencySuite } from "./suites/concurrency.ts";
import { crudSuite } from "./suites/crud.ts";
import { durabilitySuite, versionsSuite } from "./suites/durability.ts";
import { expiringSuite } from "./suites/expiring.ts";
import { graphSuite } from "./suites/graph.ts";
import { immediateSuite } from "./suites/immediate.ts";
import { limitsSuite } from "./suites/limits.ts";
import { lookupSuite } from "./suites/lookup.ts";
import { organizationsSuite } from "./suites/organizations.ts";
import { pagingSuite } from "./suites/paging.ts";
import { querySuite } from "./suites/query.ts";
import { statementsSuite } from "./suites/statements.ts";
import { transactionsSuite } from "./suites/transactions.ts";

/**
 * The contract of a store as tests for any runner:
 *
 * ```ts
 * for (const { suite, name, run } of storeConformance({ durable: false })) {
 *   test(`${suite}: ${name}`, () => run(makeStore));
 * }
 * ```
 */
export function storeConformance(options: ConformanceOptions): readonly ConformanceTest[] {
  const resolved: ResolvedConformanceOptions = {
    durable: options.durable,
    versioned: options.versioned ?? false,
    countsStatements: options.countsStatements ?? false,
    seed: options.seed ?? 1,
    filters: options.filters ?? 300,
  };
  return [
    onStore(
      "capabilities",
      "the store promises what these tests were told it promises",
      async ({ store }) => {
        assert.equal(store.capabilities.durable, resolved.durable);
      },
    ),
    ...crudSuite(),
    ...transactionsSuite(),
    ...concurrencySuite(),
    ...querySuite(resolved),
    ...pagingSuite(resolved.seed),
    ...graphSuite(resolved.seed),
    ...changeFeedSuite(),
    ...expiringSuite(),
    ...auditSuite(),
    ...limitsSuite(),
    ...organizationsSuite(),
    ...immediateSuite(resolved),
    ...lookupSuite(resolved),
    ...(resolved.countsStatements ? statementsSuite() : []),
    ...(resolved.durable ? durabilitySuite() : []),
    ...(resolved.versioned ? versionsSuite() : []),
  ];
}
