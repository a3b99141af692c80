import type { RecordTypes } from "@directorykit/core";
import type { TreeLayout } from "../options.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import type { EntryWriter } from "./entry-writer.ts";
import { groupAttributes } from "./group-entry.ts";
import type { EntryAttributeRule, EntryOwner, EntryParts, FetchedPart } from "./made-attribute.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";
import { userAttributes } from "./user-entry.ts";

/** Which types will be looked at. */
interface WantedTypes {
  /** They, where they are known one by one. */
  readonly named: ReadonlySet<AttributeTypeDefinition> | undefined;
  has(type: AttributeTypeDefinition): boolean;
}

const nothing: ReadonlySet<FetchedPart> = new Set();

/** How the entries of one kind of record look in a tree. */
export class EntryShape<O extends EntryOwner> {
  /** Attributes, in the order in which entries show them. */
  readonly rules: readonly EntryAttributeRule<O>[];
  readonly #places: ReadonlyMap<AttributeTypeDefinition, number>;

  constructor(rules: readonly EntryAttributeRule<O>[]) {
    this.rules = rules;
    this.#places = new Map(rules.map((rule, i) => [rule.type, i]));
  }

  /** The rule of a type; `undefined` for one that no such entry has. */
  rule(type: AttributeTypeDefinition): EntryAttributeRule<O> | undefined {
    const place = this.#places.get(type);
    return place === undefined ? undefined : this.rules[place];
  }

  /** The part of it that some types need. Every search asks, and most name a few of many types. */
  select(wanted: WantedTypes): SelectedShape<O> {
    const rules = wanted.named === undefined ? this.#among(wanted) : this.#named(wanted.named);
    let needs: Set<FetchedPart> | undefined;
    for (const rule of rules) {
      if (rule.needs === undefined) continue;
      needs ??= new Set();
      for (const part of rule.needs) needs.add(part);
    }
    return { rules, needs: needs ?? nothing };
  }

  #among(wanted: WantedTypes): readonly EntryAttributeRule<O>[] {
    return this.rules.filter(({ type, show }) => show !== undefined && wanted.has(type));
  }

  #named(types: ReadonlySet<AttributeTypeDefinition>): readonly EntryAttributeRule<O>[] {
    const places: number[] = [];
    for (const type of types) {
      const place = this.#places.get(type);
      if (place !== undefined && this.rules[place]?.show !== undefined) places.push(place);
    }
    return places.sort((a, b) => a - b).map((place) => this.rules[place] as EntryAttributeRule<O>);
  }
}

/** The attributes of a shape that will be looked at. */
export interface SelectedShape<O extends EntryOwner> {
  readonly rules: readonly EntryAttributeRule<O>[];
  /** What must be fetched for them. */
  readonly needs: ReadonlySet<FetchedPart>;
}

/** A record as an entry, with the attributes that will be looked at. */
export function buildEntry<O extends EntryOwner>(
  { rules }: SelectedShape<O>,
  record: RecordTypes[O],
  parts: EntryParts,
): Entry {
  const entry = new EntryBuilder(parts.dn);
  for (const rule of rules) rule.show?.(entry, record, parts);
  return entry.build();
}

/** {@link buildEntry} as it is sent; see {@link EntryWriter.write}. */
export function writeEntry<O extends EntryOwner>(
  writer: EntryWriter,
  { rules }: SelectedShape<O>,
  record: RecordTypes[O],
  parts: EntryParts,
  seesPrivate: boolean,
): Uint8Array {
  return writer.write(parts.dn, seesPrivate, (entry) => {
    for (const rule of rules) rule.show?.(entry, record, parts);
  });
}

/** How a tree's entries look, by one schema and layout. */
export interface EntryForm {
  readonly tree: Tree;
  readonly schema: Schema;
  readonly user: EntryShape<"user">;
  readonly group: EntryShape<"group">;
}

/** Works out how the entries of a tree look. */
export function entryForm(tree: Tree, schema: Schema, layout: TreeLayout): EntryForm {
  return {
    tree,
    schema,
    user: new EntryShape(userAttributes(schema, tree, layout)),
    group: new EntryShape(groupAttributes(schema, tree, layout)),
  };
}
