import { LdapResultCode } from "../codec/index.ts";

/** One operation under way. */
export interface Operation {
  /** The messageID of its request. */
  readonly messageId: number;
  /** Aborted when the operation is given up or out of time. */
  readonly signal: AbortSignal;
}

interface Entry extends Operation {
  readonly controller: AbortController;
  readonly deadline: number;
  readonly expire: () => void;
  readonly cancelled: (() => void) | undefined;
}

/**
 * The operations of one connection. One that was abandoned is no longer outstanding, so its messageID may be used
 * again, but counts as running until its work has stopped or its time is up: giving up must not be a way around the
 * limits.
 */
export class Operations {
  readonly #outstanding = new Map<number, Entry>();
  readonly #running = new Set<Entry>();

  /** Operations whose peer waits for an answer. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** Operations that work, whether anyone waits or not. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether the messageID is in use. */
  has(messageId: number): boolean {
    return this.#outstanding.has(messageId);
  }

  /**
   * Begins an operation.
   * @param deadline - when its time is up, by `performance.now()`
   * @param expire - called once after that; the operation is no longer outstanding then
   * @param cancelled - called when the peer cancels it, likewise; `undefined` when it cannot be cancelled
   */
  begin(messageId: number, deadline: number, expire: () => void, cancelled?: () => void): Operation {
    const controller = new AbortController();
    const { signal } = controller;
    const entry: Entry = { messageId, signal, controller, deadline, expire, cancelled };
    this.#outstanding.set(messageId, entry);
    this.#running.add(entry);
    return entry;
  }

  /** The operation's work has stopped. @returns whether its answer is still waited for */
  end(operation: Operation): boolean {
    this.#running.delete(operation as Entry);
    return this.#forget(operation);
  }

  /** Gives one up. */
  abandon(messageId: number): void {
    const entry = this.#outstanding.get(messageId);
    if (entry === undefined) return;
    this.#outstanding.delete(messageId);
    entry.controller.abort();
  }

  /**
   * Cancels one (RFC 3909).
   * @returns the result of the cancel operation
   */
  cancel(messageId: number): number {
    const entry = this.#outstanding.get(messageId);
    if (entry === undefined) return LdapResultCode.noSuchOperation;
    if (entry.cancelled === undefined) return LdapResultCode.cannotCancel;
    this.abandon(messageId);
    entry.cancelled();
    return LdapResultCode.success;
  }

  /** Gives all up. */
  abandonAll(): void {
    for (const messageId of [...this.#outstanding.keys()]) this.abandon(messageId);
  }

  /** Ends those whose time is up; what hangs for longer is no longer waited for. */
  expire(now: number, reason: unknown): void {
    for (const entry of this.#running) {
      if (now <= entry.deadline) continue;
      this.#running.delete(entry);
      if (!this.#forget(entry)) continue;
      entry.controller.abort(reason);
      entry.expire();
    }
  }

  #forget(operation: Operation): boolean {
    if (this.#outstanding.get(operation.messageId) !== operation) return false;
    return this.#outstanding.delete(operation.messageId);
  }
}
