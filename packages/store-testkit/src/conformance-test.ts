import type { Store } from "@directorykit/core";

/** A store made for one test, empty and open. */
export interface StoreUnderTest {
  /** The store. */
  readonly store: Store;
  /** Closes the store and deletes what it kept. */
  close(): Promise<void>;
  /** Closes the store and opens a new one over the same data. Needed of durable stores. */
  reopen?(): Promise<Store>;
  /**
   * Closes the store, marks its data as written by a newer version of the store, and returns a store over it that has
   * not been opened. Needed of stores that declare {@link ConformanceOptions.versioned}.
   */
  pretendNewer?(): Promise<Store>;
  /**
   * Statements or requests sent to the database so far. Needed of stores that declare
   * {@link ConformanceOptions.countsStatements}.
   */
  statements?(): number;
}

/** Makes an empty store for one test. */
export type MakeStore = () => Promise<StoreUnderTest>;

/** One contract test. Register it with any test runner under its suite and name. */
export interface ConformanceTest {
  /** What area of the contract it belongs to. */
  readonly suite: string;
  /** What a store does that passes. */
  readonly name: string;
  /** Makes its stores, runs, closes them; rejects with an `AssertionError` when the store breaks the contract. */
  run(makeStore: MakeStore): Promise<void>;
}

/** What the store under test promises. A declared promise is tested; one that is not declared must not be claimed. */
export interface ConformanceOptions {
  /** Whether the store says `capabilities.durable`. */
  readonly durable: boolean;
  /** Whether its data carries a schema version. Default: false. */
  readonly versioned?: boolean;
  /** Whether `statements()` of the store under test counts. Default: false. */
  readonly countsStatements?: boolean;
  /** Seed of the random records, filters and schedules. The same seed makes the same test. Default: 1. */
  readonly seed?: number;
  /** Random filters that the differential tests try. Default: 300. */
  readonly filters?: number;
}

/** Options with every default in place. */
export type ResolvedConformanceOptions = Required<ConformanceOptions>;

/** A test of one suite, over a store that is closed whatever happens. */
export function onStore(
  suite: string,
  name: string,
  body: (under: StoreUnderTest) => Promise<void>,
): ConformanceTest {
  return {
    suite,
    name,
    run: async (makeStore) => {
      const under = await makeStore();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    },
  };
}
