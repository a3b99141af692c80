import {
  type AuditEvent,
  type ChangeDraft,
  DirectoryError,
  type IndexedRecord,
  type JsonValue,
  type OrganizationId,
  type Reader,
  type RecordKind,
  type Transaction,
} from "@directorykit/core";
import type { Dictionary } from "./dictionary.ts";
import type { SqlValue } from "./driver.ts";
import { membershipOf, membershipRow } from "./membership-row.ts";
import { changesPerRow } from "./migrations.ts";
import type { ReadSession } from "./read-session.ts";
import { encodeId } from "./record-id.ts";
import { RecordWriter } from "./record-writer.ts";
import { toDirectoryError } from "./sqlite-errors.ts";
import { sqliteReader } from "./sqlite-reader.ts";
import type { StatementCache } from "./statement-cache.ts";

const insertEdge =
  "INSERT OR IGNORE INTO edge (organization, member, container, kind, origin) VALUES (?, ?, ?, ?, ?)";
const insertAudit =
  "INSERT INTO audit (organization, id, action, actor, target, doc) VALUES (?, ?, ?, ?, ?, ?)";

/** The connection of the running transaction. */
export interface WriteSession {
  readonly statements: StatementCache;
  readonly dictionary: Dictionary;
  readonly reads: ReadSession;
}

/** A transaction of one organization, usable until `isOpen` says that it ended. */
export function sqliteTransaction(
  session: WriteSession,
  organizationId: OrganizationId,
  isOpen: () => boolean,
): Transaction {
  const { statements, dictionary } = session;
  const mustBeOpen = (): void => {
    if (!isOpen()) throw new DirectoryError("store-unavailable", "the transaction has ended");
  };
  const reader: Reader = sqliteReader(() => {
    mustBeOpen();
    return session.reads;
  }, organizationId);
  const records = new RecordWriter(statements, dictionary);

  /** Runs writes of the organization. Each call takes back what it did when it throws; see there. */
  const write = async <T>(steps: (organization: number) => T): Promise<T> => {
    mustBeOpen();
    try {
      return steps(dictionary.addOrganization(organizationId));
    } catch (error) {
      throw toDirectoryError(error);
    }
  };

  return {
    ...reader,
    appendChanges: (drafts) =>
      write((organization) => {
        const revision = statements.get(
          "UPDATE organization SET revision = revision + ? WHERE code = ? RETURNING revision",
          [drafts.length, organization],
        )?.[0] as number;
        const first = revision - drafts.length + 1;
        appendChanges(statements, organization, first, drafts);
        return first;
      }),
    insert: (kind, added) =>
      write((organization) => records.insert(organization, kind, added as readonly IndexedRecord[])),
    update: <K extends RecordKind>(kind: K, record: IndexedRecord<K>, expectedVersion: number) =>
      write((organization) =>
        records.update(organization, kind, record as unknown as IndexedRecord, expectedVersion),
      ),
    remove: (kind, id, expectedVersion) =>
      write((organization) => records.remove(organization, kind, id, expectedVersion)),
    addMembers: (edges) =>
      write((organization) => {
        const rows = edges.map((edge) => membershipRow(organization, edge));
        return edges.filter((_, i) => statements.run(insertEdge, rows[i] as readonly SqlValue[]) > 0);
      }),
    removeMembers: (edges) =>
      write((organization) =>
        edges.flatMap((edge) =>
          statements
            .all(
              "DELETE FROM edge WHERE organization = ? AND member = ? AND container = ? RETURNING container, member, kind, origin",
              [organization, encodeId(edge.member), encodeId(edge.group)],
            )
            .map(membershipOf),
        ),
      ),
    appendAudit: (events) => write((organization) => appendAudit(statements, organization, events)),
    putOnce: (key, value, expiresAt) =>
      write((organization) => {
        put(statements, [organization, `once:${key}`, expiresAt, JSON.stringify(value), null, null]);
      }),
    consumeOnce: (key, now) =>
      write((organization) => {
        const row = statements.get(
          "DELETE FROM expiring WHERE organization = ? AND key = ? AND expires_at > ? RETURNING value",
          [organization, `once:${key}`, now],
        );
        return row === undefined ? undefined : (JSON.parse(row[0] as string) as JsonValue);
      }),
    reserve: (key, expiresAt, now) =>
      write((organization) => {
        if (live(statements, organization, `reserve:${key}`, now) !== undefined) return false;
        put(statements, [organization, `reserve:${key}`, expiresAt, null, null, null]);
        return true;
      }),
    increment: (key, { by, max, expiresAt, now }) =>
      write((organization) => {
        const name = `counter:${key}`;
        const row = live(statements, organization, name, now);
        const before = { value: (row?.[1] ?? 0) as number, updatedAt: (row?.[2] ?? now) as number };
        const value = before.value + by;
        if (max !== undefined && value > max) return { ...before, applied: false };
        put(statements, [organization, name, (row?.[0] ?? expiresAt) as number, null, value, now]);
        return { value, updatedAt: now, applied: true };
      }),
    forget: (key) =>
      write((organization) => {
        statements.run("DELETE FROM expiring WHERE organization = ? AND key IN (?, ?)", [
          organization,
          `counter:${key}`,
          `reserve:${key}`,
        ]);
      }),
  };
}

function appendChanges(
  statements: StatementCache,
  organization: number,
  first: number,
  drafts: readonly ChangeDraft[],
): void {
  for (let from = 0; from < drafts.length; from += changesPerRow) {
    const together = drafts.slice(from, from + changesPerRow);
    statements.run("INSERT INTO change (organization, revision, doc) VALUES (?, ?, ?)", [
      organization,
      first + from + together.length - 1,
      JSON.stringify(together),
    ]);
  }
}

function appendAudit(statements: StatementCache, organization: number, events: readonly AuditEvent[]): void {
  statements.run("SAVEPOINT audit", []);
  try {
    for (const event of events) statements.run(insertAudit, auditRow(organization, event));
  } catch (error) {
    if (statements.connection.inTransaction) statements.run("ROLLBACK TO audit", []);
    throw error;
  } finally {
    if (statements.connection.inTransaction) statements.run("RELEASE audit", []);
  }
}

function auditRow(organization: number, event: AuditEvent): readonly SqlValue[] {
  const { id, action, actor, target } = event;
  return [organization, encodeId(id), action, actor.id ?? null, target?.id ?? null, JSON.stringify(event)];
}

function live(
  statements: StatementCache,
  organization: number,
  key: string,
  now: number,
): readonly SqlValue[] | undefined {
  return statements.get(
    "SELECT expires_at, counter, updated_at FROM expiring WHERE organization = ? AND key = ? AND expires_at > ?",
    [organization, key, now],
  );
}

function put(statements: StatementCache, row: readonly SqlValue[]): void {
  statements.run(
    "INSERT OR REPLACE INTO expiring (organization, key, expires_at, value, counter, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    row,
  );
}
