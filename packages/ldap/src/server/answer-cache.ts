import type { Change } from "@directorykit/core";
import type { Schema } from "../view/schema.ts";
import { SearchPlans } from "./search-plans.ts";

/** A search's whole answer, encoded. */
export interface Answer {
  /** protocolOps in order, the SearchResultDone last. */
  readonly ops: readonly Uint8Array[];
  /** People the answer is about. */
  readonly users: readonly string[];
  /** Whether only a change to those people can change it: the search named its one person by a unique value. */
  readonly pinned: boolean;
}

/** An answer as it is kept. */
export interface KeptAnswer {
  /** Where its protocolOps lie, one behind another. */
  readonly slab: { readonly bytes: Buffer };
  /** The first octet. */
  readonly start: number;
  /** The octet behind the last one. */
  readonly end: number;
  /** People the answer is about. */
  readonly users: readonly string[];
}

/** Answers by what tells them apart. Only its {@link AnswerCache} puts some in. */
export type AnswerTable = ReadonlyMap<string, KeptAnswer>;

interface Slot extends KeptAnswer {
  readonly table: Map<string, Slot>;
  readonly key: string;
  readonly slab: Slab;
  readonly pinned: boolean;
  readonly cost: number;
}

/** Octets of many answers in one piece: to the garbage collector each of them would be a thing of its own. */
interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** All answers that were put in; those that are gone leave holes. */
  readonly slots: Slot[];
  live: number;
}

/** What an answer takes beside its octets and its key. */
const overheadBytes = 320;
const maxSlabBytes = 262_144;

/**
 * Keeps answers to searches that were asked before by readers who see the same: by the octets of the request, or by the
 * value in a planned one. The change feed throws out what a change may touch, before the call that made the change
 * returns.
 */
export class AnswerCache {
  /** Searches that differ only in a value. They hold for as long as nothing but people changes. */
  readonly plans: SearchPlans = new SearchPlans(this);
  readonly #maxBytes: number;
  readonly #byOctets = new Map<string, Slot>();
  readonly #tables = new Set<Map<string, Slot>>([this.#byOctets]);
  readonly #byUser = new Map<string, Slot | Set<Slot>>();
  readonly #loose = new Set<Slot>();
  /** The oldest first; the last one is being filled. */
  readonly #slabs: Slab[] = [];
  #bytes = 0;
  #schema: Schema | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Octets in use, with an allowance for what keeps them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes a table for the answers of one plan. */
  table(): AnswerTable {
    const table = new Map<string, Slot>();
    this.#tables.add(table);
    return table;
  }

  /** Throws out a table and what it holds. */
  dropTable(table: AnswerTable): void {
    for (const slot of (table as Map<string, Slot>).values()) this.#drop(slot);
    this.#tables.delete(table as Map<string, Slot>);
  }

  /** The answer to a request by its octets, if it was made by the schema as it stands. */
  get(key: string, schema: Schema): KeptAnswer | undefined {
    this.follow(schema);
    return this.#byOctets.get(key);
  }

  /** Keeps an answer by the octets of its request. */
  set(key: string, answer: Answer, schema: Schema): void {
    this.follow(schema);
    this.#keep(this.#byOctets, key, answer);
  }

  /** Keeps an answer in the table of a plan, unless the plan no longer holds. */
  keep(table: AnswerTable, key: string, answer: Answer): void {
    if (this.#tables.has(table as Map<string, Slot>)) this.#keep(table as Map<string, Slot>, key, answer);
  }

  /** A schema is read some time after the change that made it new, so the change alone would come too early. */
  follow(schema: Schema): void {
    if (schema === this.#schema) return;
    this.clear();
    this.#schema = schema;
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

  /** Throws out everything. */
  clear(): void {
    this.plans.clear();
    for (const table of this.#tables) table.clear();
    this.#tables.clear();
    this.#tables.add(this.#byOctets);
    this.#byUser.clear();
    this.#loose.clear();
    this.#slabs.length = 0;
    this.#bytes = 0;
  }

  #keep(table: Map<string, Slot>, key: string, { ops, users, pinned }: Answer): void {
    const length = ops.reduce((sum, op) => sum + op.length, 0);
    const cost = overheadBytes + key.length;
    // One answer may not push out most of the others.
    if (length + cost > this.#maxBytes / 16) return;
    const before = table.get(key);
    if (before !== undefined) this.#drop(before);
    const slab = this.#room(length, cost);
    const start = slab.used;
    for (const op of ops) {
      slab.bytes.set(op, slab.used);
      slab.used += op.length;
    }
    const slot: Slot = { table, key, slab, start, end: slab.used, users, pinned, cost };
    slab.slots.push(slot);
    slab.live += 1;
    this.#bytes += cost;
    table.set(key, slot);
    if (!pinned) this.#loose.add(slot);
    for (const user of users) {
      const slots = this.#byUser.get(user);
      if (slots === undefined) this.#byUser.set(user, slot);
      else if (slots instanceof Set) slots.add(slot);
      else this.#byUser.set(user, new Set([slots, slot]));
    }
  }

  /** A slab with so much room. The oldest slabs go for it. */
  #room(length: number, cost: number): Slab {
    const size = Math.max(length, Math.min(maxSlabBytes, Math.floor(this.#maxBytes / 16)));
    const last = this.#slabs.at(-1);
    let needed = last !== undefined && last.used + length <= last.bytes.length ? 0 : size;
    for (let oldest = this.#slabs[0]; oldest !== undefined; oldest = this.#slabs[0]) {
      if (this.#bytes + cost + needed <= this.#maxBytes) break;
      this.#dropSlab(oldest);
      if (oldest === last) needed = size;
    }
    if (last !== undefined && needed === 0) return last;
    const fresh: Slab = { bytes: Buffer.allocUnsafeSlow(size), used: 0, slots: [], live: 0 };
    this.#slabs.push(fresh);
    this.#bytes += size;
    return fresh;
  }

  #dropSlab(slab: Slab): void {
    for (const slot of slab.slots.splice(0)) this.#drop(slot);
    this.#free(slab);
  }

  #free(slab: Slab): void {
    const place = this.#slabs.indexOf(slab);
    if (place < 0) return;
    this.#slabs.splice(place, 1);
    this.#bytes -= slab.bytes.length;
  }

  #dropUser(user: string): void {
    const slots = this.#byUser.get(user);
    if (slots instanceof Set) for (const slot of slots) this.#drop(slot);
    else if (slots !== undefined) this.#drop(slots);
    for (const slot of this.#loose) this.#drop(slot);
  }

  #drop(slot: Slot): void {
    const { table, key, slab, users } = slot;
    if (table.get(key) !== slot) return;
    table.delete(key);
    this.#loose.delete(slot);
    for (const user of users) {
      const slots = this.#byUser.get(user);
      if (slots instanceof Set && slots.size > 1) slots.delete(slot);
      else this.#byUser.delete(user);
    }
    this.#bytes -= slot.cost;
    slab.live -= 1;
    if (slab.live > 0) return;
    if (slab !== this.#slabs.at(-1)) this.#free(slab);
    slab.used = 0;
    slab.slots.length = 0;
  }
}
