import { DirectoryError } from "../errors.ts";
import type { AuditEvent } from "../model/audit-event.ts";
import type { Change } from "../model/change.ts";
import { type RecordKind, recordKinds } from "../model/kinds.ts";
import type { JsonValue } from "../model/resource.ts";
import type { IndexValue } from "../query/filter.ts";
import type {
  AuditQuery,
  Counter,
  ImmediateReader,
  IndexedRecord,
  Reader,
  StoreQuery,
  Transaction,
} from "../store/store.ts";
import { MembershipTable } from "./membership-table.ts";
import { type DirectGroups, frozenCopy, RecordTable } from "./record-table.ts";

interface Transient {
  readonly expiresAt: number;
  readonly value?: JsonValue;
  readonly counter?: Counter;
}

/**
 * The data of one organization. Transactions run one after another and write in place, keeping an undo log; readers
 * outside wait for a running transaction, so that they only ever see what was committed.
 */
export class MemoryOrganization {
  readonly #tables = new Map<RecordKind, RecordTable>(recordKinds.map((kind) => [kind, new RecordTable()]));
  readonly #memberships = new MembershipTable();
  readonly #changes: Change[] = [];
  readonly #audit: AuditEvent[] = [];
  readonly #transient = new Map<string, Transient>();
  #tail: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  readonly #immediate: ImmediateReader = this.#immediateReads();

  readonly reader: Reader = {
    ...this.#reads(async () => {
      while (this.#running !== undefined) await this.#running;
    }),
    // A transaction writes in place: what it has not committed must not be seen.
    immediate: () => (this.#running === undefined ? this.#immediate : undefined),
  };

  idle(): Promise<void> {
    return this.#tail;
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const before = this.#tail;
    let release: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#tail = done;
    await before;
    this.#running = done;
    const undo: (() => void)[] = [];
    let open = true;
    try {
      return await work(this.#writes(undo, () => open));
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      open = false;
      this.#running = undefined;
      release();
    }
  }

  collectGarbage(now: number): Promise<number> {
    return this.transaction(async () => {
      let dropped = 0;
      for (const [key, entry] of this.#transient) {
        if (entry.expiresAt <= now && this.#transient.delete(key)) dropped += 1;
      }
      return dropped;
    });
  }

  #table(kind: RecordKind): RecordTable {
    const table = this.#tables.get(kind);
    if (table === undefined) throw new DirectoryError("invalid-input", "no such kind of record");
    return table;
  }

  #immediateReads(): ImmediateReader {
    return {
      get: ((kind: RecordKind, id: string) => this.#table(kind).get(id)) as ImmediateReader["get"],
      getByKey: ((kind: RecordKind, name: string, value: string) =>
        this.#table(kind).getByKey(name, value)) as ImmediateReader["getByKey"],
      getByEntry: ((kind: RecordKind, attribute: string, value: IndexValue, limit: number) =>
        this.#table(kind).getByEntry(attribute, value, limit)) as ImmediateReader["getByEntry"],
      isMember: (group, member) => this.#memberships.has(group, member),
      groupIdsOf: (member) => [...this.#memberships.groupIdsOf(member).keys()],
    };
  }

  #reads(ready: () => Promise<void>): Omit<Reader, "immediate"> {
    const groupsOf: DirectGroups = (id) => this.#memberships.groupIdsOf(id);
    const when = <Given extends unknown[], T>(read: (...given: Given) => T) => {
      return async (...given: Given): Promise<T> => {
        await ready();
        return read(...given);
      };
    };
    return {
      revision: when(() => this.#changes.length),
      get: when((kind: RecordKind, id: string) => this.#table(kind).get(id)) as Reader["get"],
      getMany: when((kind: RecordKind, ids: readonly string[]) =>
        ids.flatMap((id) => this.#table(kind).get(id) ?? []),
      ) as Reader["getMany"],
      getByKey: when((kind: RecordKind, name: string, value: string) =>
        this.#table(kind).getByKey(name, value),
      ) as Reader["getByKey"],
      query: when((kind: RecordKind, query: StoreQuery) =>
        this.#table(kind).query(query, groupsOf),
      ) as Reader["query"],
      count: when((kind, filter) => this.#table(kind).count(filter, groupsOf)),
      groupsOf: when((members) => this.#memberships.groupsOf(members)),
      membersOf: when((group, page) => this.#memberships.membersOf(group, page.after, page.limit, page.kind)),
      changes: when((after, limit) => ({
        changes: this.#changes.slice(after, after + limit),
        revision: this.#changes.length,
        oldest: 1,
      })),
      audit: when((query) => selectAudit(this.#audit, query)),
      counter: when((key, now) => this.#live(`counter:${key}`, now)?.counter),
      peekOnce: when((key, now) => this.#live(`once:${key}`, now)?.value),
    };
  }

  #writes(undo: (() => void)[], isOpen: () => boolean): Transaction {
    const mustBeOpen = async (): Promise<void> => {
      if (!isOpen()) throw new DirectoryError("store-unavailable", "the transaction has ended");
    };
    return {
      ...this.#reads(mustBeOpen),
      appendChanges: async (drafts) => {
        await mustBeOpen();
        const length = this.#changes.length;
        undo.push(() => {
          this.#changes.length = length;
        });
        for (const draft of drafts)
          this.#changes.push(frozenCopy({ ...draft, revision: this.#changes.length + 1 } as Change));
        return length + 1;
      },
      insert: async (kind, records) => {
        await mustBeOpen();
        for (const record of records) undo.push(this.#table(kind).insert(record as IndexedRecord));
      },
      update: async (kind, record, expectedVersion) => {
        await mustBeOpen();
        undo.push(this.#table(kind).update(record as IndexedRecord, expectedVersion));
      },
      remove: async (kind, id, expectedVersion) => {
        await mustBeOpen();
        undo.push(this.#table(kind).remove(id, expectedVersion));
      },
      addMembers: async (edges) => {
        await mustBeOpen();
        const added = edges.filter((edge) => this.#memberships.add(edge));
        undo.push(() => {
          for (const edge of added) this.#memberships.remove(edge.group, edge.member);
        });
        return added;
      },
      removeMembers: async (edges) => {
        await mustBeOpen();
        const removed = edges.flatMap((edge) => this.#memberships.remove(edge.group, edge.member) ?? []);
        undo.push(() => {
          for (const edge of removed) this.#memberships.add(edge);
        });
        return removed;
      },
      appendAudit: async (events) => {
        await mustBeOpen();
        const length = this.#audit.length;
        undo.push(() => {
          this.#audit.length = length;
        });
        for (const event of events) this.#audit.push(frozenCopy(event));
      },
      putOnce: async (key, value, expiresAt) => {
        await mustBeOpen();
        this.#set(undo, `once:${key}`, { expiresAt, value: frozenCopy(value) });
      },
      consumeOnce: async (key, now) => {
        await mustBeOpen();
        const found = this.#live(`once:${key}`, now);
        if (found !== undefined) this.#set(undo, `once:${key}`, undefined);
        return found?.value;
      },
      reserve: async (key, expiresAt, now) => {
        await mustBeOpen();
        if (this.#live(`reserve:${key}`, now) !== undefined) return false;
        this.#set(undo, `reserve:${key}`, { expiresAt });
        return true;
      },
      increment: async (key, { by, max, expiresAt, now }) => {
        await mustBeOpen();
        const entry = this.#live(`counter:${key}`, now);
        const before = entry?.counter ?? { value: 0, updatedAt: now };
        const value = before.value + by;
        if (max !== undefined && value > max) return { ...before, applied: false };
        const counter = { value, updatedAt: now };
        this.#set(undo, `counter:${key}`, { expiresAt: entry?.expiresAt ?? expiresAt, counter });
        return { ...counter, applied: true };
      },
      forget: async (key) => {
        await mustBeOpen();
        this.#set(undo, `counter:${key}`, undefined);
        this.#set(undo, `reserve:${key}`, undefined);
      },
    };
  }

  #live(key: string, now: number): Transient | undefined {
    const entry = this.#transient.get(key);
    return entry === undefined || entry.expiresAt <= now ? undefined : entry;
  }

  #set(undo: (() => void)[], key: string, entry: Transient | undefined): void {
    const before = this.#transient.get(key);
    undo.push(() => {
      if (before === undefined) this.#transient.delete(key);
      else this.#transient.set(key, before);
    });
    if (entry === undefined) this.#transient.delete(key);
    else this.#transient.set(key, entry);
  }
}

function selectAudit(events: readonly AuditEvent[], query: AuditQuery): readonly AuditEvent[] {
  const found: AuditEvent[] = [];
  const step = query.descending === true ? -1 : 1;
  for (
    let i = step === 1 ? 0 : events.length - 1;
    i >= 0 && i < events.length && found.length < query.limit;
    i += step
  ) {
    const event = events[i] as AuditEvent;
    if (query.after !== undefined && (step === 1 ? event.id <= query.after : event.id >= query.after))
      continue;
    if (query.action !== undefined && !matchesAction(event.action, query.action)) continue;
    if (query.target !== undefined && event.target?.id !== query.target) continue;
    if (query.actor !== undefined && event.actor.id !== query.actor) continue;
    found.push(event);
  }
  return found;
}

function matchesAction(action: string, wanted: string): boolean {
  return wanted.endsWith(".") ? action.startsWith(wanted) : action === wanted;
}
