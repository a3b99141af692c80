import { DirectoryError } from "@directorykit/core";
import { isBusyError, toDirectoryError } from "./sqlite-errors.ts";
import type { StatementCache } from "./statement-cache.ts";

/** Limits of a {@link WriteQueue}. */
export interface WriteQueueLimits {
  /** Transactions that may wait; one more is refused. */
  readonly waiting: number;
  /** Longest run of one transaction's work, in milliseconds. */
  readonly transactionMs: number;
  /** Longest wait for another process that holds the write lock, in milliseconds. */
  readonly lockMs: number;
}

/** What the queue tells its owner, so that caches can follow. */
export interface WriteQueueEvents {
  /** Right before a commit, which happens before anything else can. */
  committing(): void;
  committed(): void;
  rolledBack(): void;
}

interface Job {
  /** Runs the work. @param isOpen - turns false when the transaction has ended, however it did */
  run(isOpen: () => boolean): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly signal: AbortSignal | undefined;
}

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** A group is committed when it has so many transactions, or is so old, though more are waiting. */
const groupSize = 256;
const groupMs = 5;

/**
 * Runs transactions one after another on the one connection that writes. Those that wait at the same time are
 * committed together, each in a savepoint of its own: making a commit durable is what costs, and it then costs once
 * for all. Each is answered only after the commit.
 */
export class WriteQueue {
  readonly #statements: StatementCache;
  readonly #limits: WriteQueueLimits;
  readonly #events: WriteQueueEvents;
  readonly #jobs: Job[] = [];
  #draining: Promise<void> | undefined;

  constructor(statements: StatementCache, limits: WriteQueueLimits, events: WriteQueueEvents) {
    this.#statements = statements;
    this.#limits = limits;
    this.#events = events;
  }

  run<T>(work: (isOpen: () => boolean) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#jobs.length >= this.#limits.waiting) {
      throw new DirectoryError("overloaded", "too many transactions are waiting", {
        details: { limit: "maxWaitingTransactions" },
      });
    }
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ run: work, resolve: resolve as (value: unknown) => void, reject, signal });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    do {
      // Let everyone who is about to ask join the group.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#group();
    } while (this.#jobs.length > 0);
    this.#draining = undefined;
  }

  async #group(): Promise<void> {
    const answers: (() => void)[] = [];
    const refuse: ((error: unknown) => void)[] = [];
    const failed = (error: unknown): void => {
      this.#abandon();
      for (const reject of refuse) reject(error);
    };
    try {
      await this.#begin();
    } catch (error) {
      for (const job of this.#jobs.splice(0)) job.reject(toDirectoryError(error));
      return;
    }
    const started = performance.now();
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      const { resolve, reject } = job;
      refuse.push(reject);
      const outcome = await this.#one(job, answers.length > 0);
      if (!this.#statements.connection.inTransaction) {
        failed(
          outcome.ok
            ? new DirectoryError("store-unavailable", "the transaction was given up")
            : outcome.error,
        );
        return;
      }
      answers.push(outcome.ok ? () => resolve(outcome.value) : () => reject(outcome.error));
      if (answers.length >= groupSize || performance.now() - started >= groupMs) break;
    }
    try {
      this.#events.committing();
      this.#statements.run("COMMIT", []);
    } catch (error) {
      failed(toDirectoryError(error));
      return;
    }
    this.#events.committed();
    for (const answer of answers) answer();
  }

  /** Takes the write lock. Waits for another process without holding up this one. */
  async #begin(): Promise<void> {
    const until = performance.now() + this.#limits.lockMs;
    for (;;) {
      try {
        this.#statements.run("BEGIN IMMEDIATE", []);
        return;
      } catch (error) {
        if (!isBusyError(error) || performance.now() >= until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  /**
   * Runs one transaction of the group. The first needs no savepoint, since there is nothing before it to keep; that
   * matters to imports, whose savepoint would copy every page they change.
   */
  async #one(job: Job, savepoint: boolean): Promise<Outcome> {
    if (job.signal?.aborted === true) return { ok: false, error: aborted() };
    let open = true;
    let usedAt = performance.now();
    try {
      if (savepoint) this.#statements.run("SAVEPOINT work", []);
      const value = await this.#bounded(
        // Every call of the transaction asks this first, so it also tells that the work goes on.
        job.run(() => {
          usedAt = performance.now();
          return open;
        }),
        job.signal,
        () => usedAt,
      );
      open = false;
      if (savepoint) this.#statements.run("RELEASE work", []);
      return { ok: true, value };
    } catch (error) {
      open = false;
      this.#undo(savepoint);
      return { ok: false, error: toDirectoryError(error) };
    }
  }

  #undo(savepoint: boolean): void {
    try {
      if (savepoint) {
        this.#statements.run("ROLLBACK TO work", []);
        this.#statements.run("RELEASE work", []);
      } else {
        this.#statements.run("ROLLBACK", []);
        this.#statements.run("BEGIN IMMEDIATE", []);
      }
      this.#events.rolledBack();
    } catch {
      // SQLite gave up the transaction by itself, or cannot begin another; the group ends here.
      this.#abandon();
    }
  }

  /** Waits for the work, as long as it uses the transaction now and then. */
  #bounded(work: Promise<unknown>, signal: AbortSignal | undefined, usedAt: () => number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const stop = (error: DirectoryError): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      };
      const onAbort = (): void => stop(aborted());
      const look = (): void => {
        const left = usedAt() + this.#limits.transactionMs - performance.now();
        if (left > 0) timer = setTimeout(look, left);
        else {
          stop(
            new DirectoryError("timeout", "the transaction stood still for too long and was rolled back", {
              details: { limit: "transactionTimeoutMs" },
            }),
          );
        }
      };
      let timer = setTimeout(look, this.#limits.transactionMs);
      signal?.addEventListener("abort", onAbort);
      work.then(
        (value) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          resolve(value);
        },
        (error: unknown) => stop(error as DirectoryError),
      );
    });
  }

  #abandon(): void {
    try {
      if (this.#statements.connection.inTransaction) this.#statements.connection.exec("ROLLBACK");
    } catch {
      // The connection is beyond help; the next BEGIN says so to whoever asks.
    }
    this.#events.rolledBack();
  }
}

function aborted(): DirectoryError {
  return new DirectoryError("timeout", "aborted");
}
