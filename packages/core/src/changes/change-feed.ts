import { DirectoryError, errorCodeOf } from "../errors.ts";
import type { Change } from "../model/change.ts";
import type { Logger } from "../ports/logger.ts";
import type { CallOptions, Reader } from "../store/store.ts";

/**
 * Told of changes in the order of commit, never twice. Must be quick and must not wait; what it throws is logged.
 * @param changes - at least one
 */
export type ChangeListener = (changes: readonly Change[]) => void;

/** How a node keeps up with what other nodes commit. */
export interface ChangeFeedOptions {
  /** Milliseconds between looks at the store for changes made elsewhere. Default 250. 0: nobody else writes. */
  readonly pollMs: number;
  /** How old, in milliseconds, what this node knows may be before it must look first. Default 1000. */
  readonly maxStalenessMs: number;
}

const pageSize = 1000;

interface Subscriber {
  readonly told: ChangeListener;
  readonly lost: (() => void) | undefined;
}

/**
 * What this node knows of the organization's change feed. Listeners hear of local commits before the caller of the
 * commit does, and of other nodes' commits within the polling interval. Everything cached hangs on it.
 */
export class ChangeFeed {
  readonly #reader: Reader;
  readonly #options: ChangeFeedOptions;
  readonly #logger: Logger;
  readonly #subscribers = new Set<Subscriber>();
  readonly #waiting = new Set<() => void>();
  /** The latest revision that was told. */
  #revision = 0;
  /** The latest revision this node is known to have committed. */
  #committed = 0;
  #syncedAt = Number.NEGATIVE_INFINITY;
  #syncing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(reader: Reader, options: ChangeFeedOptions, logger: Logger) {
    this.#reader = reader;
    this.#options = options;
    this.#logger = logger;
  }

  /** The latest revision this node knows. */
  get revision(): number {
    return this.#revision;
  }

  /** Starts at the store's present revision; what was before is not told to listeners. */
  async start(): Promise<void> {
    const startedAt = performance.now();
    this.#revision = await this.#reader.revision();
    this.#syncedAt = startedAt;
    if (this.#options.pollMs > 0) {
      this.#timer = setInterval(
        () => void this.sync().catch((error) => this.#report(error)),
        this.#options.pollMs,
      );
      this.#timer.unref();
    }
  }

  /** Stops polling and ends all iterations. Nothing is fresh after it. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#wake();
  }

  /** Whether what this node knows is young enough to decide by. */
  isFresh(): boolean {
    if (this.#closed || this.#revision < this.#committed) return false;
    return this.#options.pollMs === 0 || performance.now() - this.#syncedAt <= this.#options.maxStalenessMs;
  }

  /**
   * Makes sure of it, looking at the store if need be.
   * @throws DirectoryError `store-unavailable` when the store cannot be read or the directory is closed, `timeout`
   * when the signal aborts first
   */
  async ensureFresh(options: CallOptions = {}): Promise<void> {
    if (this.isFresh()) return;
    const asked = performance.now();
    const committed = this.#committed;
    // A look that others share may have begun too long ago; one that begins after the question never has.
    do await within(this.sync(), options.signal);
    while (!this.isFresh() && this.#syncedAt < asked);
    if (this.#revision < committed)
      throw new DirectoryError("store-unavailable", "the store does not show what it has committed");
  }

  /**
   * Takes in everything that is in the store by now, however young what this node knows is.
   * @returns the latest revision
   * @throws DirectoryError as for {@link ChangeFeed.ensureFresh}
   */
  async catchUp(options: CallOptions = {}): Promise<number> {
    await this.ensureFresh(options);
    const latest = await this.#reader.revision(options);
    // A look that others share may have begun before the revision was read; the next one has not.
    for (let looks = 0; this.#revision < latest && looks < 3; looks++)
      await within(this.sync(), options.signal);
    if (this.#revision < latest)
      throw new DirectoryError("store-unavailable", "the store does not show its latest change");
    return this.#revision;
  }

  /** Reads on from the last known revision. Calls made meanwhile share the work. */
  sync(): Promise<void> {
    if (this.#closed)
      return Promise.reject(new DirectoryError("store-unavailable", "the directory is closed"));
    this.#syncing ??= this.#readOn().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /**
   * Takes in changes this node has just committed. If others came between, reads those first. Never rejects: the
   * changes are in the store. If they cannot be read back now, nothing is fresh until they can.
   */
  async committed(changes: readonly Change[]): Promise<void> {
    const first = changes[0]?.revision;
    const last = changes.at(-1)?.revision;
    if (first === undefined || last === undefined) return;
    this.#committed = Math.max(this.#committed, last);
    try {
      // The first look may be one that began before the commit; the one after it is not.
      for (let looks = 0; this.#revision < last && looks < 3; looks++) {
        if (first === this.#revision + 1) this.#publish(changes);
        else await this.sync();
      }
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * Adds a listener.
   * @param lost - called when changes were dropped by the store before this node saw them: whatever hangs on them is
   * void
   * @returns the call that removes it
   */
  listen(told: ChangeListener, lost?: () => void): () => void {
    const subscriber: Subscriber = { told, lost };
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /**
   * Changes after a revision, for ever or until the signal aborts or the directory closes. Backed by the store, so a
   * slow consumer loses nothing and may come back later with the last revision it saw.
   *
   * @throws DirectoryError `limit-exceeded` when the store no longer keeps changes that old; `invalid-input` when the
   * revision is none, or has not happened yet, as after a restore from a backup
   */
  async *read(after: number, options: CallOptions = {}): AsyncGenerator<Change, void, void> {
    if (!Number.isSafeInteger(after) || after < 0)
      throw new DirectoryError("invalid-input", "a revision is a whole number from 0");
    const ended = (): boolean => this.#closed || options.signal?.aborted === true;
    let position = after;
    while (!ended()) {
      const page = await this.#reader.changes(position, pageSize, options).catch((error: unknown) => {
        if (ended()) return undefined;
        throw error;
      });
      if (page === undefined) return;
      if (page.revision < position)
        throw new DirectoryError("invalid-input", "the change feed has not come that far", {
          details: { after: position, revision: page.revision },
        });
      if (page.oldest > position + 1 && page.revision > position) {
        throw new DirectoryError("limit-exceeded", "the change feed no longer reaches back that far", {
          details: { limit: "changeRetention", oldest: page.oldest },
        });
      }
      for (const change of page.changes) {
        if (ended()) return;
        yield change;
        position = change.revision;
      }
      if (page.changes.length === 0) await this.#moved(position, options.signal);
    }
  }

  async #readOn(): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const page = await this.#reader.changes(this.#revision, pageSize);
      if (this.#closed) return;
      // Commits of this node may have been told while the page was read.
      const news = page.changes.filter((change) => change.revision > this.#revision);
      const [first] = news;
      if (first !== undefined) {
        if (first.revision !== this.#revision + 1) this.#lose();
        this.#publish(news);
      } else if (page.revision > this.#revision && page.oldest > page.revision) {
        // Everything up to now was dropped; what comes next starts from here.
        this.#revision = page.revision;
        this.#lose();
        this.#wake();
      }
      if (page.changes.length < pageSize) break;
    }
    this.#syncedAt = startedAt;
  }

  #publish(changes: readonly Change[]): void {
    this.#revision = (changes.at(-1) as Change).revision;
    for (const { told } of this.#subscribers) this.#call(() => told(changes));
    this.#wake();
  }

  #lose(): void {
    this.#logger.warn({ revision: this.#revision }, "the store dropped changes this node has not seen");
    for (const { lost } of this.#subscribers) if (lost !== undefined) this.#call(lost);
  }

  /** One listener's fault is not the next one's. */
  #call(listener: () => unknown): void {
    try {
      const result = listener();
      // An async function fits where nothing is returned; its rejection must not end the process.
      if (result instanceof Promise) result.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #moved(position: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#revision > position || this.#closed || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  #report(error: unknown): void {
    if (this.#closed) return;
    this.#logger.error(
      { code: errorCodeOf(error), error: error instanceof Error ? error.message : String(error) },
      "change feed",
    );
  }
}

/** Stops waiting when the signal aborts; the work itself goes on for others. */
async function within(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  const timeout = (): DirectoryError =>
    new DirectoryError("timeout", "the caller stopped waiting for the store");
  if (signal.aborted) throw timeout();
  let abort: () => void = () => {};
  try {
    await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        abort = () => reject(timeout());
        signal.addEventListener("abort", abort);
      }),
    ]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
