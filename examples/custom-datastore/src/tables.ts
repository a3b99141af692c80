import type { Row } from "./journal.ts";

/** Rows by table and key, kept as JSON text so that nobody can reach into what is stored. */
export class Tables {
  readonly #base: Tables | undefined;
  readonly #rows = new Map<string, Map<string, string | null>>();

  /** @param base - what shows through where these tables have nothing of their own */
  constructor(base?: Tables) {
    this.#base = base;
  }

  get<T>(table: string, key: string): T | undefined {
    const own = this.#rows.get(table)?.get(key);
    if (own === undefined) return this.#base === undefined ? undefined : this.#base.get<T>(table, key);
    return own === null ? undefined : (JSON.parse(own) as T);
  }

  /** Sets a row; an `undefined` value takes it away. */
  set(table: string, key: string, value: unknown): void {
    this.apply([[table, key, value === undefined ? null : JSON.stringify(value)]]);
  }

  apply(rows: readonly Row[]): void {
    for (const [table, key, json] of rows) {
      if (!this.#rows.has(table)) this.#rows.set(table, new Map());
      this.#rows.get(table)?.set(key, json);
    }
  }

  keys(table: string): readonly string[] {
    const keys = new Set(this.#base?.keys(table));
    for (const [key, json] of this.#rows.get(table) ?? []) json === null ? keys.delete(key) : keys.add(key);
    return [...keys].sort();
  }

  /** A table's values in the order of their keys. */
  values<T>(table: string): readonly T[] {
    return this.keys(table).map((key) => this.get<T>(table, key) as T);
  }

  /** What was set here, on top of the base. */
  written(): readonly Row[] {
    return [...this.#rows].flatMap(([table, rows]) =>
      [...rows].map(([key, json]): Row => [table, key, json]),
    );
  }
}
