import { parentPort, workerData } from "node:worker_threads";
import type { SqliteDriver, SqlRow, SqlValue } from "./driver.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import { StatementCache } from "./statement-cache.ts";
import { runSteps } from "./statement-steps.ts";

/** What the thread is started with. */
export interface ScanThreadData {
  readonly path: string;
  /** URL of the module that exports the driver; `undefined` for Node's own. */
  readonly driver: string | undefined;
  readonly cacheBytes: number;
  readonly mmapBytes: number;
  readonly maxStatements: number;
}

/** One read. */
export interface ScanRequest {
  readonly id: number;
  readonly steps: readonly { readonly text: string; readonly parameters: readonly SqlValue[] }[];
  readonly enough?: number;
}

/** Its answer: rows, or what went wrong. */
export interface ScanAnswer {
  readonly id: number;
  readonly rows?: readonly SqlRow[];
  readonly error?: { readonly message: string; readonly errcode?: number; readonly code?: string };
}

if (parentPort !== null) await serve(parentPort, workerData as ScanThreadData);

async function serve(port: NonNullable<typeof parentPort>, data: ScanThreadData): Promise<void> {
  const driver =
    data.driver === undefined
      ? nodeSqliteDriver
      : ((await import(data.driver)) as { readonly driver: SqliteDriver }).driver;
  const connection = driver.open(data.path);
  connection.exec(
    `PRAGMA busy_timeout = 50; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -${Math.ceil(data.cacheBytes / 1024)}; PRAGMA mmap_size = ${data.mmapBytes}; PRAGMA temp_store = MEMORY`,
  );
  const statements = new StatementCache(connection, data.maxStatements);
  port.on("message", (request: ScanRequest) => port.postMessage(answer(statements, request)));
}

function answer(statements: StatementCache, { id, steps, enough }: ScanRequest): ScanAnswer {
  try {
    // One read transaction, so that all statements see the same moment.
    statements.connection.exec("BEGIN");
    try {
      return { id, rows: runSteps(statements, steps, enough) };
    } finally {
      statements.connection.exec("COMMIT");
    }
  } catch (error) {
    const { message, errcode, code } = error as { message: string; errcode?: number; code?: string };
    return {
      id,
      error: {
        message,
        ...(errcode === undefined ? {} : { errcode }),
        ...(code === undefined ? {} : { code }),
      },
    };
  }
}
