import assert from "node:assert/strict";
import {
  type EvaluationSubject,
  evaluateStoreFilter,
  type QueryPosition,
  type Reader,
  type StoreQuery,
  type User,
} from "@directorykit/core";

/** Reads a query page by page as core does, applying the residual. @returns ids, in order */
export async function drain(
  reader: Reader,
  query: Pick<StoreQuery, "filter" | "order">,
  limit: number,
  subject: (record: User) => EvaluationSubject,
  between: () => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: QueryPosition | undefined;
  for (;;) {
    const page = await reader.query("user", { ...query, limit, ...(after === undefined ? {} : { after }) });
    assert.ok(page.records.length <= limit, "a page holds more records than asked for");
    assert.ok(!page.more || page.records.length > 0, "an empty page that says there is more would never end");
    if (query.order !== undefined) {
      assert.equal(
        page.values?.length,
        page.records.length,
        "a page in an order gives the place of each record",
      );
    }
    for (const record of page.records) {
      if (page.residual === undefined || evaluateStoreFilter(page.residual, subject(record)))
        ids.push(record.id);
    }
    const last = page.records.at(-1);
    if (!page.more || last === undefined) return ids;
    const value = page.values?.at(-1);
    after = value === undefined ? { id: last.id } : { id: last.id, value };
    await between();
  }
}
