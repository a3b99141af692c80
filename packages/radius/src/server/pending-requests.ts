import type { RadiusLimits } from "../options.ts";

/** Counts the requests that are being worked on, and keeps them within their limits. */
export class PendingRequests {
  readonly #limits: Pick<RadiusLimits, "maxPending" | "maxPendingPerClient">;
  readonly #perClient = new Map<string, number>();
  #all = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(limits: Pick<RadiusLimits, "maxPending" | "maxPendingPerClient">) {
    this.#limits = limits;
  }

  /** Begins one. @returns the limit that keeps it out, if one does */
  begin(address: string): "maxPending" | "maxPendingPerClient" | undefined {
    const own = this.#perClient.get(address) ?? 0;
    if (this.#all >= this.#limits.maxPending) return "maxPending";
    if (own >= this.#limits.maxPendingPerClient) return "maxPendingPerClient";
    this.#all += 1;
    this.#perClient.set(address, own + 1);
    return undefined;
  }

  /** Ends one. */
  end(address: string): void {
    this.#all -= 1;
    const left = (this.#perClient.get(address) ?? 1) - 1;
    if (left > 0) this.#perClient.set(address, left);
    else this.#perClient.delete(address);
    if (this.#all === 0) this.#idle?.resolve();
  }

  /** Resolves once nothing is being worked on. */
  async idle(): Promise<void> {
    if (this.#all === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
