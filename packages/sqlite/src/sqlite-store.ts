import {
  type CallOptions,
  DirectoryError,
  type ImmediateReader,
  type OrganizationId,
  type Reader,
  type Store,
  type Transaction,
} from "@directorykit/core";
import { openConnection, openWriter, prepareFile } from "./database-file.ts";
import { Dictionary } from "./dictionary.ts";
import type { SqlRow } from "./driver.ts";
import { HeldSnapshot } from "./held-snapshot.ts";
import { type ResolvedOptions, resolveOptions, type SqliteStoreOptions } from "./options.ts";
import { addDeferred, deferredStep, firstDeferred } from "./posting-index.ts";
import type { ReadSession } from "./read-session.ts";
import { ScanThread } from "./scan-thread.ts";
import { toDirectoryError } from "./sqlite-errors.ts";
import { type ImmediateSession, sqliteImmediate } from "./sqlite-immediate.ts";
import { sqliteReader } from "./sqlite-reader.ts";
import { sqliteTransaction, type WriteSession } from "./sqlite-transaction.ts";
import { StatementCache } from "./statement-cache.ts";
import { runSteps } from "./statement-steps.ts";
import { WriteQueue } from "./write-queue.ts";

interface OpenStore {
  readonly reads: ReadSession;
  readonly immediate: ImmediateSession;
  readonly writes: WriteSession;
  readonly queue: WriteQueue;
  close(): Promise<void>;
}

/**
 * A durable store in one SQLite file: the embedded default. Nothing is read or written before `open()`.
 *
 * @throws DirectoryError `misconfigured` when an option is not usable
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  const resolved = resolveOptions(options);
  let opened: Promise<OpenStore> | undefined;
  let current: OpenStore | undefined;
  const mustBeOpen = (): OpenStore => {
    if (current === undefined) throw new DirectoryError("store-unavailable", "the store is not open");
    return current;
  };
  const session = (): ReadSession => {
    const { reads, immediate } = mustBeOpen();
    // Names are looked up before rows are, and must not be looked for in the past either.
    immediate.snapshot.release();
    return reads;
  };
  return {
    capabilities: { durable: true },
    open: async () => {
      opened ??= openStore(resolved);
      try {
        current = await opened;
      } catch (error) {
        opened = undefined;
        throw error;
      }
    },
    close: async () => {
      const closing = current;
      current = undefined;
      opened = undefined;
      await closing?.close();
    },
    reader: (organization): Reader => ({
      ...sqliteReader(session, organization),
      immediate: immediateReads(() => current?.immediate, organization),
    }),
    transaction: async <T>(
      organization: OrganizationId,
      work: (tx: Transaction) => Promise<T>,
      call?: CallOptions,
    ): Promise<T> => {
      const { queue, writes } = mustBeOpen();
      if (call?.signal?.aborted === true) {
        throw new DirectoryError("timeout", "aborted before the transaction began");
      }
      return queue.run(async (isOpen) => work(sqliteTransaction(writes, organization, isOpen)), call?.signal);
    },
    collectGarbage: async (now, call) => {
      const { queue, writes } = mustBeOpen();
      return queue.run(
        async () => writes.statements.run("DELETE FROM expiring WHERE expires_at <= ?", [now]),
        call?.signal,
      );
    },
  };
}

/** The same object for as long as the store stays open. */
function immediateReads(
  session: () => ImmediateSession | undefined,
  organization: OrganizationId,
): () => ImmediateReader | undefined {
  let known: ImmediateSession | undefined;
  let reads: ImmediateReader | undefined;
  return () => {
    const now = session();
    if (now !== known) {
      known = now;
      reads = now === undefined ? undefined : sqliteImmediate(now, organization);
    }
    return reads;
  };
}

async function openStore(options: ResolvedOptions): Promise<OpenStore> {
  prepareFile(options.path);
  const writer = new StatementCache(await openWriter(options), options.maxStatements);
  const connection = openConnection(options, options.cacheBytes / 4);
  connection.exec("PRAGMA query_only = ON");
  const reader = new StatementCache(connection, options.maxStatements);
  const snapshot = new HeldSnapshot(reader);
  const scans = new ScanThread(options);
  const dictionary = new Dictionary(writer);
  const queue = new WriteQueue(
    writer,
    {
      waiting: options.maxWaitingTransactions,
      transactionMs: options.transactionTimeoutMs,
      lockMs: options.busyTimeoutMs,
    },
    {
      committing: () => snapshot.release(),
      committed: () => dictionary.committed(),
      rolledBack: () => dictionary.rolledBack(),
    },
  );
  // Names that are found are there for good, in whatever snapshot.
  const names = new Dictionary(reader);
  const present = <T>(read: () => T): T =>
    translated(() => {
      snapshot.release();
      return read();
    });
  const reads: ReadSession = {
    dictionary: names,
    mostHere: scans.usable ? options.mainThreadRows : Number.POSITIVE_INFINITY,
    completeIndex: () => {
      const isBehind = (): boolean => present(() => firstDeferred(reader)) !== undefined;
      if (!isBehind()) return undefined;
      return (async () => {
        while (isBehind()) await queue.run(async () => addDeferred(writer, deferredStep), undefined);
      })();
    },
    get: (sql, parameters) => present(() => reader.get(sql, parameters)),
    all: (steps, enough, signal) => {
      const here = (): readonly SqlRow[] => present(() => runSteps(reader, steps, enough));
      if (!scans.usable || steps.every((step) => step.rows <= options.mainThreadRows)) return here();
      return scans.run(steps, enough, signal).catch((error: unknown) => {
        // Where there can be no thread, for instance because a bundler left its file behind, reads still work.
        if (scans.usable) throw error;
        return here();
      });
    },
  };
  return {
    reads,
    immediate: { snapshot, dictionary: names },
    queue,
    writes: {
      statements: writer,
      dictionary,
      reads: {
        dictionary,
        mostHere: Number.POSITIVE_INFINITY,
        completeIndex: () => {
          translated(() => addDeferred(writer, Number.MAX_SAFE_INTEGER));
          return undefined;
        },
        get: (sql, parameters) => translated(() => writer.get(sql, parameters)),
        all: (steps, enough) => translated(() => runSteps(writer, steps, enough)),
      },
    },
    close: async () => {
      await queue.idle();
      await scans.close();
      snapshot.release();
      reader.connection.close();
      writer.connection.close();
    },
  };
}

function translated<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw toDirectoryError(error);
  }
}
