import type { Dictionary } from "./dictionary.ts";
import type { SqlRow, SqlValue } from "./driver.ts";
import type { PlannedSql } from "./query-plan.ts";

/** A connection as reads use it. Every method throws what callers may see. */
export interface ReadSession {
  /** Names and their numbers as this connection sees them. */
  readonly dictionary: Dictionary;
  /** Rows a read may look at without going to another thread. */
  readonly mostHere: number;
  /** Brings the index up to date before a read that uses it; `undefined` when it is. */
  completeIndex(): Promise<void> | undefined;
  /** The first row of a keyed read. */
  get(sql: string, parameters: readonly SqlValue[]): SqlRow | undefined;
  /**
   * The rows of the statements, one after another until there are `enough`, all of one moment; on another thread when
   * they look at many rows.
   */
  all(
    steps: readonly PlannedSql[],
    enough?: number,
    signal?: AbortSignal,
  ): readonly SqlRow[] | Promise<readonly SqlRow[]>;
}
