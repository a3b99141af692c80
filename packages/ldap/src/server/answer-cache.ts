import type { Change } from "@directorykit/core";
import type { Schema } from "../view/schema.ts";

/** A search's whole answer, encoded. */
export interface CachedAnswer {
  /** protocolOps in order, the SearchResultDone last. */
  readonly ops: readonly Uint8Array[];
  /** People the answer is about. */
  readonly users: readonly string[];
  /** Whether only a change to those people can change it: the search named its one person by a unique value. */
  readonly pinned: boolean;
}

interface Slot extends CachedAnswer {
  readonly key: string;
  readonly bytes: number;
}

const overheadBytes = 512;

/**
 * Keeps answers to searches that were asked before, octet for octet, by readers who see the same. The change feed
 * throws out what a change may touch, before the call that made the change returns.
 */
export class AnswerCache {
  readonly #maxBytes: number;
  readonly #slots = new Map<string, Slot>();
  readonly #byUser = new Map<string, Set<string>>();
  readonly #loose = new Set<string>();
  #bytes = 0;
  #schema: Schema | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Octets in use, with an allowance for what keeps them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The answer that was kept, if it was made by the schema as it stands. */
  get(key: string, schema: Schema): CachedAnswer | undefined {
    this.#follow(schema);
    return this.#slots.get(key);
  }

  set(key: string, answer: CachedAnswer, schema: Schema): void {
    this.#follow(schema);
    const bytes = answer.ops.reduce((sum, op) => sum + op.length, overheadBytes + key.length * 2);
    // One answer may not push out most of the others.
    if (bytes > this.#maxBytes / 16) return;
    this.#drop(key);
    while (this.#bytes + bytes > this.#maxBytes) {
      const oldest = this.#slots.keys().next();
      if (oldest.done === true) break;
      this.#drop(oldest.value);
    }
    this.#slots.set(key, { ...answer, key, bytes });
    this.#bytes += bytes;
    if (!answer.pinned) this.#loose.add(key);
    for (const user of answer.users) {
      const keys = this.#byUser.get(user);
      if (keys === undefined) this.#byUser.set(user, new Set([key]));
      else keys.add(key);
    }
  }

  /** Throws out what the changes may touch. */
  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case "credential":
          // The age of a password is shown.
          if (change.name === "password" && change.user !== undefined) this.#dropUser(change.user);
          break;
        case "session":
        case "system":
          break;
        case "user":
          this.#dropUser(change.id);
          break;
        case "membership":
          if (change.memberKind === "user") this.#dropUser(change.member);
          else this.clear();
          break;
        default:
          this.clear();
      }
    }
  }

  clear(): void {
    this.#slots.clear();
    this.#byUser.clear();
    this.#loose.clear();
    this.#bytes = 0;
  }

  /** A schema is read some time after the change that made it new, so the change alone would come too early. */
  #follow(schema: Schema): void {
    if (schema === this.#schema) return;
    this.clear();
    this.#schema = schema;
  }

  #dropUser(user: string): void {
    for (const key of this.#byUser.get(user) ?? []) this.#drop(key);
    for (const key of this.#loose) this.#drop(key);
  }

  #drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#loose.delete(key);
    this.#bytes -= slot.bytes;
    for (const user of slot.users) {
      const keys = this.#byUser.get(user);
      keys?.delete(key);
      if (keys?.size === 0) this.#byUser.delete(user);
    }
  }
}
