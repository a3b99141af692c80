import type { SqlValue } from "./driver.ts";

/**
 * Rows of `posting` put in the order of its key. There neighbours share pages, which is several times faster than as
 * they come.
 */
export class PostingBatch {
  readonly #byAttribute = new Map<number, { readonly value: string | number; readonly seq: number }[]>();

  add(attribute: number, value: string | number, seq: number): void {
    const list = this.#byAttribute.get(attribute);
    if (list === undefined) this.#byAttribute.set(attribute, [{ value, seq }]);
    else list.push({ value, seq });
  }

  /** `attribute, value, seq`, one row behind another. */
  rows(): readonly SqlValue[] {
    const flat: SqlValue[] = [];
    for (const [attribute, list] of [...this.#byAttribute].sort(([a], [b]) => a - b)) {
      if (list.length > 1) list.sort((a, b) => compareValues(a.value, b.value));
      for (const { value, seq } of list) flat.push(attribute, value, seq);
    }
    return flat;
  }
}

/** UTF-16 order, which is not quite SQLite's, but near enough to keep neighbours together. */
export function compareValues(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
