/** Work that is given up when its time is over. */
export interface Deadline {
  /** Aborted then, with a `TimeoutError`. */
  readonly signal: AbortSignal;
}

interface Running extends Deadline {
  readonly controller: AbortController;
  readonly at: number;
}

/**
 * Aborts what takes too long. All have the same time, so that one timer serves them all, whereas `AbortSignal.timeout` has
 * one for each, which lives on for its whole time after the work is done.
 */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which their time is over. */
  readonly #running = new Set<Running>();
  #timer: NodeJS.Timeout | undefined;

  /** @param ms - milliseconds that each may take */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Works that have neither ended nor been given up. */
  get size(): number {
    return this.#running.size;
  }

  /** Begins one. */
  begin(): Deadline {
    const controller = new AbortController();
    const running = { controller, signal: controller.signal, at: performance.now() + this.#ms };
    this.#running.add(running);
    if (this.#timer === undefined) this.#wait(this.#ms);
    return running;
  }

  /** Ends one: it is not aborted any more. */
  end(one: Deadline): void {
    this.#running.delete(one as Running);
  }

  /** Forgets all. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running.clear();
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#abortOld(), ms).unref();
  }

  #abortOld(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const one of this.#running) {
      // A timer may be early by a fraction of a millisecond.
      if (one.at > now) {
        this.#wait(Math.ceil(one.at - now));
        return;
      }
      this.#running.delete(one);
      one.controller.abort(new DOMException("the request took too long", "TimeoutError"));
    }
  }
}
