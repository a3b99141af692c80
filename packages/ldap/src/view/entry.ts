import { encodeObjectName, encodePartialAttribute, encodeTextAttribute } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** One attribute of an entry, encoded once and sent many times. */
export interface EntryAttribute {
  /** Its type. */
  readonly type: AttributeTypeDefinition;
  /** Values as text; octets of binary attributes one character each (latin1), or none where only the encoded form counts. */
  readonly values: readonly string[];
  /** PartialAttribute with values. */
  readonly encoded: Uint8Array;
  /** Shown only to the person themself. */
  readonly selfOnly: boolean;
}

/** An entry as it can be sent: its own DN, never the client's spelling, and its attributes. */
export interface Entry {
  /** Distinguished name. */
  readonly dn: string;
  /** The DN encoded. */
  readonly objectName: Uint8Array;
  /** Attributes in the order they are sent. */
  readonly attributes: readonly EntryAttribute[];
}

/** What attributes of an entry are added to. */
export interface EntryTarget {
  /** Adds an attribute; one without values is left out. @param selfOnly - shown only to the person themself */
  add(type: AttributeTypeDefinition, values: readonly string[], selfOnly?: boolean): unknown;
  /** Adds an attribute that was encoded before. */
  addEncoded(attribute: EntryAttribute): unknown;
  /** Adds a point in time, in milliseconds since the epoch; one that LDAP cannot tell is left out. */
  addTime(type: AttributeTypeDefinition, ms: number): unknown;
  /** Adds an attribute whose values are octets. @param values - the same as text, where they are to be compared */
  addOctets(
    type: AttributeTypeDefinition,
    octets: readonly Uint8Array[],
    values?: readonly string[],
    selfOnly?: boolean,
  ): unknown;
}

/** Puts an entry together. */
export class EntryBuilder implements EntryTarget {
  readonly #dn: string;
  readonly #attributes: EntryAttribute[] = [];

  constructor(dn: string) {
    this.#dn = dn;
  }

  /** Adds an attribute; one without values is left out. */
  add(type: AttributeTypeDefinition | undefined, values: readonly string[], selfOnly = false): this {
    if (type !== undefined && values.length > 0) {
      this.#attributes.push({
        type,
        values,
        encoded: encodeTextAttribute(type.names[0] as string, values),
        selfOnly,
      });
    }
    return this;
  }

  /** Adds an attribute that was encoded before. */
  addEncoded(attribute: EntryAttribute): this {
    this.#attributes.push(attribute);
    return this;
  }

  /** Adds a point in time, in milliseconds since the epoch; one that LDAP cannot tell is left out. */
  addTime(type: AttributeTypeDefinition, ms: number): this {
    const time = generalizedTime(ms);
    return time === undefined ? this : this.add(type, [time]);
  }

  /** Adds an attribute whose values are octets. @param values - the same as text, where they are to be compared */
  addOctets(
    type: AttributeTypeDefinition,
    octets: readonly Uint8Array[],
    values: readonly string[] = [],
    selfOnly = false,
  ): this {
    if (octets.length > 0) {
      this.#attributes.push({
        type,
        values,
        encoded: encodePartialAttribute(type.names[0] as string, octets),
        selfOnly,
      });
    }
    return this;
  }

  /** The entry. */
  build(): Entry {
    return { dn: this.#dn, objectName: encodeObjectName(this.#dn), attributes: this.#attributes };
  }
}

/**
 * GeneralizedTime of milliseconds since the epoch, in UTC and whole seconds (RFC 4517 §3.3.13); `undefined` outside
 * the years 0 to 9999, which have no such form.
 */
export function generalizedTime(ms: number): string | undefined {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return undefined;
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
