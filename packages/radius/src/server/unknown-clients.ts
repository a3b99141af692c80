import type { Logger } from "@directorykit/core";

const everyMs = 60_000;
const most = 1000;

/** Tells the log who asks without being a client: each address once a minute, and not more than a thousand of them. */
export class UnknownClients {
  readonly #logger: Logger;
  /** In the order in which they were told of. */
  readonly #told = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Notes a packet from an address that is no client's. */
  note(address: string): void {
    const now = performance.now();
    const last = this.#told.get(address);
    if (last !== undefined && now - last < everyMs) return;
    this.#told.delete(address);
    // Addresses are free to make up: each packet must cost no more than a look at those that are due.
    for (const [one, at] of this.#told) {
      if (now - at < everyMs) break;
      this.#told.delete(one);
    }
    if (this.#told.size >= most) return;
    this.#told.set(address, now);
    this.#logger.warn({ address }, "a RADIUS packet from an address that is no client's was dropped");
  }
}
