import { type IndexValue, type StoreFilter, type StoreQuery, splitFilter } from "@directorykit/core";
import {
  type Candidates,
  candidates,
  type FilterScope,
  isSqlLeaf,
  predicate,
  type Sql,
  sampleSize,
} from "./filter-sql.ts";
import { encodeId } from "./record-id.ts";

/** A statement and about how many rows it looks at, which decides on which thread it runs. */
export interface PlannedSql extends Sql {
  readonly rows: number;
}

/** What the planner asks of the database. */
export interface PlanStatistics {
  /** Records in the scope. */
  readonly records: number;
  /** How many rows a select gives, counted up to `limit`. */
  count(sql: Sql, limit: number): number;
}

/** How a query is run: select lists are `doc`, and `doc, value` where the query has an order. */
export interface QueryPlan {
  /** Looks at the next few records only. What it gives is the answer if it is a whole page. */
  readonly glance?: PlannedSql;
  /** The statements; each is run only when those before it gave too few rows. */
  readonly steps: readonly PlannedSql[];
  /** What the statements do not test. */
  readonly residual?: StoreFilter;
}

/**
 * Candidates are fetched and sorted up to this many; a condition that more records meet is no way in. Then it is
 * cheaper to walk all records in the order asked for and to stop when the page is full.
 */
const maxCandidates = 10_000;

/** A condition that more than this part of all records meet is no way in either: whoever walks soon meets them. */
const rarity = 1 / 4;

/**
 * How many records a glance looks at for each that is asked for. Tests that are no way in let most records through, so
 * a page is mostly found among the next ones, where the question is asked and without a thread that must be woken.
 */
const glanceFactor = 4;
/** Tests of single conditions that a glance makes at most; strangers write filters of thousands of them. */
const maxGlanceTests = 2_000;

/** The way into a conjunction: candidates by the index, and what is still to be tested of each. */
interface Entry {
  readonly candidates: Sql;
  readonly rest: StoreFilter;
  readonly rows: number;
}

/** Plans one page of a query. */
export function planQuery(query: StoreQuery, scope: FilterScope, statistics: PlanStatistics): QueryPlan {
  const { pushed, residual } = splitFilter(query.filter, isSqlLeaf);
  const entry = bestEntry(pushed, scope, statistics, mostCandidates(statistics));
  const steps =
    query.order === undefined
      ? [pageById(query, pushed, entry, scope, statistics)]
      : pagesByValue(query, query.order, pushed, entry, scope, statistics);
  const glance = entry === undefined ? glanceById(query, pushed, scope, statistics) : undefined;
  return {
    steps,
    ...(glance === undefined ? {} : { glance }),
    ...(residual === undefined ? {} : { residual }),
  };
}

/** Plans a count; `undefined` when the filter cannot be put into SQL as a whole. */
export function planCount(
  filter: StoreFilter,
  scope: FilterScope,
  statistics: PlanStatistics,
): PlannedSql | undefined {
  const { pushed, residual } = splitFilter(filter, isSqlLeaf);
  if (residual !== undefined) return undefined;
  const entry = bestEntry(pushed, scope, statistics, maxCandidates);
  const where = entry ?? bestEntry(pushed, scope, statistics, Number.POSITIVE_INFINITY);
  if (where === undefined) {
    const test = predicate(pushed, scope);
    return {
      text: `SELECT count(*) FROM record r INDEXED BY record_id WHERE r.scope = ? AND ${test.text}`,
      parameters: [scope.scope, ...test.parameters],
      rows: statistics.records,
    };
  }
  if (where.rest.op === "true")
    return {
      text: `SELECT count(DISTINCT seq) FROM (${where.candidates.text})`,
      parameters: where.candidates.parameters,
      rows: where.rows,
    };
  const test = predicate(where.rest, scope);
  return {
    text: `SELECT count(*) FROM record r NOT INDEXED WHERE r.seq IN (${where.candidates.text}) AND ${test.text}`,
    parameters: [...where.candidates.parameters, ...test.parameters],
    rows: where.rows,
  };
}

function mostCandidates({ records }: PlanStatistics): number {
  return Math.min(maxCandidates, Math.ceil(records * rarity));
}

function bestEntry(
  filter: StoreFilter,
  scope: FilterScope,
  statistics: PlanStatistics,
  most: number,
): Entry | undefined {
  const parts = filter.op === "and" ? filter.of : [filter];
  let best: { readonly sql: Candidates; readonly part: StoreFilter; readonly rows: number } | undefined;
  let rare: typeof best;
  for (const part of parts) {
    const sql = candidates(part, scope);
    if (sql === undefined) continue;
    const below = best === undefined ? most : best.rows - 1;
    if (below < 0) break;
    const rows =
      below === Number.POSITIVE_INFINITY ? statistics.records : statistics.count(sql.looked, below + 1);
    if (rows <= below) best = { sql, part, rows };
    else if (best === undefined && rare === undefined && isRare(sql, statistics))
      rare = { sql, part, rows: statistics.records };
  }
  best ??= rare;
  if (best === undefined) return undefined;
  const chosen = best.part;
  const rest = parts.filter((part) => part !== chosen);
  return {
    candidates: best.sql,
    rest: rest.length === 0 ? { op: "true" } : { op: "and", of: rest },
    rows: best.rows,
  };
}

/**
 * Whether a test that goes through a long piece of an index seems to find little there. Then all of that piece is
 * still much faster to go through than the records.
 */
function isRare(sql: Candidates, statistics: PlanStatistics): boolean {
  return sql.sample !== undefined && statistics.count(sql.sample, sampleSize) < sampleSize / 100;
}

function pageById(
  query: StoreQuery,
  filter: StoreFilter,
  entry: Entry | undefined,
  scope: FilterScope,
  statistics: PlanStatistics,
): PlannedSql {
  const test = predicate(entry?.rest ?? filter, scope);
  const after: Sql =
    query.after === undefined
      ? { text: "", parameters: [] }
      : { text: " AND r.id > ?", parameters: [encodeId(query.after.id)] };
  const limit = query.limit + 1;
  if (entry !== undefined)
    return {
      text: `SELECT r.doc FROM record r NOT INDEXED WHERE r.seq IN (${entry.candidates.text})${after.text} AND ${test.text} ORDER BY r.id LIMIT ?`,
      parameters: [...entry.candidates.parameters, ...after.parameters, ...test.parameters, limit],
      rows: entry.rows,
    };
  return {
    text: `SELECT r.doc FROM record r INDEXED BY record_id WHERE r.scope = ?${after.text} AND ${test.text} ORDER BY r.id LIMIT ?`,
    parameters: [scope.scope, ...after.parameters, ...test.parameters, limit],
    rows: filter.op === "true" ? Math.min(limit, statistics.records) : statistics.records,
  };
}

function glanceById(
  query: StoreQuery,
  filter: StoreFilter,
  scope: FilterScope,
  { records }: PlanStatistics,
): PlannedSql | undefined {
  const rows = query.limit * glanceFactor;
  if (query.order !== undefined || filter.op === "true" || rows >= records) return undefined;
  if (rows * testsOf(filter) > maxGlanceTests) return undefined;
  const after = query.after === undefined ? undefined : encodeId(query.after.id);
  const test = predicate(filter, scope);
  return {
    text: `SELECT r.doc FROM (SELECT seq, id FROM record INDEXED BY record_id WHERE scope = ?${after === undefined ? "" : " AND id > ?"} ORDER BY id LIMIT ?) AS near CROSS JOIN record r ON r.seq = near.seq WHERE ${test.text} ORDER BY near.id LIMIT ?`,
    parameters: [
      scope.scope,
      ...(after === undefined ? [] : [after]),
      rows,
      ...test.parameters,
      query.limit + 1,
    ],
    rows,
  };
}

/** How many conditions a record may have to be tested by, at most. */
function testsOf(filter: StoreFilter): number {
  switch (filter.op) {
    case "and":
    case "or":
      return filter.of.reduce((sum, part) => sum + testsOf(part), 0);
    case "not":
      return testsOf(filter.of);
    case "in":
      return filter.values.length;
    case "ids":
      return filter.ids.length;
    case "memberOf":
      return filter.groups.length;
    default:
      return 1;
  }
}

function pagesByValue(
  query: StoreQuery,
  order: { readonly attribute: string; readonly descending: boolean },
  filter: StoreFilter,
  entry: Entry | undefined,
  scope: FilterScope,
  statistics: PlanStatistics,
): readonly PlannedSql[] {
  const attribute = scope.attribute(order.attribute);
  // Nobody has the attribute: all are tied at the end of the order.
  if (attribute === undefined) {
    if (query.after?.value !== undefined) return [];
    const page = pageById(query, filter, entry, scope, statistics);
    return [{ ...page, text: page.text.replace("SELECT r.doc", "SELECT r.doc, NULL") }];
  }
  const [direction, beyond, best] = order.descending ? ["DESC", "<", "max"] : ["ASC", ">", "min"];
  const limit = query.limit + 1;
  if (entry !== undefined) {
    const test = predicate(entry.rest, scope);
    const after = placeAfterValue(query, beyond, "v", "id");
    return [
      {
        text: `SELECT doc, v FROM (SELECT r.doc AS doc, r.id AS id, (SELECT ${best}(e.value) FROM entry e WHERE e.seq = r.seq AND e.attribute = ?) AS v FROM record r NOT INDEXED WHERE r.seq IN (${entry.candidates.text}) AND ${test.text})${after.text === "" ? "" : ` WHERE ${after.text}`} ORDER BY v IS NULL, v ${direction}, id LIMIT ?`,
        parameters: [
          attribute,
          ...entry.candidates.parameters,
          ...test.parameters,
          ...after.parameters,
          limit,
        ],
        rows: entry.rows,
      },
    ];
  }
  const test = predicate(filter, scope);
  const steps: PlannedSql[] = [];
  if (query.after === undefined || query.after.value !== undefined)
    steps.push(walkValues(query.after, attribute, beyond, direction, test, limit, statistics));
  const after = query.after !== undefined && query.after.value === undefined ? query.after : undefined;
  steps.push({
    text: `SELECT r.doc, NULL FROM record r INDEXED BY record_id WHERE r.scope = ?${after === undefined ? "" : " AND r.id > ?"} AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.seq = r.seq AND e.attribute = ?) AND ${test.text} ORDER BY r.id LIMIT ?`,
    parameters: [
      scope.scope,
      ...(after === undefined ? [] : [encodeId(after.id)]),
      attribute,
      ...test.parameters,
      limit,
    ],
    rows: statistics.records,
  });
  return steps;
}

/** The records that have the attribute, along its index; each counts at its first value in the order. */
function walkValues(
  after: { readonly id: string; readonly value?: IndexValue } | undefined,
  attribute: number,
  beyond: string,
  direction: string,
  test: Sql,
  limit: number,
  statistics: PlanStatistics,
): PlannedSql {
  const before = beyond === ">" ? "<" : ">";
  const place = after?.value;
  const start: Sql =
    after === undefined || place === undefined
      ? { text: "", parameters: [] }
      : {
          text: ` AND p.value ${beyond}= ? AND (p.value ${beyond} ? OR r.id > ?)`,
          parameters: [place, place, encodeId(after.id)],
        };
  return {
    text: `SELECT r.doc, p.value FROM posting p CROSS JOIN record r ON r.seq = p.seq WHERE p.attribute = ?${start.text} AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.seq = p.seq AND e.attribute = p.attribute AND e.value ${before} p.value) AND ${test.text} ORDER BY p.value ${direction}, r.id LIMIT ?`,
    parameters: [attribute, ...start.parameters, ...test.parameters, limit],
    rows: statistics.records,
  };
}

function placeAfterValue(query: StoreQuery, beyond: string, value: string, id: string): Sql {
  if (query.after === undefined) return { text: "", parameters: [] };
  const place = query.after.value;
  const blob = encodeId(query.after.id);
  if (place === undefined) return { text: `(${value} IS NULL AND ${id} > ?)`, parameters: [blob] };
  return {
    text: `(${value} ${beyond} ? OR (${value} = ? AND ${id} > ?) OR ${value} IS NULL)`,
    parameters: [place, place, blob],
  };
}
