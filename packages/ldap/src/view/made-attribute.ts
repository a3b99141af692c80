import type { Filter as CoreFilter, RecordTypes } from "@directorykit/core";
import { encodeTextAttribute } from "../codec/index.ts";
import type { Assertion } from "./assertion.ts";
import { always, attributeFilter, never, type TestedAttribute, unknown } from "./attribute-filter.ts";
import type { EntryAttribute, EntryTarget } from "./entry.ts";
import type { RelationTests } from "./relation-test.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { matchesValues, truthFilter } from "./value-match.ts";

/** Kinds of records that are entries. */
export type EntryOwner = "user" | "group";

/** What an entry needs that is not in its record, and is fetched only when an attribute that needs it is looked at. */
export interface EntryParts {
  /** The entry's DN. */
  readonly dn: string;
  /** DNs of the groups it is shown to be in. */
  readonly memberOf: readonly string[];
  /** DN of a person's manager, if the reader sees them. */
  readonly manager: string | undefined;
  /** Usernames of a group's members. */
  readonly users: readonly string[];
  /** Names of the groups in a group, where nesting is shown as it is built. */
  readonly groups: readonly string[];
  /** When a person's password became another one, in milliseconds since the epoch. */
  readonly passwordSetAt: number | undefined;
  /** The NT hash of a person's password, for a reader who may have it. */
  readonly ntHash: Uint8Array | undefined;
}

/** The parts that must be fetched. */
export type FetchedPart = Exclude<keyof EntryParts, "dn">;

/** How one attribute of people's or groups' entries is shown, and what is asked of it by the same facts. */
export interface EntryAttributeRule<O extends EntryOwner> {
  /** Its type. */
  readonly type: AttributeTypeDefinition;
  /** Adds its values; absent where it can be asked about but is not shown. */
  readonly show?: (entry: EntryTarget, record: RecordTypes[O], parts: EntryParts) => void;
  /** Name of the attribute of the directory whose values these are; absent where it is more, or made in another way. */
  readonly of?: string;
  /** Parts that showing it takes. */
  readonly needs?: readonly FetchedPart[];
  /** The entries of which an assertion is true. */
  readonly match: (assertion: Assertion, relations: RelationTests) => CoreFilter | Promise<CoreFilter>;
}

/** An attribute that is the same in all entries. */
export function constant<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  values: readonly string[],
): EntryAttributeRule<O> {
  const ready = encoded(type, values);
  return {
    type,
    show: (entry) => entry.addEncoded(ready),
    match: (assertion) => truthFilter(matchesValues(assertion, type, values)),
  };
}

/** An attribute that is the same in all entries of which something holds. */
export function constantWhere<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  values: readonly string[],
  holds: (record: RecordTypes[O]) => boolean,
  filter: CoreFilter,
): EntryAttributeRule<O> {
  const ready = encoded(type, values);
  return {
    type,
    show: (entry, record) => {
      if (holds(record)) entry.addEncoded(ready);
    },
    match: (assertion) => {
      const truth = matchesValues(assertion, type, values);
      return truth === true ? filter : truthFilter(truth);
    },
  };
}

/** An attribute whose one value is that of an attribute of the directory, which every record has. */
export function field<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  attribute: TestedAttribute,
  read: (record: RecordTypes[O]) => string,
): EntryAttributeRule<O> {
  return {
    type,
    of: attribute.name,
    show: (entry, record) => entry.add(type, [read(record)]),
    match: (assertion) => attributeFilter(assertion, attribute),
  };
}

/** A point in time of every record. */
export function timeField<O extends EntryOwner>(
  type: AttributeTypeDefinition,
  name: "createdAt" | "updatedAt",
): EntryAttributeRule<O> {
  const attribute = { name, syntax: "time", matching: "time" } as const;
  return {
    type,
    of: name,
    show: (entry, record) => entry.addTime(type, record[name]),
    match: (assertion) => attributeFilter(assertion, attribute),
  };
}

/** An object class, and the entries that have it. */
export interface ClassRule<O extends EntryOwner> {
  readonly name: string;
  /** Absent: all have it. */
  readonly where?: { holds(record: RecordTypes[O]): boolean; readonly filter: CoreFilter };
}

/** The attribute `objectClass`. */
export function objectClasses<O extends EntryOwner>(
  schema: Schema,
  classes: readonly ClassRule<O>[],
): EntryAttributeRule<O> {
  const type = schema.known("objectClass");
  // By which of the conditions hold, as bits: there are few, and every entry shows one of these.
  const ready = new Map<number, EntryAttribute>();
  const conditions = classes.flatMap(({ where }) => where ?? []);
  return {
    type,
    show: (entry, record) => {
      let bits = 0;
      for (let i = 0; i < conditions.length; i++) if (conditions[i]?.holds(record) === true) bits |= 1 << i;
      let attribute = ready.get(bits);
      if (attribute === undefined) {
        const own = classes.filter(({ where }) => where === undefined || where.holds(record));
        attribute = encoded(
          type,
          own.map(({ name }) => name),
        );
        ready.set(bits, attribute);
      }
      entry.addEncoded(attribute);
    },
    match: (assertion) => {
      if (assertion.type === "present") return always;
      if (assertion.type !== "equal") return unknown;
      // RFC 4511 §4.5.1.7 would have a class that nobody knows undefined; clients that filter out classes of other servers
      // expect plain false.
      const asked = schema.objectClass(assertion.value.text)?.name;
      const found = classes.find(({ name }) => name === asked);
      return found === undefined ? never : (found.where?.filter ?? always);
    },
  };
}

/** The attribute `structuralObjectClass`. */
export function structuralClass<O extends EntryOwner>(schema: Schema, name: string): EntryAttributeRule<O> {
  const type = schema.known("structuralObjectClass");
  const ready = encoded(type, [name]);
  return {
    type,
    show: (entry) => entry.addEncoded(ready),
    match: (assertion) => {
      if (assertion.type === "present") return always;
      if (assertion.type !== "equal") return unknown;
      return schema.objectClass(assertion.value.text)?.name === name ? always : never;
    },
  };
}

function encoded(type: AttributeTypeDefinition, values: readonly string[]): EntryAttribute {
  return {
    type,
    values,
    encoded: encodeTextAttribute(type.names[0] as string, values),
    selfOnly: false,
  };
}
