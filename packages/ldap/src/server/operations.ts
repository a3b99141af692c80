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
  deadline: number;
  readonly ended: EndOfOperation;
}

/** What to do when an operation ends before its work does; it is no longer outstanding then. */
export interface EndOfOperation {
  /** Its time is up. */
  expire(): void;
  /** The peer cancels it. Absent when it cannot be cancelled. */
  readonly cancelled?: () => void;
  /** The server closes, and it would go on for ever. Absent when it ends by itself. */
  readonly closing?: () => void;
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
   * @param ended - of which at most one is called, once
   */
  begin(messageId: number, deadline: number, ended: EndOfOperation): Operation {
    const controller = new AbortController();
    const entry: Entry = { messageId, signal: controller.signal, controller, deadline, ended };
    this.#outstanding.set(messageId, entry);
    this.#running.add(entry);
    return entry;
  }

  /** The operation's work has stopped. @returns whether its answer is still waited for */
  end(operation: Operation): boolean {
    this.#running.delete(operation as Entry);
    return this.#forget(operation);
  }

  /** Lets one that is outstanding take as long as it likes from now on. */
  lift(messageId: number): void {
    const entry = this.#outstanding.get(messageId);
    if (entry !== undefined) entry.deadline = Number.POSITIVE_INFINITY;
  }

  /** Gives up the one of this messageID, if there is one. */
  abandon(messageId: number): void {
    const entry = this.#outstanding.get(messageId);
    if (entry !== undefined) this.giveUp(entry);
  }

  /** Gives one up. @returns whether its answer was still waited for */
  giveUp(operation: Operation): boolean {
    if (!this.#forget(operation)) return false;
    (operation as Entry).controller.abort();
    return true;
  }

  /**
   * Cancels one (RFC 3909).
   * @returns the result of the cancel operation
   */
  cancel(messageId: number): number {
    const entry = this.#outstanding.get(messageId);
    if (entry === undefined) return LdapResultCode.noSuchOperation;
    if (entry.ended.cancelled === undefined) return LdapResultCode.cannotCancel;
    this.giveUp(entry);
    entry.ended.cancelled();
    return LdapResultCode.success;
  }

  /** Ends those that would go on for ever. */
  endLasting(): void {
    for (const entry of [...this.#outstanding.values()]) {
      if (entry.ended.closing === undefined) continue;
      this.giveUp(entry);
      entry.ended.closing();
    }
  }

  /** Gives all up. */
  abandonAll(): void {
    for (const entry of [...this.#outstanding.values()]) this.giveUp(entry);
  }

  /** Ends those whose time is up; what hangs for longer is no longer waited for. */
  expire(now: number, reason: unknown): void {
    for (const entry of this.#running) {
      if (now <= entry.deadline) continue;
      this.#running.delete(entry);
      if (!this.#forget(entry)) continue;
      entry.controller.abort(reason);
      entry.ended.expire();
    }
  }

  #forget(operation: Operation): boolean {
    if (this.#outstanding.get(operation.messageId) !== operation) return false;
    return this.#outstanding.delete(operation.messageId);
  }
}
