import type { AuditEvent } from "../model/audit-event.ts";
import type { Change, ChangeDraft } from "../model/change.ts";
import type { MemberKind, Membership } from "../model/group.ts";
import type { OrganizationId } from "../model/ids.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { JsonValue } from "../model/resource.ts";
import type { IndexValue, StoreFilter } from "../query/filter.ts";

/** Options that every asynchronous call takes last. */
export interface CallOptions {
  /** Stops the work; the call rejects with `timeout`. */
  readonly signal?: AbortSignal;
}

/** A record with what the store must index of it. Core computes the values; stores compare them as they are. */
export interface IndexedRecord<K extends RecordKind = RecordKind> {
  /** The record: JSON through and through. */
  readonly record: RecordTypes[K];
  /** Unique keys: no two records of this kind in the organization share a name and value. */
  readonly keys: readonly (readonly [name: string, value: string])[];
  /** Index entries, one for each value of each indexed attribute, without repeats. */
  readonly index: readonly (readonly [attribute: string, value: IndexValue])[];
}

/** A question to the store about records of one kind. */
export interface StoreQuery {
  /** What to look for. */
  readonly filter: StoreFilter;
  /**
   * Order by the smallest (ascending) or largest (descending) value of an indexed attribute; records without one come
   * last; ties by id, ascending. Default: by id, ascending.
   */
  readonly order?: { readonly attribute: string; readonly descending: boolean };
  /** Only records after this place in the order. */
  readonly after?: QueryPosition;
  /** At most this many records. */
  readonly limit: number;
}

/** A place in a query's order, taken from the last record of a page. */
export interface QueryPosition {
  /** Id of that record. */
  readonly id: string;
  /** Its value of the order attribute; absent if it had none or the order is by id. */
  readonly value?: IndexValue;
}

/** A page of an answer. */
export interface StorePage<K extends RecordKind = RecordKind> {
  /** Records in order. When there is a residual these may include some that do not match. */
  readonly records: readonly RecordTypes[K][];
  /** The place after each record of the page, in the same order. Only needed where the query has an `order`. */
  readonly values?: readonly (IndexValue | undefined)[];
  /** Whether there may be more after this page. */
  readonly more: boolean;
  /**
   * The part of the filter that the store did not apply. Core applies it. A store that applies nothing returns the
   * whole filter here and is correct, only slower.
   */
  readonly residual?: StoreFilter;
}

/** A slice of the change feed. */
export interface ChangePage {
  /** Changes in order, each revision one more than the one before. */
  readonly changes: readonly Change[];
  /** The latest revision in the store; 0 before the first change. */
  readonly revision: number;
  /** The oldest revision still kept. A reader that is further behind must start afresh. */
  readonly oldest: number;
}

/** A question to the audit trail; all parts must hold. */
export interface AuditQuery {
  /** Only events after this id (they sort by time). */
  readonly after?: string;
  /** Only this action, or a family of actions when it ends with `.`. */
  readonly action?: string;
  /** Only events whose target has this id. */
  readonly target?: string;
  /** Only events whose actor has this id: what was done in their name, not what they did in the name of others. */
  readonly actor?: string;
  /** Newest first. Default: oldest first; `after` then means before. */
  readonly descending?: boolean;
  /** At most this many. */
  readonly limit: number;
}

/** A counter as it stands. */
export interface Counter {
  /** Its value. */
  readonly value: number;
  /** The `now` of the increment that last changed it. */
  readonly updatedAt: number;
}

/** The outcome of a guarded increment. */
export interface IncrementResult extends Counter {
  /** Whether the increment was applied; false when it would have passed `max`. */
  readonly applied: boolean;
}

/** Reads of one organization. Each call sees committed data; inside a transaction also its own writes. */
export interface Reader {
  /** The latest revision; 0 before the first change. */
  revision(options?: CallOptions): Promise<number>;
  /** The record, or `undefined`. */
  get<K extends RecordKind>(kind: K, id: string, options?: CallOptions): Promise<RecordTypes[K] | undefined>;
  /** The records that exist, in the order of `ids`. */
  getMany<K extends RecordKind>(
    kind: K,
    ids: readonly string[],
    options?: CallOptions,
  ): Promise<readonly RecordTypes[K][]>;
  /** The record that holds a unique key, or `undefined`. */
  getByKey<K extends RecordKind>(
    kind: K,
    name: string,
    value: string,
    options?: CallOptions,
  ): Promise<RecordTypes[K] | undefined>;
  /** One page of the records that match. */
  query<K extends RecordKind>(kind: K, query: StoreQuery, options?: CallOptions): Promise<StorePage<K>>;
  /** How many records match; `undefined` when the store cannot apply the whole filter itself. */
  count(kind: RecordKind, filter: StoreFilter, options?: CallOptions): Promise<number | undefined>;
  /** The groups that any of `members` is a direct member of. */
  groupsOf(members: readonly string[], options?: CallOptions): Promise<readonly Membership[]>;
  /** Direct members of a group in the order of their ids, after `after`. */
  membersOf(
    group: string,
    page: { readonly after?: string; readonly limit: number; readonly kind?: MemberKind },
    options?: CallOptions,
  ): Promise<readonly Membership[]>;
  /** Changes after a revision, at most `limit`. */
  changes(after: number, limit: number, options?: CallOptions): Promise<ChangePage>;
  /** Audit events. */
  audit(query: AuditQuery, options?: CallOptions): Promise<readonly AuditEvent[]>;
  /** A counter that has not expired at `now`. */
  counter(key: string, now: number, options?: CallOptions): Promise<Counter | undefined>;
  /** A one-time record that has not expired at `now`, left in place. */
  peekOnce(key: string, now: number, options?: CallOptions): Promise<JsonValue | undefined>;
  /**
   * Reads without a promise, for as long as the caller neither waits nor returns; `undefined` when the store cannot
   * answer at once now. A store without this method is correct, only slower at looking up one record.
   */
  immediate?(): ImmediateReader | undefined;
}

/**
 * Point reads of one organization that are answered at once. They see committed data only: everything this process has
 * committed, and of other processes at least what {@link Reader.changes} has told.
 */
export interface ImmediateReader {
  /** As {@link Reader.get}. */
  get<K extends RecordKind>(kind: K, id: string): RecordTypes[K] | undefined;
  /** As {@link Reader.getByKey}. */
  getByKey<K extends RecordKind>(kind: K, name: string, value: string): RecordTypes[K] | undefined;
  /**
   * The records with this index entry, in any order; `undefined` when there are more than `limit`, or when the index
   * cannot be asked at once.
   */
  getByEntry<K extends RecordKind>(
    kind: K,
    attribute: string,
    value: IndexValue,
    limit: number,
  ): readonly RecordTypes[K][] | undefined;
  /** Whether `member` is a direct member of the group. */
  isMember(group: string, member: string): boolean;
  /** Ids of the groups that `member` is a direct member of, in any order. */
  groupIdsOf(member: string): readonly string[];
}

/**
 * Writes of one organization, all or none. Writes are visible to others only after the transaction commits.
 *
 * One-time records, reservations and counters live beside the records: they expire, and are not in the change feed.
 */
export interface Transaction extends Omit<Reader, "immediate"> {
  /**
   * Takes the next places in the change feed, in order.
   * @returns the revision of the first of them
   */
  appendChanges(changes: readonly ChangeDraft[]): Promise<number>;
  /**
   * Adds records.
   * @throws DirectoryError `conflict` with `details.key` naming the unique key (`id` for the id itself)
   */
  insert<K extends RecordKind>(kind: K, records: readonly IndexedRecord<K>[]): Promise<void>;
  /**
   * Replaces a record that is still at `expectedVersion`.
   * @throws DirectoryError `stale-write` when it is not, `not-found` when it is gone, `conflict` as for insert
   */
  update<K extends RecordKind>(kind: K, record: IndexedRecord<K>, expectedVersion: number): Promise<void>;
  /**
   * Removes a record that is still at `expectedVersion`, and its keys and index entries. Memberships stay: core
   * removes those.
   * @throws DirectoryError `stale-write` or `not-found`
   */
  remove(kind: RecordKind, id: string, expectedVersion: number): Promise<void>;
  /** Adds edges; those already there (same group and member) are left as they are. @returns those that were new */
  addMembers(edges: readonly Membership[]): Promise<readonly Membership[]>;
  /** Removes edges by group and member. @returns those that were there */
  removeMembers(
    edges: readonly { readonly group: string; readonly member: string }[],
  ): Promise<readonly Membership[]>;
  /** Appends to the audit trail. */
  appendAudit(events: readonly AuditEvent[]): Promise<void>;
  /** Keeps a value that can be taken once, until `expiresAt`. Replaces what was there. */
  putOnce(key: string, value: JsonValue, expiresAt: number): Promise<void>;
  /** Takes the value away and returns it, or `undefined` when it was taken or has expired at `now`. */
  consumeOnce(key: string, now: number): Promise<JsonValue | undefined>;
  /** Claims a key until `expiresAt`. @returns whether it was free at `now` */
  reserve(key: string, expiresAt: number, now: number): Promise<boolean>;
  /** Adds `by` to a counter that starts at 0 and ends at `expiresAt`, unless that would pass `max`. */
  increment(
    key: string,
    step: { readonly by: number; readonly max?: number; readonly expiresAt: number; readonly now: number },
  ): Promise<IncrementResult>;
  /** Forgets a counter or reservation. */
  forget(key: string): Promise<void>;
}

/** What a store says of itself. */
export interface StoreCapabilities {
  /** Whether what was committed survives the process. A durable store needs a key ring. */
  readonly durable: boolean;
}

/**
 * A place to keep directories. Implement this one interface, run the published contract tests
 * (`@directorykit/store-testkit`) against it, and the whole directory works on it.
 *
 * Rules that the tests check:
 * - `transaction` is serializable against other transactions of the same organization. `work` may be run again from
 *   the start after a serialization failure, so it only touches `tx`.
 * - When `transaction` resolves, the commit is durable if the store is.
 * - Records returned are not shared: a caller cannot change what is stored through them. Frozen objects are fine.
 * - Anything the store cannot do for reasons of its own (disk, network) rejects with `store-unavailable`.
 * - Every key and every answer is within one organization.
 */
export interface Store {
  /** What the store can promise. */
  readonly capabilities: StoreCapabilities;
  /**
   * Opens it and brings its schema up to date. Idempotent.
   * @throws DirectoryError `misconfigured` when the data was written by a newer version, and changes nothing
   */
  open(): Promise<void>;
  /** Closes it after running transactions ended. Idempotent. */
  close(): Promise<void>;
  /** Reads of one organization. */
  reader(organization: OrganizationId): Reader;
  /** Runs `work` as one transaction and resolves with its result after the commit; rejects with nothing changed. */
  transaction<T>(
    organization: OrganizationId,
    work: (tx: Transaction) => Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
  /** Drops what expired before `now`: one-time records, reservations, counters. @returns how many */
  collectGarbage(now: number, options?: CallOptions): Promise<number>;
}
