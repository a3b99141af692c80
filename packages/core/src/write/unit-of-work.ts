import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { indexRecord } from "../attributes/index-record.ts";
import type { ChangeFeed } from "../changes/change-feed.ts";
import { DirectoryError } from "../errors.ts";
import type { AuditActor, AuditEvent } from "../model/audit-event.ts";
import { type Change, type ChangeDraft, everySession, type RecordChange } from "../model/change.ts";
import type { Membership } from "../model/group.ts";
import { type AuditEventId, newId, type OrganizationId, type UserId } from "../model/ids.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { RecordBase } from "../model/record.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallOptions, Store, Transaction } from "../store/store.ts";
import { storeError } from "../store/typed-errors.ts";

/** Options of every call that changes something. */
export interface WriteOptions extends CallOptions {
  /** Who does it, for the audit trail. Default: an administrator, through the host's code. */
  readonly actor?: AuditActor;
  /** The protocol it came by. Default `api`. */
  readonly protocol?: string;
  /** Address of the peer. */
  readonly source?: string;
  /** Ties together the audit events of one request. */
  readonly correlation?: string;
}

/** What a caller may set of a new record. */
export type NewRecord<K extends RecordKind> = Omit<RecordTypes[K], keyof RecordBase<string>> & {
  readonly id?: string;
};

/** What a caller may change: a field set to `undefined` is removed. */
export type RecordPatch<K extends RecordKind> = {
  readonly [F in Exclude<keyof RecordTypes[K], keyof RecordBase<string>>]?: RecordTypes[K][F] | undefined;
};

/** What an audit event says beside what every event of the unit says. */
export type AuditDraft = Pick<AuditEvent, "action"> &
  Partial<Pick<AuditEvent, "outcome" | "target" | "reason" | "details" | "actor">>;

const baseFields: readonly string[] = ["id", "version", "revision", "createdAt", "updatedAt"];

/** What every write needs. */
export interface WriteEnvironment {
  readonly store: Store;
  readonly organization: OrganizationId;
  readonly clock: Clock;
  readonly feed: ChangeFeed;
  readonly registry: () => AttributeRegistry;
}

/**
 * Runs `work` in one transaction: records, memberships, change feed and audit trail commit together or not at all.
 * Resolves after this node's caches know of the changes, so that whoever waits for it sees them.
 */
export async function commit<T>(
  environment: WriteEnvironment,
  options: WriteOptions,
  work: (unit: UnitOfWork) => Promise<T>,
): Promise<T> {
  let changes: readonly Change[] = [];
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const run = async (tx: Transaction): Promise<T> => {
    const unit = new UnitOfWork(tx, environment, options);
    const value = await work(unit);
    changes = await unit.finish();
    return value;
  };
  let result: T;
  try {
    result = await environment.store.transaction(environment.organization, run, call);
  } catch (error) {
    // A mistake in a program stays one; whatever else a store lets out is typed.
    throw error instanceof TypeError ? error : storeError(error, options.signal);
  }
  await environment.feed.committed(changes);
  return result;
}

/** The writes of one transaction. Made anew each time the store runs the transaction. */
export class UnitOfWork {
  /** The transaction, for reads. */
  readonly tx: Transaction;
  /** The time of the transaction, in milliseconds since the epoch. */
  readonly now: number;
  readonly #environment: WriteEnvironment;
  readonly #options: WriteOptions;
  readonly #changes: Change[] = [];
  readonly #audit: AuditEvent[] = [];

  constructor(tx: Transaction, environment: WriteEnvironment, options: WriteOptions) {
    this.tx = tx;
    this.now = environment.clock();
    this.#environment = environment;
    this.#options = options;
  }

  /** The attribute registry. */
  get registry(): AttributeRegistry {
    return this.#environment.registry();
  }

  /** The record. @throws DirectoryError `not-found` */
  async get<K extends RecordKind>(kind: K, id: string): Promise<RecordTypes[K]> {
    const record = await this.tx.get(kind, id);
    if (record === undefined)
      throw new DirectoryError("not-found", `no such ${kind}`, { details: { kind, id } });
    return record;
  }

  /** Adds one record. */
  async create<K extends RecordKind>(kind: K, fields: NewRecord<K>): Promise<RecordTypes[K]> {
    const [record] = await this.createMany(kind, [fields]);
    return record as RecordTypes[K];
  }

  /** Adds records with one call to the store. */
  async createMany<K extends RecordKind>(
    kind: K,
    many: readonly NewRecord<K>[],
  ): Promise<readonly RecordTypes[K][]> {
    if (many.length === 0) return [];
    const drafts = many.map((fields) => {
      const id = fields.id ?? newId(this.now);
      return { kind, id, operation: "created" as const, at: this.now, ...describe(kind, fields as never) };
    });
    const first = await this.#append(drafts);
    const records = many.map(
      (fields, i) =>
        ({
          ...fields,
          id: drafts[i]?.id,
          version: 1,
          revision: first + i,
          createdAt: this.now,
          updatedAt: this.now,
        }) as unknown as RecordTypes[K],
    );
    await this.tx.insert(
      kind,
      records.map((record) => indexRecord(this.registry, kind, record)),
    );
    return records;
  }

  /**
   * Changes fields of a record read in this transaction. Writes nothing when nothing differs.
   * @param told - what the change feed names instead of the fields, where these would mislead
   */
  async update<K extends RecordKind>(
    kind: K,
    before: RecordTypes[K],
    patch: RecordPatch<K>,
    told?: readonly string[],
  ): Promise<RecordTypes[K]> {
    const fields = Object.keys(patch).filter(
      (field) =>
        !baseFields.includes(field) &&
        JSON.stringify(before[field as keyof RecordTypes[K]]) !==
          JSON.stringify(patch[field as keyof typeof patch]),
    );
    if (fields.length === 0) return before;
    const merged: Record<string, unknown> = { ...before, ...patch };
    for (const field of fields) if (merged[field] === undefined) delete merged[field];
    const draft = {
      kind,
      id: before.id,
      operation: "updated" as const,
      at: this.now,
      fields: told ?? fields,
    };
    const revision = await this.#append([{ ...draft, ...describe(kind, merged as never) }]);
    const record = {
      ...merged,
      version: before.version + 1,
      revision,
      updatedAt: this.now,
    } as unknown as RecordTypes[K];
    await this.tx.update(kind, indexRecord(this.registry, kind, record), before.version);
    return record;
  }

  /** Removes a record read in this transaction. */
  async remove<K extends RecordKind>(kind: K, record: RecordTypes[K]): Promise<void> {
    await this.#append([
      { kind, id: record.id, operation: "deleted", at: this.now, ...describe(kind, record as never) },
    ]);
    await this.tx.remove(kind, record.id, record.version);
  }

  /** Adds members. @returns the edges that were new */
  async link(edges: readonly Membership[]): Promise<readonly Membership[]> {
    return this.#edges("created", await this.tx.addMembers(edges));
  }

  /** Removes members. @returns the edges that were there */
  async unlink(
    edges: readonly { readonly group: string; readonly member: string }[],
  ): Promise<readonly Membership[]> {
    return this.#edges("deleted", await this.tx.removeMembers(edges));
  }

  /** Tells adapters to end what a user has open, whether it has a record or not. */
  async endLiveSessions(user: UserId): Promise<void> {
    await this.#append([
      { kind: "session", id: user, operation: "deleted", at: this.now, user, name: everySession },
    ]);
  }

  /** Adds an event to the audit trail of this transaction. */
  audit(draft: AuditDraft): void {
    const { actor, protocol, source, correlation } = this.#options;
    this.#audit.push({
      id: newId<AuditEventId>(this.now),
      at: this.now,
      outcome: "success",
      actor: printableActor(actor ?? { kind: "administrator" }),
      protocol: printable(protocol ?? "api"),
      ...(source === undefined ? {} : { source: printable(source) }),
      ...(correlation === undefined ? {} : { correlation: printable(correlation) }),
      ...draft,
    });
  }

  /** Writes the audit trail. @returns the changes, for this node's caches */
  async finish(): Promise<readonly Change[]> {
    if (this.#audit.length > 0) await this.tx.appendAudit(this.#audit);
    return this.#changes;
  }

  async #edges(
    operation: "created" | "deleted",
    edges: readonly Membership[],
  ): Promise<readonly Membership[]> {
    if (edges.length === 0) return edges;
    await this.#append(
      edges.map((edge) => ({
        kind: "membership",
        id: edge.group,
        member: edge.member,
        memberKind: edge.memberKind,
        operation,
        at: this.now,
      })),
    );
    return edges;
  }

  async #append(drafts: readonly ChangeDraft[]): Promise<number> {
    const first = await this.tx.appendChanges(drafts);
    for (const [i, draft] of drafts.entries())
      this.#changes.push({ ...draft, revision: first + i } as Change);
    return first;
  }
}

/**
 * What came with a request, fit for a line of a log: control and direction characters escaped, and not long. A header
 * may end up here as a correlation id.
 */
function printable(text: string): string {
  return text
    .slice(0, 256)
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
}

function printableActor({ kind, id, actedBy }: AuditActor): AuditActor {
  return {
    kind,
    ...(id === undefined ? {} : { id: printable(id) }),
    ...(actedBy === undefined ? {} : { actedBy: printableActor(actedBy) }),
  };
}

/** The name a record goes by and the user it belongs to. */
function describe(kind: RecordKind, record: RecordTypes[RecordKind]): Pick<RecordChange, "name" | "user"> {
  switch (kind) {
    case "user":
      return { name: (record as RecordTypes["user"]).username };
    case "group":
    case "resource":
    case "attributeDefinition":
    case "organization":
      return { name: (record as RecordTypes["group"]).name };
    case "system":
      return { name: (record as RecordTypes["system"]).hostname };
    case "grant": {
      const { user } = record as RecordTypes["grant"];
      return user === undefined ? {} : { user };
    }
    case "credential": {
      const credential = record as RecordTypes["credential"];
      return { name: credential.kind, user: credential.user };
    }
    case "session":
      return { user: (record as RecordTypes["session"]).user };
  }
}
