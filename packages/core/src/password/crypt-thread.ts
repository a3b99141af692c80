import { Worker } from "node:worker_threads";
import { DirectoryError } from "../errors.ts";

/** A password to compare with a hash of `crypt(3)`. */
export interface CryptJob {
  /** How to compute it. */
  readonly family: "bcrypt" | "sha-crypt";
  /** The hash, found well-formed and within bounds. */
  readonly stored: string;
  /** The password, prepared. */
  readonly password: string;
}

/** A thread for hashes that exist only as synchronous JavaScript and would stop the event loop. */
export interface CryptThread {
  /**
   * Compares, after the jobs that came before.
   *
   * @throws DirectoryError `timeout` when the job takes too long, `overloaded` when the thread died at it,
   * `misconfigured` when the thread's file is not there (a bundler left it out)
   */
  verify(job: CryptJob): Promise<boolean>;
}

interface Pending {
  readonly job: CryptJob;
  settle(outcome: boolean | DirectoryError): void;
}

// Beside this file when it runs from source; beside the bundle, which is where this URL then points, when built.
const workerFile = new URL(
  import.meta.url.endsWith(".ts") ? "./crypt-worker.ts" : "./crypt-worker.js",
  import.meta.url,
);

/**
 * A thread that starts with the first job, starts again when it died, and keeps the process alive only while it has
 * something to do. Waiting jobs are not bounded here: the hash queue in front bounds them.
 *
 * @param file - what the thread runs
 * @param timeoutMs - milliseconds a job may take, once begun
 */
export function createCryptThread(file: URL = workerFile, timeoutMs = 10_000): CryptThread {
  const waiting: Pending[] = [];
  let current: Pending | undefined;
  let worker: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  function finish(outcome: boolean | DirectoryError): void {
    clearTimeout(timer);
    const finished = current;
    current = undefined;
    finished?.settle(outcome);
    next();
  }

  function next(): void {
    if (current !== undefined) return;
    current = waiting.shift();
    if (current === undefined) {
      worker?.unref();
      return;
    }
    worker ??= start();
    worker.ref();
    worker.postMessage(current.job);
    timer = setTimeout(() => {
      const late = worker;
      worker = undefined;
      void late?.terminate();
      finish(new DirectoryError("timeout", "Verifying an imported password hash took too long."));
    }, timeoutMs);
  }

  function start(): Worker {
    // No environment and no flags of the host: the thread computes, and needs neither secrets nor loaders.
    const started = new Worker(file, { env: {}, execArgv: [], name: "directorykit-crypt" });
    const died = (cause?: unknown): void => {
      if (worker !== started) return;
      worker = undefined;
      finish(deathOf(cause));
    };
    started.on("message", (matched: unknown) => {
      if (worker === started) finish(matched === true);
    });
    started.on("error", died);
    started.on("exit", () => died());
    return started;
  }

  return {
    verify: (job) =>
      new Promise((resolve, reject) => {
        const settle = (outcome: boolean | DirectoryError): void =>
          typeof outcome === "boolean" ? resolve(outcome) : reject(outcome);
        waiting.push({ job, settle });
        next();
      }),
  };
}

/** The process's one thread. Nothing starts before it gets a job. */
export const cryptThread: CryptThread = createCryptThread();

function deathOf(cause: unknown): DirectoryError {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND"
    ? new DirectoryError(
        "misconfigured",
        "The file of the thread that verifies imported hashes is missing.",
        { cause },
      )
    : new DirectoryError("overloaded", "The thread that verifies imported password hashes ended.", { cause });
}
