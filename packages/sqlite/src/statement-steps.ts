import type { SqlRow } from "./driver.ts";
import type { PlannedSql } from "./query-plan.ts";
import type { StatementCache } from "./statement-cache.ts";

/** Runs statements one after another until there are enough rows. */
export function runSteps(
  statements: StatementCache,
  steps: readonly Pick<PlannedSql, "text" | "parameters">[],
  enough: number = Number.POSITIVE_INFINITY,
): readonly SqlRow[] {
  const [only] = steps;
  if (only !== undefined && steps.length === 1) return statements.all(only.text, only.parameters);
  const rows: SqlRow[] = [];
  for (const step of steps) {
    if (rows.length >= enough) break;
    for (const row of statements.all(step.text, step.parameters)) rows.push(row);
  }
  return rows;
}
