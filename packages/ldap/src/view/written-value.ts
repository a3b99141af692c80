import { type MatchingRule, normalizeValue, type ReadableAttribute } from "@directorykit/core";
import { BerReader, BerTag, dnKey, LdapResultCode, parseDn } from "../codec/index.ts";
import { decodeText } from "./assertion.ts";
import { syntaxes } from "./attribute-syntaxes.ts";
import { type Entry, generalizedTime } from "./entry.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree, TreeNode } from "./tree.ts";
import { UpdateRefusal } from "./update-refusal.ts";

/** A value of an attribute while changes to it are worked out. */
export interface WrittenValue {
  /** The same for values that are equal by the attribute's rule. */
  readonly key: string;
  /** As text; octets as padded base64. */
  readonly text: string;
  /** What a DN stands for in the tree; absent for other values, and for DNs that can be nothing there. */
  readonly node?: TreeNode;
  /** The place among the record's own values of the one that this stands for. */
  readonly stored?: number;
  /** Can be named but is not shown: replacing or deleting all values leaves it. */
  readonly isUnshown?: true;
}

/** What values are read by. */
export interface ValueContext {
  readonly schema: Schema;
  readonly tree: Tree;
  /** Whose attributes they are. */
  readonly owner: "user" | "group";
}

/**
 * Reads a value that a client sent.
 * @throws UpdateRefusal invalidAttributeSyntax
 */
export function readValue(
  type: AttributeTypeDefinition,
  octets: Uint8Array,
  context: ValueContext,
): WrittenValue {
  const attribute = context.schema.shown(context.owner).get(type);
  if (isOctets(type, attribute)) {
    const text = Buffer.from(octets).toString("base64");
    return { key: text, text };
  }
  const text = decodeText(octets);
  if (text === undefined || text === "") throw badSyntax(type);
  return attribute === undefined ? byType(type, text, context) : byAttribute(type, text, attribute);
}

/**
 * The values of an entry that can be written, as it shows them, by their types.
 * @param entry - with every attribute that is to be written
 * @param record - what it shows
 */
export function shownValues(
  entry: Entry,
  record: object,
  context: ValueContext,
): (readonly [AttributeTypeDefinition, readonly WrittenValue[]])[] {
  const own = context.schema.shown(context.owner);
  const made = entry.attributes.filter(({ type }) => !own.has(type));
  return [
    ...made.map(({ type, encoded }) => {
      const values = octetsOf(encoded).map((value) => readValue(type, value, context));
      return [type, values] as const;
    }),
    ...[...own].map(([type, attribute]) => [type, storedValues(attribute, record)] as const),
  ];
}

/** The values of an encoded PartialAttribute. */
function octetsOf(encoded: Uint8Array): readonly Uint8Array[] {
  const reader = new BerReader(encoded);
  const attribute = reader.open(BerTag.sequence);
  reader.string();
  const set = reader.open(BerTag.set);
  const values: Uint8Array[] = [];
  while (reader.hasMore) values.push(reader.octets());
  reader.close(set);
  reader.close(attribute);
  return values;
}

function storedValues(attribute: ReadableAttribute, record: object): readonly WrittenValue[] {
  return attribute.read(record as never).map((value, stored): WrittenValue => {
    if (attribute.syntax === "binary") {
      const text = Buffer.from(String(value), "base64").toString("base64");
      return { key: text, text, stored };
    }
    if (attribute.syntax === "time") {
      const text = generalizedTime(Number(value)) ?? "";
      return { key: secondOf(Number(value)), text, stored };
    }
    const text = attribute.syntax === "boolean" ? String(value).toUpperCase() : String(value);
    return { key: keyOf(attribute.matching, text) ?? text, text, stored };
  });
}

function isOctets(type: AttributeTypeDefinition, attribute: ReadableAttribute | undefined): boolean {
  return attribute === undefined ? type.syntax === "octets" : attribute.syntax === "binary";
}

function byAttribute(
  type: AttributeTypeDefinition,
  text: string,
  { syntax, matching }: ReadableAttribute,
): WrittenValue {
  if (syntax === "time") {
    const ms = normalizeValue("time", text);
    // ISO 8601 is for other protocols.
    if (typeof ms !== "number" || text.includes("-") || text.includes(":")) throw badSyntax(type);
    return { key: secondOf(ms), text };
  }
  const key = keyOf(matching, text);
  if (key === undefined) throw badSyntax(type);
  return { key, text: syntax === "boolean" ? text.toUpperCase() : text };
}

function byType(type: AttributeTypeDefinition, text: string, { schema, tree }: ValueContext): WrittenValue {
  const { kind } = syntaxes[type.syntax];
  switch (kind) {
    case "dn": {
      const dn = readDn(text);
      if (dn === undefined) throw badSyntax(type);
      const node = tree.locate(dn);
      return node === undefined ? { key: `dn ${dnKey(dn)}`, text } : { key: nodeKey(node), text, node };
    }
    case "oid": {
      const name = schema.objectClass(text)?.name ?? text;
      return { key: name.toLowerCase(), text: name };
    }
    case "exactText":
      return { key: keyOf("caseExact", text) ?? text, text };
    case "integer": {
      // Some that the view makes are larger than the directory's own can be.
      if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) throw badSyntax(type);
      return { key: text, text };
    }
    case "boolean":
    case "time":
    case "uuid":
    case "telephone": {
      const key = keyOf(kind, text);
      if (key === undefined) throw badSyntax(type);
      return { key, text };
    }
    default:
      return { key: keyOf("caseIgnore", text) ?? text, text };
  }
}

/** The key of a value that names a person or group. */
export function nodeKey(node: TreeNode): string {
  return node.type === "user"
    ? `user ${node.username}`
    : node.type === "group"
      ? `group ${node.name}`
      : `fixed ${node.node.key}`;
}

function readDn(text: string): ReturnType<typeof parseDn> | undefined {
  try {
    return parseDn(text);
  } catch {
    return undefined;
  }
}

function keyOf(matching: MatchingRule, text: string): string | undefined {
  const key = normalizeValue(matching, text);
  return key === undefined ? undefined : String(key);
}

/** Times are shown, and so compared, in whole seconds. */
function secondOf(ms: number): string {
  return String(Math.floor(ms / 1000));
}

function badSyntax(type: AttributeTypeDefinition): UpdateRefusal {
  return new UpdateRefusal(
    LdapResultCode.invalidAttributeSyntax,
    `${type.names[0]}: a value is not of the attribute's syntax`,
  );
}
