import { DirectoryError } from "../errors.ts";
import type { Change } from "../model/change.ts";
import type { Logger } from "../ports/logger.ts";
import type { CallOptions, Reader } from "../store/store.ts";

/** Told of changes in the order of commit, never twice. Must be quick; what it throws is logged. */
export type ChangeListener = (changes: readonly Change[]) => void;

/** How a node keeps up with what other nodes commit. */
export interface ChangeFeedOptions {
  /** Milliseconds between looks at the store for changes made elsewhere. Default 250. 0: nobody else writes. */
  readonly pollMs: number;
  /** How old, in milliseconds, what this node knows may be before it must look first. Default 1000. */
  readonly maxStalenessMs: number;
}

const pageSize = 1000;

/**
 * What this node knows of the organization's change feed. Listeners hear of local commits before the caller of the
 * commit does, and of other nodes' commits within the polling interval. Everything cached hangs on it.
 */
export class ChangeFeed {
  readonly #reader: Reader;
  readonly #options: ChangeFeedOptions;
  readonly #logger: Logger;
  readonly #listeners = new Set<ChangeListener>();
  readonly #waiting = new Set<() => void>();
  #revision = 0;
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
    this.#revision = await this.#reader.revision();
    this.#syncedAt = performance.now();
    if (this.#options.pollMs > 0) {
      this.#timer = setInterval(
        () => void this.sync().catch((error) => this.#report(error)),
        this.#options.pollMs,
      );
      this.#timer.unref();
    }
  }

  /** Stops polling and ends all iterations. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#wake();
  }

  /** Whether what this node knows is young enough to decide by. */
  isFresh(): boolean {
    return this.#options.pollMs === 0 || performance.now() - this.#syncedAt <= this.#options.maxStalenessMs;
  }

  /**
   * Makes sure of it, looking at the store if need be.
   * @throws DirectoryError `store-unavailable` when the store cannot be read
   */
  async ensureFresh(): Promise<void> {
    if (!this.isFresh()) await this.sync();
  }

  /** Reads on from the last known revision. Calls made meanwhile share the work. */
  sync(): Promise<void> {
    this.#syncing ??= this.#readOn().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Takes in changes this node has just committed. If others came between, reads those first. */
  async committed(changes: readonly Change[]): Promise<void> {
    const first = changes[0];
    if (first === undefined) return;
    if (this.#syncing !== undefined) await this.#syncing.catch(() => {});
    if (first.revision === this.#revision + 1) this.#publish(changes);
    else if ((changes.at(-1) as Change).revision > this.#revision) await this.sync();
  }

  /** Adds a listener. @returns the call that removes it */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Changes after a revision, for ever or until the signal aborts or the directory closes. Backed by the store, so a
   * slow consumer loses nothing and may come back later with the last revision it saw.
   *
   * @throws DirectoryError `limit-exceeded` when the store no longer keeps changes that old
   */
  async *read(after: number, options: CallOptions = {}): AsyncGenerator<Change, void, void> {
    let position = after;
    while (!this.#closed && options.signal?.aborted !== true) {
      const page = await this.#reader.changes(position, pageSize, options);
      if (page.oldest > position + 1) {
        throw new DirectoryError("limit-exceeded", "the change feed no longer reaches back that far", {
          details: { limit: "changeRetention", oldest: page.oldest },
        });
      }
      for (const change of page.changes) {
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
      if (page.changes.length > 0) this.#publish(page.changes);
      if (page.changes.length < pageSize) break;
    }
    this.#syncedAt = startedAt;
  }

  #publish(changes: readonly Change[]): void {
    this.#revision = (changes.at(-1) as Change).revision;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#report(error);
      }
    }
    this.#wake();
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
    this.#logger.error({ error: error instanceof Error ? error.message : String(error) }, "change feed");
  }
}
