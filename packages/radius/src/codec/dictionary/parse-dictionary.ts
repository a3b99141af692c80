import {
  type AttributeDataType,
  type AttributeDefinition,
  type AttributePath,
  formatPath,
  isExtendedType,
  type VendorFormat,
} from "./attribute-definition.ts";
import { checkDefinition } from "./check-definition.ts";
import type { Dictionary } from "./dictionary.ts";
import { DictionarySyntaxError } from "./dictionary-syntax-error.ts";
import {
  dataTypeWords,
  parseNumber,
  parseNumbers,
  parseVendorFormat,
  pathOf,
  withNested,
} from "./dictionary-words.ts";
import { standardDictionary } from "./standard-dictionary.ts";

/** The longest dictionary that is read, in UTF-16 code units: ten times the longest that is about. */
export const maxDictionaryLength = 1_048_576;

/**
 * Reads a dictionary in FreeRADIUS's text format, for `Dictionary.extend`:
 *
 * ```ts
 * const dictionary = standardDictionary.extend(parseDictionary(await readFile("dictionary.acme", "utf8")));
 * ```
 *
 * Known are `ATTRIBUTE` (with `has_tag`, `encrypt=1`, `encrypt=2` and `concat`), `VALUE`, `VENDOR` (with `format=`),
 * `BEGIN-VENDOR`, `END-VENDOR`, `BEGIN-TLV` and `END-TLV`. `array`, `virtual` and `secret` mean nothing here, and the
 * length in `octets[16]` is not enforced. Refused are `$INCLUDE`, as nothing here opens files; `encrypt=3`, which is
 * Ascend's; and values that go on in another attribute, as WiMAX has them.
 *
 * @param base - what is known already, and may be given more values and members. Default: the standard dictionary
 * @throws DictionarySyntaxError that names the line
 */
export function parseDictionary(
  text: string,
  base: Dictionary = standardDictionary,
): readonly AttributeDefinition[] {
  if (text.length > maxDictionaryLength)
    throw new DictionarySyntaxError(1, `longer than ${maxDictionaryLength} characters`);
  return new DictionaryParser(base).parse(text);
}

/** An attribute while more may be said of it. */
interface Draft {
  readonly line: number;
  readonly definition: Omit<AttributeDefinition, "values" | "members">;
  readonly values: Map<string, number>;
  readonly members: Draft[];
}

interface Vendor {
  readonly number: number;
  readonly format: VendorFormat | undefined;
}

/** A `BEGIN-VENDOR` that has not ended. */
interface VendorBlock extends Vendor {
  readonly name: string;
  readonly extended: number | undefined;
}

type Traits = Pick<AttributeDefinition, "tagged" | "encryption" | "concat">;

const flagTraits: ReadonlyMap<string, Traits> = new Map<string, Traits>([
  ["has_tag", { tagged: true }],
  ["encrypt=1", { encryption: "user-password" }],
  ["encrypt=2", { encryption: "tunnel-password" }],
  ["concat", { concat: true }],
  ["array", {}],
  ["virtual", {}],
  ["secret", {}],
]);

class DictionaryParser {
  readonly #base: Dictionary;
  readonly #vendors = new Map<string, Vendor>();
  readonly #byName = new Map<string, Draft>();
  readonly #byPath = new Map<string, Draft>();
  readonly #drafts: Draft[] = [];
  /** Values may be named before the attribute is. */
  readonly #values: (() => void)[] = [];
  readonly #tlvs: Draft[] = [];
  #vendor: VendorBlock | undefined;
  #line = 0;

  constructor(base: Dictionary) {
    this.#base = base;
  }

  parse(text: string): readonly AttributeDefinition[] {
    for (const line of text.split("\n")) {
      this.#line += 1;
      const words = line.replace(/#.*/, "").trim().split(/\s+/);
      const [word = "", ...args] = words;
      if (word !== "") this.#statement(word.toUpperCase(), args);
    }
    if (this.#tlvs.length > 0) throw this.#fault("a BEGIN-TLV has no END-TLV");
    if (this.#vendor !== undefined) throw this.#fault("a BEGIN-VENDOR has no END-VENDOR");
    for (const add of this.#values) add();
    return this.#drafts.map(finished);
  }

  #statement(word: string, args: readonly string[]): void {
    if (word === "ATTRIBUTE") this.#attribute(args);
    else if (word === "VALUE") this.#value(args);
    else if (word === "VENDOR") this.#defineVendor(args);
    else if (word === "BEGIN-VENDOR") this.#beginVendor(args);
    else if (word === "END-VENDOR") this.#endVendor(args);
    else if (word === "BEGIN-TLV") this.#beginTlv(args);
    else if (word === "END-TLV") this.#endTlv(args);
    else if (word.startsWith("$INCLUDE")) throw this.#fault("other files are not read: parse each by itself");
    else throw this.#fault(`${word.slice(0, 64)} is not understood`);
  }

  #attribute([name, number, type, ...flags]: readonly string[]): void {
    if (name === undefined || number === undefined || type === undefined)
      throw this.#fault("ATTRIBUTE takes a name, a number and a data type");
    const dataType = dataTypeWords.get(type.toLowerCase().replace(/^octets\[\d{1,3}\]$/, "octets"));
    if (dataType === undefined) throw this.#fault(`there is no data type ${type.slice(0, 64)}`);
    const traits = this.#traits(flags);
    const path = this.#pathOf(number, traits.vendor);
    this.#add(name, path, dataType, traits.traits, traits.vendor ?? this.#vendor);
  }

  #traits(flags: readonly string[]): { readonly traits: Traits; readonly vendor: Vendor | undefined } {
    let traits: Traits = {};
    let vendor: Vendor | undefined;
    for (const flag of flags.flatMap((one) => one.split(","))) {
      // Old dictionaries name the vendor here.
      const named = this.#vendors.get(flag.toLowerCase());
      const known = flagTraits.get(flag.toLowerCase());
      if (named !== undefined) vendor = named;
      else if (known !== undefined) traits = { ...traits, ...known };
      else throw this.#fault(`the flag ${flag.slice(0, 64)} is not understood`);
    }
    return { traits, vendor };
  }

  #pathOf(word: string, vendor: Vendor | undefined): AttributePath {
    const numbers = parseNumbers(word);
    if (numbers === undefined)
      throw this.#fault("the number of an attribute is digits with dots between them");
    const tlv = this.#tlvs.at(-1);
    if (tlv !== undefined) return withNested(tlv.definition.path, numbers);
    const [type = 0, ...nested] = numbers;
    if (vendor !== undefined) return withNested({ vendor: vendor.number, type }, nested);
    if (this.#vendor === undefined) return pathOf(numbers);
    const { number, extended } = this.#vendor;
    return withNested({ ...(extended === undefined ? {} : { extended }), vendor: number, type }, nested);
  }

  #add(
    name: string,
    path: AttributePath,
    dataType: AttributeDataType,
    traits: Traits,
    vendor: Vendor | undefined,
  ): void {
    const vendorFormat =
      path.vendor === undefined ? undefined : (vendor?.format ?? this.#base.vendorFormat(path.vendor));
    const definition = { name, path, dataType, vendorFormat, ...traits };
    const draft: Draft = { line: this.#line, definition, values: new Map(), members: [] };
    const nested = path.nested ?? [];
    const siblings = nested.length === 0 ? this.#drafts : this.#parentOf(path, nested).members;
    this.#check(draft);
    siblings.push(draft);
    this.#byName.set(name.toLowerCase(), draft);
    this.#byPath.set(formatPath(path), draft);
  }

  /** The TLV around an attribute. */
  #parentOf(path: AttributePath, nested: readonly number[]): Draft {
    const { nested: _, ...outer } = path;
    const around = withNested(outer, nested.slice(0, -1));
    const known = this.#byPath.get(formatPath(around));
    const definition = known === undefined ? this.#base.byPath(around) : undefined;
    const parent = known ?? (definition && this.#adopted(definition));
    if (parent?.definition.dataType !== "tlv") throw this.#fault("there is no tlv of that number");
    return parent;
  }

  /** What the base defines, to be defined once more with what is added to it. */
  #adopted(definition: AttributeDefinition): Draft {
    const { path } = definition;
    if (path.nested !== undefined) {
      // With the TLV around it comes all that is in it.
      this.#parentOf(path, path.nested);
      return this.#byPath.get(formatPath(path)) as Draft;
    }
    const draft = this.#draftOf(definition);
    this.#drafts.push(draft);
    return draft;
  }

  #draftOf({ values = {}, members = [], ...definition }: AttributeDefinition): Draft {
    const draft: Draft = {
      line: this.#line,
      definition,
      values: new Map(Object.entries(values)),
      members: members.map((one) => this.#draftOf(one)),
    };
    this.#byName.set(definition.name.toLowerCase(), draft);
    this.#byPath.set(formatPath(definition.path), draft);
    return draft;
  }

  #value([attribute, name, word]: readonly string[]): void {
    const number = parseNumber(word ?? "");
    if (attribute === undefined || name === undefined || number === undefined)
      throw this.#fault("VALUE takes the name of an attribute, a name and a number");
    const line = this.#line;
    this.#values.push(() => {
      this.#line = line;
      const known = this.#base.byName(attribute);
      const draft = this.#byName.get(attribute.toLowerCase()) ?? (known && this.#adopted(known));
      if (draft === undefined) throw this.#fault(`there is no attribute ${attribute.slice(0, 64)}`);
      draft.values.set(name, number);
      this.#check({ ...draft, values: new Map([[name, number]]) });
    });
  }

  #defineVendor([name, word, format]: readonly string[]): void {
    const number = parseNumber(word ?? "");
    if (name === undefined || number === undefined) throw this.#fault("VENDOR takes a name and a number");
    if (format !== undefined && !format.startsWith("format="))
      throw this.#fault("VENDOR takes nothing but format=");
    const parsed = format === undefined ? undefined : parseVendorFormat(format.slice("format=".length));
    if (format !== undefined && parsed === undefined)
      throw this.#fault("this format of vendors is not spoken");
    this.#vendors.set(name.toLowerCase(), { number, format: parsed });
  }

  #beginVendor([name = "", option]: readonly string[]): void {
    const vendor = this.#vendors.get(name.toLowerCase());
    if (this.#vendor !== undefined) throw this.#fault("a vendor within a vendor");
    if (vendor === undefined) throw this.#fault(`there is no vendor ${name.slice(0, 64)}`);
    this.#vendor = { ...vendor, name: name.toLowerCase(), extended: this.#extendedOf(option) };
  }

  /** Where in the extended space the attributes of a vendor stand: `format=` or `parent=` and a name of type `evs`. */
  #extendedOf(option: string | undefined): number | undefined {
    if (option === undefined) return undefined;
    const [, name = ""] = /^(?:format|parent)=(.+)$/i.exec(option) ?? [];
    const parent = this.#byName.get(name.toLowerCase())?.definition ?? this.#base.byName(name);
    const extended = parent?.path.extended;
    if (parent?.dataType !== "evs" || extended === undefined || !isExtendedType(extended))
      throw this.#fault("attributes of a vendor stand in an attribute of type evs, or say nothing of it");
    return extended;
  }

  #endVendor([name = ""]: readonly string[]): void {
    if (this.#vendor?.name !== name.toLowerCase()) throw this.#fault("this vendor has not begun");
    if (this.#tlvs.length > 0) throw this.#fault("a BEGIN-TLV has no END-TLV");
    this.#vendor = undefined;
  }

  #beginTlv([name = ""]: readonly string[]): void {
    const known = this.#base.byName(name);
    const tlv = this.#byName.get(name.toLowerCase()) ?? (known && this.#adopted(known));
    if (tlv?.definition.dataType !== "tlv") throw this.#fault(`there is no tlv ${name.slice(0, 64)}`);
    this.#tlvs.push(tlv);
  }

  #endTlv([name = ""]: readonly string[]): void {
    if (this.#tlvs.pop()?.definition.name.toLowerCase() !== name.toLowerCase())
      throw this.#fault("this tlv has not begun");
  }

  #check(draft: Draft): void {
    try {
      checkDefinition(finished({ ...draft, members: [] }));
    } catch (error) {
      throw error instanceof RangeError
        ? new DictionarySyntaxError(this.#line, error.message, { cause: error })
        : error;
    }
  }

  #fault(message: string): DictionarySyntaxError {
    return new DictionarySyntaxError(this.#line, message);
  }
}

function finished({ definition, values, members }: Draft): AttributeDefinition {
  return {
    ...definition,
    ...(values.size === 0 ? {} : { values: Object.fromEntries(values) }),
    ...(members.length === 0 ? {} : { members: members.map(finished) }),
  };
}
