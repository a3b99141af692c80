import { isAttributeOwner } from "../attributes/attribute-registry.ts";
import { DirectoryError } from "../errors.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { RecordTypes } from "../model/kinds.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import type { CallOptions, QueryPosition, StorePage, StoreQuery } from "../store/store.ts";
import { compareIndexValues } from "../text/normalize.ts";
import { openCursor, sealCursor } from "./cursor.ts";
import { evaluateStoreFilter } from "./evaluate-store-filter.ts";
import type { Filter, IndexValue, StoreFilter } from "./filter.ts";
import { recordSubject } from "./record-subject.ts";
import { findUniqueTest } from "./unique-lookup.ts";

/** A question to the directory. */
export interface Query {
  /** What to look for. Default: everything. */
  readonly filter?: Filter;
  /** Order by an indexed attribute; records without it come last. Default: in the order they were made. */
  readonly order?: { readonly attribute: string; readonly descending?: boolean };
  /** At most this many records. Default 100, at most 10,000. */
  readonly limit?: number;
  /** The cursor of the page before. */
  readonly after?: string;
  /** Ties cursors to who asks: a cursor only works with the binding it was made with. */
  readonly binding?: string;
  /** Records looked at before giving up. Default 1,000,000. */
  readonly maxScan?: number;
}

/** A page of an answer. */
export interface QueryPage<K extends AttributeOwner> {
  /** Records in order. */
  readonly records: readonly RecordTypes[K][];
  /** Give this back as `after` for the next page; absent when this is the last. */
  readonly next?: string;
}

/** A question whose answer is read from a place on. */
export interface ScanQuery extends Pick<Query, "filter" | "order" | "maxScan"> {
  /** Begin behind this place; the record it was taken from need not be there any more. Default: at the first record. */
  readonly after?: QueryPosition;
  /** How many records will be wanted, as far as is known; the store is asked for no more at first. Default 1000. */
  readonly expected?: number;
}

/** Part of an answer, as it was read. */
export interface ScannedPage<K extends AttributeOwner> {
  /** Records in order. */
  readonly records: readonly RecordTypes[K][];
  /** The place of each. */
  readonly positions: readonly QueryPosition[];
}

const defaultLimit = 100;
const maxLimit = 10_000;
const defaultMaxScan = 1_000_000;
const storePage = 1000;
/** A first page may be this long: pages of a protocol are often of a thousand, and one more tells whether more follow. */
const firstStorePage = 2000;

/** Runs a query: compiles the filter, pages through the store, applies what the store left over. */
export async function runQuery<K extends AttributeOwner>(
  environment: ServiceEnvironment,
  kind: K,
  query: Query,
  options: CallOptions = {},
): Promise<QueryPage<K>> {
  const limit = query.limit ?? defaultLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new DirectoryError("limit-exceeded", `a page holds 1 to ${maxLimit} records`, {
      details: { limit: "maxPage", value: maxLimit },
    });
  }
  const filter = await prepare(environment, kind, query);
  const binding = JSON.stringify([
    environment.organization,
    kind,
    query.filter ?? null,
    query.order ?? null,
    query.binding ?? "",
  ]);
  const start =
    query.after === undefined
      ? undefined
      : (openCursor(environment.keys, query.after, binding) as QueryPosition);
  const records: RecordTypes[K][] = [];
  let last: QueryPosition | undefined;
  for await (const page of scan(environment, kind, filter, query, start, limit + 1, options)) {
    for (const [i, record] of page.records.entries()) {
      if (records.length === limit && last !== undefined) {
        return { records, next: sealCursor(environment.keys, last, binding) };
      }
      records.push(record);
      last = page.positions[i];
    }
  }
  return { records };
}

/** All records that match, in order, page by page; for answers that are streamed. Limits as for {@link runQuery}. */
export async function* streamQuery<K extends AttributeOwner>(
  environment: ServiceEnvironment,
  kind: K,
  query: Omit<Query, "after" | "limit" | "binding">,
  options: CallOptions = {},
): AsyncGenerator<RecordTypes[K], void, void> {
  const filter = await prepare(environment, kind, query);
  for await (const page of scan(environment, kind, filter, query, undefined, storePage, options))
    for (const record of page.records) yield record;
}

/** {@link streamQuery} in the pages it is read in, with the place of every record, from a place on. */
export async function* scanQuery<K extends AttributeOwner>(
  environment: ServiceEnvironment,
  kind: K,
  query: ScanQuery,
  options: CallOptions = {},
): AsyncGenerator<ScannedPage<K>, void, void> {
  const filter = await prepare(environment, kind, query);
  yield* scan(
    environment,
    kind,
    filter,
    query,
    query.after,
    Math.max(1, query.expected ?? storePage),
    options,
  );
}

/** How many records match; the same records that {@link runQuery} would return over all its pages. */
export async function countQuery(
  environment: ServiceEnvironment,
  kind: AttributeOwner,
  query: Pick<Query, "filter" | "maxScan">,
  options: CallOptions = {},
): Promise<number> {
  const filter = await prepare(environment, kind, query);
  const counted = await environment.reader.count(kind, filter, options);
  if (counted !== undefined) return counted;
  let total = 0;
  for await (const page of scan(environment, kind, filter, query, undefined, storePage, options))
    total += page.records.length;
  return total;
}

/** Types say so already; a kind that came over the network must not lead to credentials all the same. */
export function assertSearchable(kind: AttributeOwner): void {
  if (!isAttributeOwner(kind))
    throw new DirectoryError("invalid-input", "records of this kind are not searched", {
      details: { path: "kind" },
    });
}

/** Refuses what no filter can make right, and compiles the filter. */
async function prepare(
  environment: ServiceEnvironment,
  kind: AttributeOwner,
  query: Pick<Query, "filter" | "maxScan">,
): Promise<StoreFilter> {
  assertSearchable(kind);
  if (query.maxScan !== undefined && !(Number.isSafeInteger(query.maxScan) && query.maxScan >= 1))
    throw new DirectoryError("invalid-input", "maxScan must be a whole number from 1", {
      details: { path: "maxScan" },
    });
  return environment.compile(query.filter ?? { op: "true" }, kind);
}

async function* scan<K extends AttributeOwner>(
  environment: ServiceEnvironment,
  kind: K,
  filter: StoreFilter,
  query: Pick<Query, "order" | "maxScan">,
  start: QueryPosition | undefined,
  wanted: number,
  options: CallOptions,
): AsyncGenerator<ScannedPage<K>, void, void> {
  if (filter.op === "false") return;
  const { reader } = environment;
  const registry = environment.registry();
  const order = checkOrder(environment, kind, query.order);
  const unique = start === undefined ? findUniqueTest(filter, kind, registry) : undefined;
  if (unique !== undefined) {
    const record = await reader.getByKey(kind, unique.attribute, unique.value, options);
    if (record === undefined) return;
    const groups = await groupsOfPage(environment, filter, [record]);
    const subject = recordSubject(registry, kind, record, groups?.get(record.id));
    if (!evaluateStoreFilter(filter, subject)) return;
    const value = order === undefined ? undefined : firstInOrder(subject.values(order.attribute), order);
    yield { records: [record], positions: [positionOf(record.id, value)] };
    return;
  }
  const maxScan = query.maxScan ?? defaultMaxScan;
  const read = (place: QueryPosition | undefined, limit: number): Promise<StorePage<K>> =>
    reader.query(
      kind,
      {
        filter,
        limit,
        ...(order === undefined ? {} : { order }),
        ...(place === undefined ? {} : { after: place }),
      },
      options,
    );
  let scanned = 0;
  let after = start;
  let ahead: Promise<StorePage<K>> | undefined;
  for (let pages = 0; ; pages++) {
    if (options.signal?.aborted === true) throw new DirectoryError("timeout", "the query was aborted");
    // What a store leaves over rejects records here, so the next page had better be a full one.
    const page = await (ahead ??
      read(after, Math.min(pages === 0 ? Math.min(wanted, firstStorePage) : storePage, maxScan - scanned)));
    const { residual } = page;
    scanned += page.records.length;
    const last = page.records.length - 1;
    const place =
      last < 0 ? after : positionOf((page.records[last] as RecordTypes[K]).id, page.values?.[last]);
    const isCutOff = page.more && scanned >= maxScan;
    // Whoever has come back for more once will again: the store reads on while they work.
    ahead =
      page.more && !isCutOff && pages > 0 ? read(place, Math.min(storePage, maxScan - scanned)) : undefined;
    ahead?.catch(() => {});
    const groups =
      residual === undefined ? undefined : await groupsOfPage(environment, residual, page.records);
    const records: RecordTypes[K][] = [];
    const positions: QueryPosition[] = [];
    for (const [i, record] of page.records.entries()) {
      if (
        residual !== undefined &&
        !evaluateStoreFilter(residual, recordSubject(registry, kind, record, groups?.get(record.id)))
      ) {
        continue;
      }
      records.push(record);
      positions.push(positionOf(record.id, page.values?.[i]));
    }
    if (records.length > 0) yield { records, positions };
    if (!page.more) return;
    if (isCutOff) {
      environment.metrics.count("directorykit_limit_hit_total", { limit: "maxScan" });
      throw new DirectoryError("limit-exceeded", "the query looked at too many records", {
        details: { limit: "maxScan", value: maxScan },
      });
    }
    after = place;
  }
}

function positionOf(id: string, value: IndexValue | undefined): QueryPosition {
  return value === undefined ? { id } : { id, value };
}

/** The value that a record counts at in an order; `undefined` when it has none. */
function firstInOrder(
  values: readonly IndexValue[],
  { descending }: NonNullable<StoreQuery["order"]>,
): IndexValue | undefined {
  const sorted = values.toSorted(compareIndexValues);
  return descending ? sorted.at(-1) : sorted[0];
}

async function groupsOfPage(
  environment: ServiceEnvironment,
  residual: StoreFilter,
  records: readonly { readonly id: string }[],
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  if (!asksMembership(residual)) return undefined;
  const groups = new Map<string, Set<string>>();
  for (const edge of await environment.reader.groupsOf(records.map((record) => record.id))) {
    const own = groups.get(edge.member);
    if (own === undefined) groups.set(edge.member, new Set([edge.group]));
    else own.add(edge.group);
  }
  return groups;
}

function asksMembership(filter: StoreFilter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.of.some(asksMembership);
  return filter.op === "not" ? asksMembership(filter.of) : filter.op === "memberOf";
}

function checkOrder(
  environment: ServiceEnvironment,
  kind: AttributeOwner,
  order: Query["order"],
): StoreQuery["order"] {
  if (order === undefined) return undefined;
  const attribute = environment.registry().get(kind, order.attribute);
  if (attribute === undefined || !attribute.indexed || attribute.sensitivity === "secret") {
    throw new DirectoryError("invalid-input", "order: not an attribute that is kept in order", {
      details: { path: "order" },
    });
  }
  return { attribute: attribute.name, descending: order.descending === true };
}
