import { encodePartialAttribute } from "../codec/index.ts";
import type { Entry, EntryAttribute } from "./entry.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** Which attributes a search asked for (RFC 4511 §4.5.1.8, RFC 3673). */
export class Selection {
  readonly #user: boolean;
  readonly #operational: boolean;
  readonly #types: ReadonlySet<AttributeTypeDefinition>;
  readonly #typesOnly: boolean;

  constructor(attributes: readonly string[], typesOnly: boolean, schema: Schema) {
    const types = new Set<AttributeTypeDefinition>();
    for (const name of attributes) {
      // An option asks for a subtype (RFC 4512 §2.5.2.1); no entry here has any, so such a name selects nothing.
      const type = name.includes(";") ? undefined : schema.type(name);
      if (type !== undefined) types.add(type);
    }
    this.#user = attributes.length === 0 || attributes.includes("*");
    this.#operational = attributes.includes("+");
    this.#types = types;
    this.#typesOnly = typesOnly;
  }

  /** Whether attributes of this type go out. */
  has(type: AttributeTypeDefinition | undefined): boolean {
    if (type === undefined) return false;
    return this.#types.has(type) || (type.operational === true ? this.#operational : this.#user);
  }

  /** The encoded attributes of an entry that go out, with or without values. */
  apply(entry: Entry, isSelf: boolean, hidden: ReadonlySet<AttributeTypeDefinition>): Uint8Array[] {
    const chosen: Uint8Array[] = [];
    for (const attribute of entry.attributes) {
      if (this.has(attribute.type) && (!attribute.selfOnly || isSelf) && !hidden.has(attribute.type)) {
        chosen.push(this.#typesOnly ? withoutValues(attribute) : attribute.encoded);
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
