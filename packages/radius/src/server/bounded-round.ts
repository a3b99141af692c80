/** Looks at many things, a few at a time; one that is added again before its turn is looked at once. */
export class BoundedRound<T> {
  readonly #waiting = new Set<T>();
  readonly #most: number;
  readonly #look: (one: T) => Promise<void>;
  #looking = 0;

  /** @param look - never rejects */
  constructor(most: number, look: (one: T) => Promise<void>) {
    this.#most = most;
    this.#look = look;
  }

  /** Adds things to look at. */
  add(things: Iterable<T>): void {
    for (const one of things) this.#waiting.add(one);
    for (let left = this.#waiting.size; left > 0 && this.#looking < this.#most; left--) void this.#work();
  }

  /** Forgets those whose turn has not come. */
  clear(): void {
    this.#waiting.clear();
  }

  async #work(): Promise<void> {
    this.#looking += 1;
    for (const one of this.#waiting) {
      this.#waiting.delete(one);
      await this.#look(one);
    }
    this.#looking -= 1;
  }
}
