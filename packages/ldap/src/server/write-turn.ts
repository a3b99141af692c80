/** What has something to send. */
export interface Flushable {
  /** Sends it. Throws nothing: others wait behind it. */
  flush(): void;
}

/**
 * Lets connections that were read in one turn of the event loop send one after another at its end. A write wakes up a
 * peer that waits, and while its answer is being delivered the next request is not: with many connections that have one
 * request each, a fifth of the processor's time went into that.
 */
export class WriteTurn {
  #waiting = new Set<Flushable>();

  /** Has `one` send at the end of this turn. */
  add(one: Flushable): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    this.#waiting.add(one);
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = new Set();
    for (const one of all) one.flush();
  }
}
