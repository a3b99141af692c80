import type { Sql } from "./filter-sql.ts";

/** Milliseconds for which a count is taken to hold. It decides how a query is run, never what it gives. */
const heldMs = 1000;
const maxHeld = 256;
/** Conditions with longer parameters are counted each time. */
const maxKeyLength = 4096;

/**
 * Conditions that many records met a moment ago, so that an index of them is no way in. Every page of a listing asks the
 * same anew, and counting up to where it is plain takes longer than reading a short page.
 */
export class CrowdedConditions {
  readonly #held = new Map<string, { readonly least: number; readonly until: number }>();

  /** How many rows a select gives, counted up to `limit` unless it is known to give as many. */
  count(sql: Sql, limit: number, count: () => number): number {
    const key = sql.text + JSON.stringify(sql.parameters);
    const now = performance.now();
    const held = this.#held.get(key);
    if (held !== undefined && held.least >= limit && now < held.until) return limit;
    const counted = count();
    if (counted === limit && key.length <= maxKeyLength) {
      if (this.#held.size >= maxHeld) this.#held.clear();
      this.#held.set(key, { least: limit, until: now + heldMs });
    }
    return counted;
  }
}
