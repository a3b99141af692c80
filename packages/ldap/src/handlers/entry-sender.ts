import type { User } from "@directorykit/core";
import { type Control, joinSearchEntry, type SearchRequest } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { EntryWriter } from "../view/entry-writer.ts";
import type { EntryParts } from "../view/made-attribute.ts";
import { Selection } from "../view/selection.ts";
import { turn } from "../view/turn.ts";
import type { Dereferencer } from "./dereference.ts";
import type { EntrySource } from "./entry-source.ts";
import type { FoundEntry } from "./entry-stream.ts";

/** Where a search puts its entries. */
export interface EntrySink {
  /**
   * Takes an entry. A promise means "wait": the peer is slow to read.
   * @param op - a SearchResultEntry's protocolOp, to be copied at once
   * @param about - ids of the people whose change may change the entry: the one it is about, their manager
   * @param controls - of the entry; default none
   */
  entry(op: Uint8Array, about: readonly string[], controls?: readonly Control[]): void | Promise<void>;
}

/** Ends a search that has taken as long as it may: thrown here, and the reason of the signal when someone else notices. */
export const timeUp: unique symbol = Symbol("time limit");

const nobody: readonly string[] = [];

/** Puts the entries of one search together, with what was asked for and may be seen, and sends them in time. */
export class EntrySender {
  readonly #view: DirectoryView;
  readonly #source: EntrySource | undefined;
  readonly #sink: EntrySink;
  readonly #selection: Selection;
  /** With what the controls look at beside it. */
  readonly #wanted: Selection;
  readonly #dereferencer: Dereferencer | undefined;
  readonly #writer: EntryWriter;
  readonly #deadline: number;

  /**
   * @param source - what the reader sees; `undefined` before a bind
   * @param dereferencer - says what the entries name
   * @param deadline - on the clock of `performance.now()`
   */
  constructor(
    request: SearchRequest,
    view: DirectoryView,
    source: EntrySource | undefined,
    dereferencer: Dereferencer | undefined,
    sink: EntrySink,
    deadline: number,
  ) {
    this.#view = view;
    this.#source = source;
    this.#sink = sink;
    const { attributes, typesOnly } = request;
    this.#selection = new Selection(attributes, typesOnly, view.schema);
    this.#writer = new EntryWriter(this.#selection, view.hidden);
    this.#dereferencer = dereferencer;
    this.#wanted =
      dereferencer === undefined
        ? this.#selection
        : new Selection(
            [...(attributes.length === 0 ? ["*"] : attributes), ...dereferencer.names],
            false,
            view.schema,
          );
    this.#deadline = deadline;
  }

  /** Sends an entry. A promise means "wait". @throws {@link timeUp} */
  send(found: FoundEntry): void | Promise<void> {
    const now = performance.now();
    if (now > this.#deadline) throw timeUp;
    if (found.part === "fixed" || this.#dereferencer !== undefined) return this.#sendBuilt(found, now);
    const source = this.#source as EntrySource;
    if (found.part === "user") {
      const { record } = found;
      const parts = source.userParts(record, this.#selection);
      return parts instanceof Promise
        ? parts.then((fetched) => this.#sendUser(source, record, fetched, now))
        : this.#sendUser(source, record, parts, now);
    }
    const { record } = found;
    return source.groupParts(record, this.#selection).then((parts) => {
      const op = source.writeGroup(record, parts, this.#selection, this.#writer);
      return this.#sink.entry(op, nobody) ?? turn();
    });
  }

  #sendUser(source: EntrySource, user: User, parts: EntryParts, now: number): void | Promise<void> {
    const op = source.writeUser(user, parts, this.#selection, this.#writer);
    return this.#sink.entry(op, peopleIn(user)) ?? turn(now);
  }

  /** Sends an entry that is looked at before. */
  async #sendBuilt(found: FoundEntry, now: number): Promise<void> {
    const entry = await this.#build(found);
    const seesPrivate = found.part === "user" && this.#source?.seesPrivate(found.record) === true;
    const about = found.part === "user" ? peopleIn(found.record) : nobody;
    const control = await this.#dereferencer?.control(entry, seesPrivate);
    const attributes = this.#selection.apply(entry, seesPrivate, this.#view.hidden);
    const op = joinSearchEntry(entry.objectName, attributes);
    const controls = control === undefined ? undefined : [control];
    const waiting = this.#sink.entry(op, about, controls) ?? turn(now);
    if (waiting !== undefined) await waiting;
  }

  #build(found: FoundEntry): Entry | Promise<Entry> {
    if (found.part === "fixed") return found.entry;
    const source = this.#source as EntrySource;
    return found.part === "user"
      ? source.user(found.record, this.#wanted)
      : source.group(found.record, this.#wanted);
  }
}

function peopleIn(user: User): readonly string[] {
  const { manager } = user.employee;
  return manager === undefined ? [user.id] : [user.id, manager];
}
