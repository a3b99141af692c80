import { BerTag, BerWriter, OperationTag } from "../codec/index.ts";
import { type EntryAttribute, type EntryTarget, generalizedTime } from "./entry.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Selection } from "./selection.ts";

/** Largest buffer that is kept for the next entry. */
const keptOctets = 262_144;

// Nothing here waits, so one buffer serves every search.
const scratch = new BerWriter(4096);

/**
 * Writes entries as they are sent, one after another into the same buffer: for the many entries of a listing, of which
 * nothing is looked at again. Attributes that are not selected must not be added.
 */
export class EntryWriter implements EntryTarget {
  readonly #selection: Selection;
  readonly #hidden: ReadonlySet<AttributeTypeDefinition>;
  #seesPrivate = false;

  /** @param hidden - types that nobody is shown */
  constructor(selection: Selection, hidden: ReadonlySet<AttributeTypeDefinition>) {
    this.#selection = selection;
    this.#hidden = hidden;
  }

  /**
   * Writes one entry.
   * @param seesPrivate - whether the reader may see what is shown only to the person themself
   * @param fill - adds its attributes
   * @returns the SearchResultEntry's protocolOp, good until anyone writes the next: to be copied at once
   */
  write(dn: string, seesPrivate: boolean, fill: (entry: EntryTarget) => void): Uint8Array {
    scratch.reset(keptOctets);
    this.#seesPrivate = seesPrivate;
    const op = scratch.begin(OperationTag.searchResEntry);
    scratch.string(dn);
    const list = scratch.begin(BerTag.sequence);
    fill(this);
    scratch.end(list);
    scratch.end(op);
    return scratch.finish();
  }

  add(type: AttributeTypeDefinition, values: readonly string[], selfOnly = false): void {
    if (values.length === 0 || !this.#isShown(type, selfOnly)) return;
    const attribute = scratch.begin(BerTag.sequence);
    scratch.string(this.#selection.describe(type));
    const set = scratch.begin(BerTag.set);
    if (!this.#selection.typesOnly) for (const value of values) scratch.string(value);
    scratch.end(set);
    scratch.end(attribute);
  }

  addEncoded({ type, encoded, selfOnly }: EntryAttribute): void {
    if (!this.#isShown(type, selfOnly)) return;
    if (this.#selection.typesOnly) this.addOctets(type, something);
    else scratch.raw(encoded);
  }

  addTime(type: AttributeTypeDefinition, ms: number): void {
    const time = generalizedTime(ms);
    if (time !== undefined) this.add(type, [time]);
  }

  addOctets(
    type: AttributeTypeDefinition,
    octets: readonly Uint8Array[],
    _values: readonly string[] = [],
    selfOnly = false,
  ): void {
    if (octets.length === 0 || !this.#isShown(type, selfOnly)) return;
    const attribute = scratch.begin(BerTag.sequence);
    scratch.string(this.#selection.describe(type));
    const set = scratch.begin(BerTag.set);
    if (!this.#selection.typesOnly) for (const value of octets) scratch.octets(value);
    scratch.end(set);
    scratch.end(attribute);
  }

  #isShown(type: AttributeTypeDefinition, selfOnly: boolean): boolean {
    return (!selfOnly || this.#seesPrivate) && !this.#hidden.has(type);
  }
}

/** Values that are not looked at. */
const something: readonly Uint8Array[] = [new Uint8Array(0)];
