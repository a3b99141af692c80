import {
  type AttributeDefinition,
  type AttributePath,
  formatPath,
  usualVendorFormat,
  type VendorFormat,
} from "./attribute-definition.ts";
import { checkDefinition } from "./check-definition.ts";

/** Attributes by name and by place. Never changes: {@link Dictionary.extend} makes another one. */
export class Dictionary {
  readonly #byName = new Map<string, AttributeDefinition>();
  readonly #byPath = new Map<string, AttributeDefinition>();
  /** The standard space once more, as that is what most attributes are in. */
  readonly #standard: (AttributeDefinition | undefined)[] = new Array(256).fill(undefined);
  readonly #vendorFormats = new Map<number, VendorFormat>();

  /**
   * @throws RangeError that names the attribute, for a definition that cannot be worked with, and for a name that stands
   * for two places other than within TLVs
   */
  constructor(definitions: Iterable<AttributeDefinition> = []) {
    for (const definition of definitions) {
      checkDefinition(definition);
      this.#add(definition);
    }
  }

  /** The attribute of a name, in whatever case it is written; of those within several TLVs the first. */
  byName(name: string): AttributeDefinition | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The attribute of a place; of several defined there the last. */
  byPath(path: AttributePath): AttributeDefinition | undefined {
    const { extended, vendor, type, nested } = path;
    if (extended === undefined && vendor === undefined && nested === undefined) return this.#standard[type];
    return this.#byPath.get(formatPath(path));
  }

  /** How a vendor writes attributes; `undefined` for one of which no attribute is known. */
  vendorFormat(vendor: number): VendorFormat | undefined {
    return this.#vendorFormats.get(vendor);
  }

  /** Names of all attributes, as they are written in their definitions. */
  get names(): readonly string[] {
    return Array.from(this.#byName.values(), ({ name }) => name);
  }

  /** All attributes but those within a TLV, which are its `members`. */
  get definitions(): readonly AttributeDefinition[] {
    return Array.from(this.#byName.values()).filter(({ path }) => (path.nested ?? []).length === 0);
  }

  /**
   * A dictionary that has more attributes, for instance those of another vendor (`vendorAttribute`, `parseDictionary`).
   * One at a place that is known already takes precedence when packets are read; the other may still be written by its
   * name.
   *
   * @throws RangeError that names the attribute, for a definition that cannot be worked with, a name that stands for
   * another place already, and a vendor whose attributes would be written in two formats
   */
  extend(definitions: Iterable<AttributeDefinition>): Dictionary {
    return new Dictionary([...this.definitions, ...definitions]);
  }

  #add(definition: AttributeDefinition): void {
    const { name, path, vendorFormat, members } = definition;
    const key = formatPath(path);
    const known = this.#byName.get(name.toLowerCase());
    const isElsewhere = known !== undefined && formatPath(known.path) !== key;
    // TLVs of one kind have members of one kind.
    const isMember = path.nested !== undefined && known?.path.nested !== undefined;
    if (isElsewhere && !isMember)
      throw new RangeError(`${name}: the name stands for another attribute already`);
    if (path.vendor !== undefined && path.extended === undefined)
      this.#addVendor(path.vendor, name, vendorFormat);
    if (known !== undefined && !isElsewhere) this.#remove(known);
    if (!isElsewhere) this.#byName.set(name.toLowerCase(), definition);
    this.#byPath.set(key, definition);
    if (!key.includes(".")) this.#standard[path.type] = definition;
    for (const one of members ?? []) this.#add(one);
  }

  /** Makes room for a new definition of the same name, which then is the last of its place. */
  #remove({ name, path, members }: AttributeDefinition): void {
    const known = this.#byName.get(name.toLowerCase());
    if (known === undefined || formatPath(known.path) !== formatPath(path)) return;
    this.#byName.delete(name.toLowerCase());
    for (const one of members ?? []) this.#remove(one);
  }

  #addVendor(vendor: number, name: string, format: VendorFormat = usualVendorFormat): void {
    const known = this.#vendorFormats.get(vendor);
    if (
      known !== undefined &&
      (known.typeOctets !== format.typeOctets || known.lengthOctets !== format.lengthOctets)
    )
      throw new RangeError(`${name}: its vendor writes attributes in another format`);
    this.#vendorFormats.set(vendor, format);
  }
}
