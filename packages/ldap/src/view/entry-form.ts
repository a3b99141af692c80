import type { RecordTypes } from "@directorykit/core";
import type { TreeLayout } from "../options.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import { groupAttributes } from "./group-entry.ts";
import type { EntryAttributeRule, EntryOwner, EntryParts, FetchedPart } from "./made-attribute.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";
import { userAttributes } from "./user-entry.ts";

/** How the entries of one kind of record look in a tree. */
export class EntryShape<O extends EntryOwner> {
  /** Attributes, in the order in which entries show them. */
  readonly rules: readonly EntryAttributeRule<O>[];
  readonly #byType: ReadonlyMap<AttributeTypeDefinition, EntryAttributeRule<O>>;

  constructor(rules: readonly EntryAttributeRule<O>[]) {
    this.rules = rules;
    this.#byType = new Map(rules.map((rule) => [rule.type, rule]));
  }

  /** The rule of a type; `undefined` for one that no such entry has. */
  rule(type: AttributeTypeDefinition): EntryAttributeRule<O> | undefined {
    return this.#byType.get(type);
  }

  /** The part of it that some types need. */
  select(wanted: (type: AttributeTypeDefinition) => boolean): SelectedShape<O> {
    const rules = this.rules.filter(({ type, show }) => show !== undefined && wanted(type));
    return { rules, needs: new Set(rules.flatMap(({ needs }) => needs ?? [])) };
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
