import type { Session } from "@directorykit/core";
import type { DynamicAuthorizationResult } from "./dynamic-authorization.ts";

/** Requests that are under way at once. */
const maxAsked = 512;
/** The same at one access server that answers; of another there is one, which shows whether it does. */
const maxAskedEach = 4;
/** The same at access servers that said nothing when they were asked last, so that they leave room for those that do. */
const maxProbing = 128;
/** Sessions that are still to be ended. */
const maxUndelivered = 100_000;
/** Milliseconds before an access server is asked again that said nothing: twice as long each time. */
const firstPauseMs = 1_000;
const longestSilenceMs = 60_000;
/** The same after a refusal, which will hardly change. */
const longestRefusalMs = 900_000;

/** What has to be known of a session to end it. */
export type ToldSession = Pick<Session, "user" | "data"> & { readonly handle?: string };

/** A session that its access server has to end. */
interface Undelivered {
  readonly key: string;
  readonly session: ToldSession;
  readonly lane: Lane;
  /** Nothing more is tried from this time on. */
  until: number;
  refusals: number;
  pause: NodeJS.Timeout | undefined;
  wasTold: boolean;
}

/** What waits for one access server: silence of one delays nobody else's. */
interface Lane {
  readonly address: string;
  /** Not asked yet: these go first, and without a pause. */
  readonly fresh: Set<Undelivered>;
  readonly again: Set<Undelivered>;
  size: number;
  asking: number;
  answers: boolean;
  silences: number;
  pause: NodeJS.Timeout | undefined;
}

/** What the queue works with. */
export interface DisconnectQueueContext {
  /** Asks once, in some seconds. Never rejects. */
  ask(session: ToldSession): Promise<DynamicAuthorizationResult>;
  /** Told of each session that an access server has ended, or does not know. */
  ended(key: string): void;
  /** Told the first time that one was not ended (`willRetry`), and when it is given up. */
  failed(session: ToldSession, outcome: DynamicAuthorizationResult["outcome"], willRetry: boolean): void;
  /** Told that one is not taken in, since there are too many. */
  isFull(): void;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/**
 * Sessions that access servers have to end, each asked for until it is answered or the session must be over anyhow. It
 * lives as long as the process.
 */
export class DisconnectQueue {
  readonly #context: DisconnectQueueContext;
  readonly #undelivered = new Map<string, Undelivered>();
  readonly #lanes = new Map<string, Lane>();
  #asking = 0;
  #probing = 0;
  #isClosed = false;

  constructor(context: DisconnectQueueContext) {
    this.#context = context;
  }

  /** Sessions that are still to be ended. */
  get size(): number {
    return this.#undelivered.size;
  }

  /** The session that waits under a key. */
  get(key: string): ToldSession | undefined {
    return this.#undelivered.get(key)?.session;
  }

  /** Has a session ended; of one that waits already only the time changes. */
  add(key: string, session: ToldSession, until: number): void {
    if (this.#isClosed) return;
    const known = this.#undelivered.get(key);
    if (known !== undefined) {
      known.until = Math.max(known.until, until);
      return;
    }
    if (this.#undelivered.size >= maxUndelivered) {
      this.#context.isFull();
      return;
    }
    const lane = this.#laneOf(session.data["address"] ?? "");
    const one = { key, session, lane, until, refusals: 0, pause: undefined, wasTold: false };
    this.#undelivered.set(key, one);
    lane.size += 1;
    lane.fresh.add(one);
    this.#run(lane);
  }

  /** A session need not be ended any more. */
  cancel(key: string): void {
    const one = this.#undelivered.get(key);
    if (one !== undefined) this.#forget(one);
  }

  /** The same for all of an access server, by what accounting calls it. */
  cancelAllOf(nas: string): void {
    for (const one of [...this.#undelivered.values()]) if (one.session.data["nas"] === nas) this.#forget(one);
  }

  /** Asks nobody any more. */
  close(): void {
    this.#isClosed = true;
    for (const one of [...this.#undelivered.values()]) this.#forget(one);
  }

  #laneOf(address: string): Lane {
    const known = this.#lanes.get(address);
    if (known !== undefined) return known;
    const lane: Lane = {
      address,
      fresh: new Set(),
      again: new Set(),
      size: 0,
      asking: 0,
      answers: false,
      silences: 0,
      pause: undefined,
    };
    this.#lanes.set(address, lane);
    return lane;
  }

  #forget(one: Undelivered): void {
    const { lane } = one;
    clearTimeout(one.pause);
    this.#undelivered.delete(one.key);
    lane.fresh.delete(one);
    lane.again.delete(one);
    lane.size -= 1;
    if (lane.size > 0) return;
    clearTimeout(lane.pause);
    this.#lanes.delete(lane.address);
  }

  #run(lane: Lane): void {
    for (let next = this.#next(lane); next !== undefined; next = this.#next(lane)) {
      if (next.until > this.#context.clock()) void this.#ask(next);
      else {
        this.#forget(next);
        this.#context.failed(next.session, "unanswered", false);
      }
    }
  }

  #next(lane: Lane): Undelivered | undefined {
    const most = lane.answers ? maxAskedEach : 1;
    if (this.#asking >= maxAsked || lane.asking >= most) return undefined;
    if (lane.silences > 0 && this.#probing >= maxProbing) return undefined;
    const [fresh] = lane.fresh;
    const [again] = lane.pause === undefined ? lane.again : [];
    const next = fresh ?? again;
    if (next === undefined) return undefined;
    lane.fresh.delete(next);
    lane.again.delete(next);
    return next;
  }

  async #ask(one: Undelivered): Promise<void> {
    const { lane } = one;
    const isProbe = lane.silences > 0;
    this.#asking += 1;
    lane.asking += 1;
    if (isProbe) this.#probing += 1;
    const wasFull = this.#asking >= maxAsked || this.#probing >= maxProbing;
    const { outcome } = await this.#context.ask(one.session);
    this.#asking -= 1;
    lane.asking -= 1;
    if (isProbe) this.#probing -= 1;
    if (this.#isClosed) return;
    this.#answered(one, outcome);
    if (wasFull) for (const other of [...this.#lanes.values()]) this.#run(other);
    else this.#run(lane);
  }

  #answered(one: Undelivered, outcome: DynamicAuthorizationResult["outcome"]): void {
    const { lane } = one;
    if (outcome === "unanswered") this.#pause(lane);
    else if (outcome !== "unsupported") {
      lane.silences = 0;
      lane.answers = true;
    }
    // Somebody may have said meanwhile that it is over.
    if (this.#undelivered.get(one.key) !== one) return;
    if (outcome === "acknowledged" || outcome === "over") {
      this.#forget(one);
      this.#context.ended(one.key);
      return;
    }
    if (!one.wasTold) this.#context.failed(one.session, outcome, true);
    one.wasTold = true;
    if (outcome === "unanswered") {
      lane.again.add(one);
      return;
    }
    one.refusals += 1;
    one.pause = setTimeout(
      () => {
        one.pause = undefined;
        lane.again.add(one);
        this.#run(lane);
      },
      pauseMs(one.refusals, longestRefusalMs),
    ).unref();
  }

  /** Those asked at the same time say nothing together: that counts once. */
  #pause(lane: Lane): void {
    lane.answers = false;
    if (lane.pause !== undefined) return;
    lane.silences += 1;
    lane.pause = setTimeout(
      () => {
        lane.pause = undefined;
        this.#run(lane);
      },
      pauseMs(lane.silences, longestSilenceMs),
    ).unref();
  }
}

function pauseMs(times: number, most: number): number {
  return Math.min(most, firstPauseMs * 2 ** Math.min(times - 1, 20));
}
