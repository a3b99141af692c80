import type { User } from "@directorykit/core";
import type { Control, SearchRequest } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { Selection } from "../view/selection.ts";
import { turn } from "../view/turn.ts";
import type { Dereferencer } from "./dereference.ts";
import type { EntrySource } from "./entry-source.ts";
import type { FoundEntry } from "./entry-stream.ts";

/** Where a search puts its entries. */
export interface EntrySink {
  /**
   * Takes an entry. A promise means "wait": the peer is slow to read.
   * @param about - ids of the people whose change may change the entry: the one it is about, their manager
   * @param controls - of the entry; default none
   */
  entry(
    objectName: Uint8Array,
    attributes: readonly Uint8Array[],
    about: readonly string[],
    controls?: readonly Control[],
  ): void | Promise<void>;
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
  async send(found: FoundEntry): Promise<void> {
    const now = performance.now();
    if (now > this.#deadline) throw timeUp;
    const entry = await this.#build(found);
    const isSelf = found.part === "user" && this.#source?.seesPrivate(found.record) === true;
    const about = found.part === "user" ? peopleIn(found.record) : nobody;
    const attributes = this.#selection.apply(entry, isSelf, this.#view.hidden);
    const control = await this.#dereferencer?.control(entry, isSelf);
    const controls = control === undefined ? undefined : [control];
    const waiting = this.#sink.entry(entry.objectName, attributes, about, controls) ?? turn(now);
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
