import {
  type CallOptions,
  DirectoryError,
  type OrganizationId,
  type Reader,
  type Store,
  type Transaction,
} from "@directorykit/core";
import { openConnection, openWriter, prepareFile } from "./database-file.ts";
import { Dictionary } from "./dictionary.ts";
import type { SqlRow } from "./driver.ts";
import { type ResolvedOptions, resolveOptions, type SqliteStoreOptions } from "./options.ts";
import { addDeferred, deferredStep, firstDeferred } from "./posting-index.ts";
import type { ReadSession } from "./read-session.ts";
import { ScanThread } from "./scan-thread.ts";
import { toDirectoryError } from "./sqlite-errors.ts";
import { sqliteReader } from "./sqlite-reader.ts";
import { sqliteTransaction, type WriteSession } from "./sqlite-transaction.ts";
import { StatementCache } from "./statement-cache.ts";
import { runSteps } from "./statement-steps.ts";
import { WriteQueue } from "./write-queue.ts";

interface OpenStore {
  readonly reads: ReadSession;
  readonly writes: WriteSession;
  readonly queue: WriteQueue;
  close(): Promise<void>;
}

/**
 * A durable store in one SQLite file: the embedded default. Made for one process; nothing is read or written before
 * `open()`.
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
  const session = (): ReadSession => mustBeOpen().reads;
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
    reader: (organization): Reader => sqliteReader(session, organization),
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

async function openStore(options: ResolvedOptions): Promise<OpenStore> {
  prepareFile(options.path);
  const writer = new StatementCache(await openWriter(options), options.maxStatements);
  const connection = openConnection(options, options.cacheBytes / 4);
  connection.exec("PRAGMA query_only = ON");
  const reader = new StatementCache(connection, options.maxStatements);
  const scans = new ScanThread(options);
  const dictionary = new Dictionary(writer);
  const queue = new WriteQueue(
    writer,
    {
      waiting: options.maxWaitingTransactions,
      transactionMs: options.transactionTimeoutMs,
      lockMs: options.busyTimeoutMs,
    },
    { committed: () => dictionary.committed(), rolledBack: () => dictionary.rolledBack() },
  );
  const reads: ReadSession = {
    dictionary: new Dictionary(reader),
    completeIndex: () => {
      const isBehind = (): boolean => translated(() => firstDeferred(reader)) !== undefined;
      if (!isBehind()) return undefined;
      return (async () => {
        while (isBehind()) await queue.run(async () => addDeferred(writer, deferredStep), undefined);
      })();
    },
    get: (sql, parameters) => translated(() => reader.get(sql, parameters)),
    all: (steps, enough, signal) => {
      const here = (): readonly SqlRow[] => translated(() => runSteps(reader, steps, enough));
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
    queue,
    writes: {
      statements: writer,
      dictionary,
      reads: {
        dictionary,
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
