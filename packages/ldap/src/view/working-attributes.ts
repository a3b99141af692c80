import { LdapResultCode, type ModifyOperation } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { UpdateRefusal } from "./update-refusal.ts";
import type { WrittenValue } from "./written-value.ts";

/** A modification whose values were read. */
export interface WrittenModification {
  readonly operation: ModifyOperation;
  readonly type: AttributeTypeDefinition;
  readonly values: readonly WrittenValue[];
}

type Values = ReadonlyMap<string, WrittenValue>;

const none: Values = new Map();

/** The attributes of an entry while the modifications of a request are made one after another (RFC 4511 §4.6). */
export class WorkingAttributes {
  readonly #before = new Map<AttributeTypeDefinition, Values>();
  /** Of types that were modified; made once for each, since requests may modify the same one thousands of times. */
  readonly #now = new Map<AttributeTypeDefinition, Map<string, WrittenValue>>();

  /** @param initial - what the entry shows */
  constructor(initial: Iterable<readonly [AttributeTypeDefinition, readonly WrittenValue[]]> = []) {
    for (const [type, values] of initial)
      this.#before.set(type, new Map(values.map((value) => [value.key, value])));
  }

  /** The values as they stand. */
  values(type: AttributeTypeDefinition | undefined): readonly WrittenValue[] {
    return type === undefined ? [] : [...this.#values(type).values()];
  }

  /** The values as the entry showed them. */
  initial(type: AttributeTypeDefinition | undefined): readonly WrittenValue[] {
    return type === undefined ? [] : [...(this.#before.get(type) ?? none).values()];
  }

  /** Types whose values are other ones by now. Another order of the same is none. */
  changed(): readonly AttributeTypeDefinition[] {
    return [...this.#now.keys()].filter((type) => this.isChanged(type));
  }

  /** Whether the values of a type are other ones by now. */
  isChanged(type: AttributeTypeDefinition | undefined): boolean {
    const now = type === undefined ? undefined : this.#now.get(type);
    if (type === undefined || now === undefined) return false;
    const before = this.#before.get(type) ?? none;
    if (now.size !== before.size) return true;
    for (const [key, { text }] of now) if (before.get(key)?.text !== text) return true;
    return false;
  }

  /** @throws UpdateRefusal when it cannot be made; what was worked out so far is of no use then */
  apply({ operation, type, values }: WrittenModification): void {
    const name = type.names[0] as string;
    refuseRepeats(name, values);
    const now = this.#modified(type);
    switch (operation) {
      case "add":
        if (values.length === 0)
          throw new UpdateRefusal(LdapResultCode.protocolError, `${name}: no values to add`);
        if (values.some(({ key }) => now.has(key)))
          throw new UpdateRefusal(LdapResultCode.attributeOrValueExists, `${name}: a value is there already`);
        for (const value of values) now.set(value.key, value);
        break;
      case "delete":
        if (values.some(({ key }) => !now.has(key)))
          throw new UpdateRefusal(LdapResultCode.noSuchAttribute, `${name}: a value is not there`);
        for (const { key } of values) now.delete(key);
        if (values.length === 0 && !deleteShown(now))
          throw new UpdateRefusal(LdapResultCode.noSuchAttribute, `${name}: there is none`);
        break;
      case "replace":
        deleteShown(now);
        for (const value of values) now.set(value.key, this.#standingFor(type, value));
        break;
      case "increment":
        increment(type, now, values);
    }
  }

  #modified(type: AttributeTypeDefinition): Map<string, WrittenValue> {
    let now = this.#now.get(type);
    if (now === undefined) {
      now = new Map(this.#before.get(type));
      this.#now.set(type, now);
    }
    return now;
  }

  #values(type: AttributeTypeDefinition): Values {
    return this.#now.get(type) ?? this.#before.get(type) ?? none;
  }

  /** A value that replaces an equal one stands for the same value of the record. */
  #standingFor(type: AttributeTypeDefinition, value: WrittenValue): WrittenValue {
    const stored = this.#before.get(type)?.get(value.key)?.stored;
    return stored === undefined ? value : { ...value, stored };
  }
}

function refuseRepeats(name: string, values: readonly WrittenValue[]): void {
  if (new Set(values.map(({ key }) => key)).size < values.length)
    throw new UpdateRefusal(LdapResultCode.attributeOrValueExists, `${name}: a value is given twice`);
}

/** Takes all values away that are shown. @returns whether there were any */
function deleteShown(now: Map<string, WrittenValue>): boolean {
  const before = now.size;
  for (const [key, { isUnshown }] of now) if (isUnshown !== true) now.delete(key);
  return now.size < before;
}

/** RFC 4525: adds a number to every value. */
function increment(
  type: AttributeTypeDefinition,
  now: Map<string, WrittenValue>,
  values: readonly WrittenValue[],
): void {
  const name = type.names[0] as string;
  const [by, ...more] = values;
  if (by === undefined || more.length > 0)
    throw new UpdateRefusal(LdapResultCode.protocolError, `${name}: an increment takes one value`);
  if (now.size === 0) throw new UpdateRefusal(LdapResultCode.noSuchAttribute, `${name}: there is none`);
  const sums = [...now.values()].map(({ text }) => {
    const sum = toInteger(text) + toInteger(by.text);
    if (type.syntax !== "integer" || !Number.isSafeInteger(sum))
      throw new UpdateRefusal(LdapResultCode.constraintViolation, `${name}: cannot be incremented so`);
    return String(sum);
  });
  now.clear();
  for (const text of sums) now.set(text, { key: text, text });
}

function toInteger(text: string): number {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
