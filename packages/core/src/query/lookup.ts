import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { RecordTypes } from "../model/kinds.ts";
import type { AttributeValue } from "../model/record.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import type { ImmediateReader } from "../store/store.ts";
import { normalizeValue } from "../text/normalize.ts";
import { checkFilterSize } from "./compile-filter.ts";
import { type EvaluationSubject, evaluateStoreFilter } from "./evaluate-store-filter.ts";
import type { Filter, StoreFilter } from "./filter.ts";
import { recordSubject } from "./record-subject.ts";

/** More records with one value than this are a query's business. */
const maxRecords = 16;
/** Up to so many groups a member is asked about one by one; for more, all groups of the member are read. */
const maxGroupsAsked = 4;

/**
 * A query for the records that have a certain value of one attribute, prepared once and asked many times without
 * waiting: `uid=ada`, and what else must hold of the record.
 */
export interface Lookup<K extends AttributeOwner> {
  /**
   * The records that `directory.query` would give for the value and the filter together, in the same order.
   *
   * `undefined` when that cannot be said at once: what this node knows is too old, the store reads asynchronously or
   * fails, the attribute has no index, a relation in the filter is not known yet, or there are more than 16 records.
   * `directory.query` then gives the answer, or the reason why there is none.
   */
  now(value: AttributeValue): readonly RecordTypes[K][] | undefined;
}

/** A filter as it was compiled, and what would make it another one. */
interface Prepared {
  readonly rest: StoreFilter;
  /** How many groups its tests name. */
  readonly groups: number;
  readonly generation: number;
  readonly registry: ReturnType<ServiceEnvironment["registry"]>;
}

/** Makes a {@link Lookup}. @throws DirectoryError `limit-exceeded` for a filter that is too large or nested too deep */
export function createLookup<K extends AttributeOwner>(
  environment: ServiceEnvironment,
  kind: K,
  name: string,
  filter: Filter,
): Lookup<K> {
  const { feed, reader, relations } = environment;
  checkFilterSize({ op: "and", of: [{ op: "equals", attribute: name, value: "" }, filter] });
  let prepared: Prepared | undefined;

  function prepare(): Prepared | undefined {
    const registry = environment.registry();
    const generation = relations.generation();
    if (prepared?.generation === generation && prepared.registry === registry) return prepared;
    const rest = environment.compileNow(filter, kind);
    prepared = rest === undefined ? undefined : { rest, groups: countGroups(rest), generation, registry };
    return prepared;
  }

  function find(
    { rest, groups, registry }: Prepared,
    reads: ImmediateReader,
    value: AttributeValue,
  ): RecordTypes[K][] | undefined {
    if (rest.op === "false") return [];
    const matches = (record: RecordTypes[K]): boolean => {
      const memberships = groups <= maxGroupsAsked ? oneByOne(reads, record.id) : atOnce(reads, record.id);
      return evaluateStoreFilter(rest, recordSubject(registry, kind, record, memberships));
    };
    if (name === "id") {
      const id = normalizeValue("uuid", value);
      const record = id === undefined ? undefined : reads.get(kind, id as string);
      return record !== undefined && matches(record) ? [record] : [];
    }
    const attribute = registry.get(kind, name);
    if (attribute === undefined || attribute.sensitivity === "secret") return [];
    const wanted = normalizeValue(attribute.matching, value);
    if (wanted === undefined) return [];
    if (attribute.unique) {
      const record = reads.getByKey(kind, name, String(wanted));
      const isIt = record !== undefined && registry.normalized(attribute, record).includes(wanted);
      return isIt && matches(record) ? [record] : [];
    }
    if (!attribute.indexed) return undefined;
    const records = reads.getByEntry(kind, name, wanted, maxRecords);
    return records?.filter(matches).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    now: (value) => {
      if (!feed.isFresh()) return undefined;
      try {
        const reads = reader.immediate?.();
        const known = reads === undefined ? undefined : prepare();
        return reads === undefined || known === undefined ? undefined : find(known, reads, value);
      } catch {
        // Whoever asks the same of the directory as a query learns what is wrong with the store.
        return undefined;
      }
    },
  };
}

type Memberships = ReturnType<EvaluationSubject["groups"]>;

function oneByOne(reads: ImmediateReader, member: string): Memberships {
  return { has: (group) => reads.isMember(group, member) };
}

function atOnce(reads: ImmediateReader, member: string): Memberships {
  let groups: ReadonlySet<string> | undefined;
  return {
    has: (group) => {
      groups ??= new Set(reads.groupIdsOf(member));
      return groups.has(group);
    },
  };
}

function countGroups(filter: StoreFilter): number {
  if (filter.op === "and" || filter.op === "or")
    return filter.of.reduce((sum, part) => sum + countGroups(part), 0);
  return filter.op === "not" ? countGroups(filter.of) : filter.op === "memberOf" ? filter.groups.length : 0;
}
