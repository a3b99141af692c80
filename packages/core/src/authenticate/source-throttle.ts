import type { Metrics } from "../ports/metrics.ts";

/** Limits on failed attempts from one address. */
export interface SourceThrottleOptions {
  /** Failures an address may make in a burst. Default 100: many people may sit behind one service. */
  readonly failureBurst: number;
  /** Failures an address earns back per minute. Default 60. */
  readonly failuresPerMinute: number;
  /** Addresses remembered; the one idle longest is forgotten first. Default 50,000. */
  readonly maxSources: number;
}

/** The values used where none are given. */
export const defaultSourceThrottle: SourceThrottleOptions = {
  failureBurst: 100,
  failuresPerMinute: 60,
  maxSources: 50_000,
};

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Slows down an address that fails often, on whichever protocol and whoever it tries to be. Kept in memory per node:
 * it shields the hashing queue, and the account locks behind it are shared.
 */
export class SourceThrottle {
  readonly #options: SourceThrottleOptions;
  readonly #metrics: Metrics;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: SourceThrottleOptions, metrics: Metrics) {
    this.#options = options;
    this.#metrics = metrics;
  }

  /** Whether the address may try now. Where it is not known nobody is held back: everyone would be, for one's faults. */
  allows(source: string, now: number): boolean {
    if (source === "") return true;
    const bucket = this.#buckets.get(source);
    if (bucket === undefined || this.#refill(bucket, now) >= 1) return true;
    this.#metrics.count("directorykit_source_throttled_total");
    return false;
  }

  /** Notes a failure. */
  failed(source: string, now: number): void {
    if (source === "") return;
    const bucket = this.#buckets.get(source) ?? { tokens: this.#options.failureBurst, at: now };
    bucket.tokens = Math.max(0, this.#refill(bucket, now) - 1);
    bucket.at = now;
    // Set anew so that the map's order is the order of use.
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > this.#options.maxSources) {
      const idle = this.#buckets.keys().next();
      if (idle.done !== true) this.#buckets.delete(idle.value);
    }
  }

  #refill(bucket: Bucket, now: number): number {
    const earned = (Math.max(0, now - bucket.at) / 60_000) * this.#options.failuresPerMinute;
    return Math.min(this.#options.failureBurst, bucket.tokens + earned);
  }
}
