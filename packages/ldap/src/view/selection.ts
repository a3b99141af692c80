import { encodePartialAttribute, renamePartialAttribute } from "../codec/index.ts";
import type { Entry, EntryAttribute } from "./entry.ts";
import { binaryOption, type Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** Which attributes a search asked for (RFC 4511 §4.5.1.8, RFC 3673, RFC 4529). */
export class Selection {
  readonly #user: boolean;
  readonly #operational: boolean;
  readonly #types: ReadonlySet<AttributeTypeDefinition>;
  /** Types that were asked for with `;binary`, and go out so. */
  readonly #binary: ReadonlySet<AttributeTypeDefinition>;
  /** Whether attributes go out without their values. */
  readonly typesOnly: boolean;

  constructor(attributes: readonly string[], typesOnly: boolean, schema: Schema) {
    const types = new Set<AttributeTypeDefinition>();
    const binary = new Set<AttributeTypeDefinition>();
    for (const name of attributes) {
      if (name.startsWith("@")) {
        for (const type of schema.typesOf(name.slice(1))) types.add(type);
        continue;
      }
      const type = schema.type(name);
      if (type === undefined) continue;
      types.add(type);
      if (name.includes(";")) binary.add(type);
    }
    // What extensibleObject allows is every user attribute (RFC 4512 §4.3).
    const all = attributes.some((name) => name === "*" || name.toLowerCase() === "@extensibleobject");
    this.#binary = binary;
    this.#user = attributes.length === 0 || all;
    this.#operational = attributes.includes("+");
    this.#types = types;
    this.typesOnly = typesOnly;
  }

  /** The types that go out, where none do but those that were named. */
  get named(): ReadonlySet<AttributeTypeDefinition> | undefined {
    return this.#user || this.#operational ? undefined : this.#types;
  }

  /** Whether attributes of this type go out. */
  has(type: AttributeTypeDefinition | undefined): boolean {
    if (type === undefined) return false;
    return this.#types.has(type) || (type.operational === true ? this.#operational : this.#user);
  }

  /** How attributes of a type are described when they go out. */
  describe(type: AttributeTypeDefinition): string {
    const name = type.names[0] as string;
    return this.#binary.has(type) ? `${name}${binaryOption}` : name;
  }

  /** The encoded attributes of an entry that go out, with or without values. */
  apply(entry: Entry, isSelf: boolean, hidden: ReadonlySet<AttributeTypeDefinition>): Uint8Array[] {
    const chosen: Uint8Array[] = [];
    for (const attribute of entry.attributes) {
      if (this.has(attribute.type) && (!attribute.selfOnly || isSelf) && !hidden.has(attribute.type)) {
        const encoded = this.typesOnly ? withoutValues(attribute) : attribute.encoded;
        const { type } = attribute;
        chosen.push(this.#binary.has(type) ? renamePartialAttribute(encoded, this.describe(type)) : encoded);
      }
    }
    return chosen;
  }
}

const bare = new Map<string, Uint8Array>();

function withoutValues(attribute: EntryAttribute): Uint8Array {
  const name = attribute.type.names[0] as string;
  let encoded = bare.get(name);
  if (encoded === undefined) {
    encoded = encodePartialAttribute(name, []);
    // Types come from the schema, so this is as small as the schema is.
    bare.set(name, encoded);
  }
  return encoded;
}
