import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { StoreFilter } from "../query/filter.ts";
import type { CallOptions, Reader } from "../store/store.ts";
import type { UnitOfWork } from "../write/unit-of-work.ts";

const pageSize = 500;

/** Every record that matches a filter stores can apply whole, page by page, in the order of ids. */
export async function* allPages<K extends RecordKind>(
  reader: Reader,
  kind: K,
  filter: StoreFilter,
  options?: CallOptions,
): AsyncGenerator<RecordTypes[K], void, void> {
  for (let after: string | undefined; ; ) {
    const page = await reader.query(
      kind,
      { filter, limit: pageSize, ...(after === undefined ? {} : { after: { id: after } }) },
      options,
    );
    yield* page.records;
    if (!page.more) return;
    after = page.records.at(-1)?.id;
  }
}

/** The records whose index entry `attribute` is `value`. */
export async function recordsBy<K extends RecordKind>(
  reader: Reader,
  kind: K,
  attribute: string,
  value: string,
  options?: CallOptions,
): Promise<readonly RecordTypes[K][]> {
  const found: RecordTypes[K][] = [];
  for await (const record of allPages(
    reader,
    kind,
    { op: "equals", attribute, indexed: true, value },
    options,
  ))
    found.push(record);
  return found;
}

/** Removes those records within a transaction. @returns how many */
export async function removeAll<K extends RecordKind>(
  unit: UnitOfWork,
  kind: K,
  attribute: string,
  value: string,
  when: (record: RecordTypes[K]) => boolean = () => true,
): Promise<number> {
  const records = (await recordsBy(unit.tx, kind, attribute, value)).filter(when);
  for (const record of records) await unit.remove(kind, record);
  return records.length;
}
