import { Worker } from "node:worker_threads";
import { DirectoryError } from "@directorykit/core";
import type { SqlRow } from "./driver.ts";
import { nodeSqliteDriver } from "./node-sqlite-driver.ts";
import type { ResolvedOptions } from "./options.ts";
import type { PlannedSql } from "./query-plan.ts";
import type { ScanAnswer, ScanRequest, ScanThreadData } from "./scan-worker.ts";
import { toDirectoryError } from "./sqlite-errors.ts";

interface Waiting {
  readonly request: ScanRequest;
  resolve(rows: readonly SqlRow[]): void;
  reject(error: unknown): void;
}

/** One worker thread for reads that take long. It starts with the first of them. */
export class ScanThread {
  readonly #options: ResolvedOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #broken = false;
  #last = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** Whether there is such a thread; without one, reads run where they are asked. */
  get usable(): boolean {
    const { driver } = this.#options;
    return !this.#broken && (driver === nodeSqliteDriver || driver.module !== undefined);
  }

  async run(
    steps: readonly PlannedSql[],
    enough: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly SqlRow[]> {
    if (this.#waiting.size >= this.#options.maxWaitingScans) {
      throw new DirectoryError("overloaded", "too many long reads are waiting", {
        details: { limit: "maxWaitingScans" },
      });
    }
    if (signal?.aborted === true) throw new DirectoryError("timeout", "aborted");
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#last += 1;
    const request: ScanRequest = {
      id: this.#last,
      steps: steps.map(({ text, parameters }) => ({ text, parameters })),
      ...(enough === undefined ? {} : { enough }),
    };
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        // The thread finishes what it has begun; its answer finds nobody waiting.
        this.#waiting.delete(request.id);
        reject(new DirectoryError("timeout", "aborted"));
      };
      const settle = (): void => signal?.removeEventListener("abort", onAbort);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(request.id, {
        request,
        resolve: (rows) => {
          settle();
          resolve(rows);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      worker.ref();
      worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#fail(new DirectoryError("store-unavailable", "the store was closed"));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const data: ScanThreadData = {
      path: this.#options.path,
      driver: this.#options.driver.module,
      cacheBytes: this.#options.cacheBytes / 4,
      mmapBytes: this.#options.mmapBytes,
      maxStatements: this.#options.maxStatements,
    };
    // The same folder holds the worker, as TypeScript in the repository and as JavaScript in the package.
    const file = import.meta.url.endsWith(".ts") ? "./scan-worker.ts" : "./scan-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: data });
    worker.unref();
    worker.on("message", (answer: ScanAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if (answer.rows !== undefined) waiting?.resolve(answer.rows);
      else waiting?.reject(toDirectoryError(answer.error));
    });
    const ended = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#broken = true;
      this.#fail(new DirectoryError("store-unavailable", "the thread for long reads ended", { cause }));
    };
    worker.on("error", ended);
    worker.on("exit", () => ended());
    return worker;
  }

  #fail(error: DirectoryError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}
