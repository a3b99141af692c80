/** Milliseconds for which it is remembered that a session has stopped: as long as access servers send a record again. */
const rememberedMs = 60_000;
const maxRemembered = 65_536;

/** Sessions whose Stop has come, by their handles, so that a record that was late does not bring them back. */
export class RecentlyStopped {
  readonly #stoppedAt = new Map<string, number>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Notes that one has stopped. */
  add(handle: string): void {
    const now = this.#clock();
    this.#stoppedAt.delete(handle);
    this.#stoppedAt.set(handle, now);
    for (const [oldest, at] of this.#stoppedAt) {
      if (at + rememberedMs > now && this.#stoppedAt.size <= maxRemembered) return;
      this.#stoppedAt.delete(oldest);
    }
  }

  /** Notes that one of the same name begins. */
  delete(handle: string): void {
    this.#stoppedAt.delete(handle);
  }

  /** Whether one has stopped in the last minute. */
  has(handle: string): boolean {
    const at = this.#stoppedAt.get(handle);
    return at !== undefined && at + rememberedMs > this.#clock();
  }
}
