import { DirectoryError, type Store } from "@directorykit/core";
import { type Journal, openJournal } from "./journal.ts";
import { live, tablesReader } from "./reader.ts";
import { Tables } from "./tables.ts";
import { tablesTransaction } from "./transaction.ts";

/** A durable store in one file of JSON lines: all of it in memory, each transaction a line synced to the disk. */
export function fileStore(path: string): Store {
  const organizations = new Map<string, Tables>();
  let journal: Journal | undefined;
  // Everything that changes something waits for its turn; this is the end of the line.
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  const mustBeOpen = (): Journal => {
    if (journal === undefined) throw new DirectoryError("store-unavailable", "the store is not open");
    return journal;
  };
  const tablesOf = (organization: string): Tables => {
    const tables = organizations.get(organization) ?? new Tables();
    organizations.set(organization, tables);
    return tables;
  };
  const write = <T>(organization: string, work: (open: () => Tables) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const file = mustBeOpen();
      let overlay: Tables | undefined = new Tables(tablesOf(organization));
      const open = (): Tables => {
        if (overlay === undefined) throw new DirectoryError("store-unavailable", "the transaction has ended");
        return overlay;
      };
      try {
        const result = await work(open);
        const rows = overlay.written();
        overlay = undefined;
        if (rows.length > 0) await file.append([organization, rows]);
        tablesOf(organization).apply(rows);
        return result;
      } finally {
        overlay = undefined;
      }
    });

  return {
    capabilities: { durable: true },
    open: () =>
      inTurn(async () => {
        journal ??= await openJournal(path, (organization, rows) => tablesOf(organization).apply(rows));
      }),
    close: () =>
      inTurn(async () => {
        await journal?.close();
        journal = undefined;
        organizations.clear();
      }),
    reader: (organization) => tablesReader(() => mustBeOpen() && tablesOf(organization)),
    transaction: async (organization, work, options) => {
      if (options?.signal?.aborted === true) throw new DirectoryError("timeout", "aborted");
      return write(organization, (open) => work(tablesTransaction(open)));
    },
    collectGarbage: async (now) => {
      let dropped = 0;
      for (const organization of organizations.keys())
        await write(organization, async (open) => {
          const ended = open()
            .keys("expiring")
            .filter((key) => live(open(), key, now) === undefined);
          for (const key of ended) open().set("expiring", key, undefined);
          dropped += ended.length;
        });
      return dropped;
    },
  };
}
