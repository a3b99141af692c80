import { availableParallelism } from "node:os";
import { DirectoryError } from "../errors.ts";
import { type Metrics, noMetrics } from "../ports/metrics.ts";

/** For whom a piece of work is done, and until when. */
export interface HashWorkOptions {
  /**
   * Who asks, for fairness: a client's address, for instance. Sources take turns, and when the queue is full the one
   * with most work waiting loses its latest. Work without a source shares one place. Default none.
   */
  readonly source?: string;
  /** Stops waiting. Work that already runs on a thread runs to its end, but its result is dropped. */
  readonly signal?: AbortSignal;
}

/** Limits of a {@link HashQueue}. */
export interface HashQueueOptions {
  /**
   * Hashes computed at the same time. Default `max(1, min(cores, UV_THREADPOOL_SIZE - 2))`: Node's pool (4 threads
   * unless the variable says otherwise) also serves files and name lookups, which must not wait behind hashes.
   */
  readonly concurrency?: number;
  /** Work waiting at most. Default 256. */
  readonly maxQueued?: number;
  /** Milliseconds a piece of work waits at most before it starts. Default 2000. */
  readonly maxWaitMs?: number;
  /**
   * Receives `directorykit_password_queue_depth` (waiting work, at each arrival), `directorykit_password_queue_wait_ms`
   * (at each start) and the counter `directorykit_password_queue_refused` labelled with `reason`: `full`, `wait` or
   * `aborted`.
   */
  readonly metrics?: Metrics;
}

/** Work that is heavy on purpose, done a little at a time and fairly. */
export interface HashQueue {
  /**
   * Does the work when its turn comes.
   *
   * @throws DirectoryError `overloaded` when the queue is full or the work waited too long, `timeout` when the signal
   * aborted; otherwise what the work throws
   */
  run<T>(work: () => Promise<T>, options?: HashWorkOptions): Promise<T>;
  /** Pieces of work being done. */
  readonly active: number;
  /** Pieces of work waiting. */
  readonly queued: number;
}

interface Waiting {
  readonly source: string;
  readonly arrivedAt: number;
  /** Takes the turn: does the work. */
  start(): void;
  /** Gives the turn up. */
  refuse(reason: "full" | "wait" | "aborted"): void;
}

/**
 * A queue in front of work that occupies Node's thread pool.
 *
 * @throws DirectoryError `misconfigured` when a limit is not a whole number, or below 1 (0 for `maxQueued`)
 */
export function createHashQueue(options: HashQueueOptions = {}): HashQueue {
  const concurrency = limit(options.concurrency ?? defaultConcurrency(), 1, "concurrency");
  const maxQueued = limit(options.maxQueued ?? 256, 0, "maxQueued");
  const maxWaitMs = limit(options.maxWaitMs ?? 2000, 1, "maxWaitMs");
  const metrics = options.metrics ?? noMetrics;
  // A Map keeps the order in which sources came: the first is the next in turn, and goes to the end after it.
  const waiting = new Map<string, Waiting[]>();
  let active = 0;
  let queued = 0;

  function enqueue(entry: Waiting): boolean {
    if (queued >= maxQueued && !makeRoom(entry.source)) return false;
    const line = waiting.get(entry.source);
    if (line === undefined) waiting.set(entry.source, [entry]);
    else line.push(entry);
    queued += 1;
    return true;
  }

  /** Drops the latest work of the longest line, unless the newcomer's own line would then be as long. */
  function makeRoom(newcomer: string): boolean {
    let longest: Waiting[] = [];
    for (const line of waiting.values()) if (line.length > longest.length) longest = line;
    const latest = longest.at(-1);
    if (latest === undefined || (waiting.get(newcomer)?.length ?? 0) + 1 >= longest.length) return false;
    latest.refuse("full");
    return true;
  }

  function remove(entry: Waiting): void {
    const line = waiting.get(entry.source);
    const at = line?.indexOf(entry) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    if (line.length === 0) waiting.delete(entry.source);
    queued -= 1;
  }

  function startNext(): void {
    const next = waiting.entries().next().value;
    const entry = next?.[1][0];
    if (next === undefined || entry === undefined) return;
    remove(entry);
    if (next[1].length > 0) {
      waiting.delete(next[0]);
      waiting.set(next[0], next[1]);
    }
    metrics.observe("directorykit_password_queue_wait_ms", performance.now() - entry.arrivedAt);
    entry.start();
  }

  function run<T>(work: () => Promise<T>, { source = "", signal }: HashWorkOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const onAbort = (): void => entry.refuse("aborted");
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const entry: Waiting = {
        source,
        arrivedAt: performance.now(),
        start() {
          clearTimeout(timer);
          active += 1;
          void settle(work).then(({ value, error }) => {
            active -= 1;
            leave();
            if (error === undefined) resolve(value as T);
            else reject(error.cause);
            startNext();
          });
        },
        refuse(reason) {
          leave();
          remove(entry);
          metrics.count("directorykit_password_queue_refused", { reason });
          reject(refusal(reason, signal));
        },
      };
      if (signal?.aborted === true) return entry.refuse("aborted");
      signal?.addEventListener("abort", onAbort, { once: true });
      if (active < concurrency) return entry.start();
      if (!enqueue(entry)) return entry.refuse("full");
      metrics.observe("directorykit_password_queue_depth", queued);
      timer = setTimeout(() => entry.refuse("wait"), maxWaitMs);
    });
  }

  return {
    run,
    get active() {
      return active;
    },
    get queued() {
      return queued;
    },
  };
}

async function settle<T>(work: () => Promise<T>): Promise<{ value?: T; error?: { cause: unknown } }> {
  try {
    return { value: await work() };
  } catch (cause) {
    return { error: { cause } };
  }
}

function refusal(reason: "full" | "wait" | "aborted", signal: AbortSignal | undefined): DirectoryError {
  if (reason === "aborted") {
    return new DirectoryError("timeout", "The caller stopped waiting for a password hash.", {
      cause: signal?.reason,
    });
  }
  const message =
    reason === "full" ? "The password hash queue is full." : "A password hash waited too long for its turn.";
  return new DirectoryError("overloaded", message, { details: { reason } });
}

function limit(value: number, least: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= least && value <= 0x7fffffff) return value;
  throw new DirectoryError(
    "misconfigured",
    `The hash queue's ${name} must be a whole number of at least ${least}.`,
  );
}

function defaultConcurrency(): number {
  const { UV_THREADPOOL_SIZE = "" } = process.env;
  const poolSize = Number.parseInt(UV_THREADPOOL_SIZE, 10) || 4;
  return Math.max(1, Math.min(availableParallelism(), poolSize - 2));
}
