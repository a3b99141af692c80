import { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { indexRecord } from "../attributes/index-record.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { CallOptions, Reader } from "../store/store.ts";
import type { UnitOfWork } from "../write/unit-of-work.ts";
import { type EvaluationSubject, evaluateStoreFilter } from "./evaluate-store-filter.ts";
import type { IndexValue, StoreFilter } from "./filter.ts";

const pageSize = 1000;
const builtIn = new AttributeRegistry();

/**
 * Every record that matches a filter over what core itself indexes, page by page, in the order of ids. What the store
 * leaves over is applied here: a store that applies nothing must not turn "the grants of this resource" into all grants.
 */
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
    const { residual } = page;
    for (const record of page.records) {
      if (residual === undefined || evaluateStoreFilter(residual, indexSubject(kind, record))) yield record;
    }
    if (!page.more) return;
    after = page.records.at(-1)?.id;
  }
}

/** The records whose index entry `attribute` is `value`. */
export async function recordsBy<K extends RecordKind>(
  reader: Reader,
  kind: K,
  attribute: string,
  value: IndexValue,
  options?: CallOptions,
): Promise<RecordTypes[K][]> {
  return Array.fromAsync(allPages(reader, kind, { op: "equals", attribute, indexed: true, value }, options));
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

/** Lets the evaluator see a record through the index entries core gives to stores. */
function indexSubject<K extends RecordKind>(kind: K, record: RecordTypes[K]): EvaluationSubject {
  const { index } = indexRecord(builtIn, kind, record);
  return {
    id: record.id,
    values: (attribute) => index.flatMap(([name, value]) => (name === attribute ? [value] : [])),
    exactValues: () => [],
    groups: () => new Set(),
  };
}
