import type { Change, Directory } from "@directorykit/core";

/** Changes that wait to be told, beyond which a consumer is sent to begin anew. */
const maxWaiting = 100_000;

/** The changes of an organization from the moment this is made, gathered while nobody asks. */
export class SyncFeed {
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  #waiting: Change[] = [];
  #isLost = false;
  #wake: () => void = () => {};

  constructor(directory: Directory, signal: AbortSignal) {
    this.#signal = signal;
    this.#stop = directory.onChanges(
      (changes) => {
        if (this.#waiting.length + changes.length > maxWaiting) this.#lose();
        else this.#waiting.push(...changes);
        this.#wake();
      },
      () => this.#lose(),
    );
    signal.addEventListener("abort", this.#aborted);
  }

  /** All changes since the last call, at least one; `lost` when some were missed, `ended` when the signal was aborted. */
  async next(): Promise<readonly Change[] | "lost" | "ended"> {
    while (this.#waiting.length === 0 && !this.#isLost && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    if (this.#signal.aborted) return "ended";
    if (this.#isLost) return "lost";
    const changes = this.#waiting;
    this.#waiting = [];
    return changes;
  }

  /** Listens no more. */
  close(): void {
    this.#stop();
    this.#signal.removeEventListener("abort", this.#aborted);
  }

  readonly #aborted = (): void => this.#wake();

  #lose(): void {
    this.#isLost = true;
    this.#waiting = [];
    this.#wake();
  }
}
