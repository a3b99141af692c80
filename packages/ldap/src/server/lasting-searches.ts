/** Counts searches that go on for ever, over all connections: each looks at every change. */
export class LastingSearches {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place. @returns the call that gives it back; `undefined` when there is none */
  take(): (() => void) | undefined {
    if (this.#count >= this.#most) return undefined;
    this.#count += 1;
    return () => {
      this.#count -= 1;
    };
  }
}
