/**
 * A set of texts each of which is in it for the same short while. What has had its time is gone from memory then,
 * whether anybody asks or not; the timer that sees to it does not keep the process alive.
 */
export class PassingSet {
  readonly #forMs: number;
  readonly #maxEntries: number;
  /** When each is to go, in the order in which they will. */
  readonly #until = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param forMs - milliseconds for which a text stays
   * @param maxEntries - most at a time; the oldest go
   */
  constructor(forMs: number, maxEntries: number) {
    this.#forMs = forMs;
    this.#maxEntries = maxEntries;
  }

  /** How many are in memory. */
  get size(): number {
    return this.#until.size;
  }

  /** Whether the text is in it. */
  has(text: string): boolean {
    this.#drop();
    return this.#until.has(text);
  }

  /** Puts the text in for its time, which begins anew if it is in already. */
  add(text: string): void {
    this.#until.delete(text);
    this.#until.set(text, performance.now() + this.#forMs);
    this.#drop();
  }

  /** Empties it, and stops the timer. It may be used again. */
  clear(): void {
    this.#until.clear();
    this.#drop();
  }

  #drop(): void {
    const now = performance.now();
    for (const [text, until] of this.#until) {
      if (until > now && this.#until.size <= this.#maxEntries) break;
      this.#until.delete(text);
    }
    this.#keepTime(now);
  }

  /** One timer for all: what it was set for may have gone already, but nothing that is left goes before it. */
  #keepTime(now: number): void {
    const next = this.#until.values().next();
    if (next.done === true) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const wake = (): void => {
      this.#timer = undefined;
      this.#drop();
    };
    this.#timer ??= setTimeout(wake, Math.ceil(next.value - now)).unref();
  }
}
