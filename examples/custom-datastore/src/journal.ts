import { open } from "node:fs/promises";
import { DirectoryError } from "@directorykit/core";

/** One row as it is written: its table, its key and its value as JSON text; `null` where the row is gone. */
export type Row = readonly [table: string, key: string, json: string | null];

const header = { format: "directorykit-example-journal", version: 1 };

/** A file that only ever grows: a header, and then a line for each committed transaction. */
export interface Journal {
  /** Resolves when the line is on the disk; rejects with nothing added. */
  append(line: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file, hands on every whole line, and cuts off a last line that a crash left unfinished. */
export async function openJournal(
  path: string,
  replay: (organization: string, rows: Row[]) => void,
): Promise<Journal> {
  const file = await open(path, "r+")
    .catch(() => open(path, "wx+", 0o600))
    .catch(unavailable);
  let length = 0;
  const append = async (line: unknown): Promise<void> => {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      await file.write(bytes, 0, bytes.length, length);
      await file.datasync();
      length += bytes.length;
    } catch (cause) {
      await file.truncate(length).catch(() => {});
      unavailable(cause);
    }
  };
  try {
    const bytes = await file.readFile();
    length = bytes.lastIndexOf(10) + 1;
    const [first, ...lines] = bytes.toString("utf8", 0, length).split("\n").slice(0, -1);
    if (first !== undefined && first !== JSON.stringify(header))
      throw new DirectoryError("misconfigured", `${path} was not written by this version of the store`);
    for (const line of lines) replay(...(JSON.parse(line) as [string, Row[]]));
    await file.truncate(length);
    if (first === undefined) await append(header);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { append, close: () => file.close() };
}

function unavailable(cause: unknown): never {
  throw new DirectoryError("store-unavailable", "the journal could not be read or written", { cause });
}
