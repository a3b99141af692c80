import { type Filter, parseDn, type RelativeDistinguishedName } from "../codec/index.ts";
import { addActiveDirectory } from "./active-directory.ts";
import { changeSequenceNumber } from "./change-sequence-number.ts";
import type { DirectoryView } from "./directory-view.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import { nameUuid } from "./name-uuid.ts";
import { addSambaDomain } from "./samba.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { FixedNode, Tree } from "./tree.ts";

const stampName = "contextCSN";

/** Whether a filter asks about the stamp of a tree's suffix. */
export function asksForStamp(filter: Filter, schema: Schema): boolean {
  switch (filter.type) {
    case "and":
    case "or":
      return filter.filters.some((part) => asksForStamp(part, schema));
    case "not":
      return asksForStamp(filter.filter, schema);
    default:
      // A rule alone is one of every attribute that it goes with.
      return filter.attribute === undefined || isStamp(filter.attribute, schema);
  }
}

/** Whether an attribute description means the stamp of a tree's suffix. */
export function isStamp(attribute: string, schema: Schema): boolean {
  return schema.type(attribute) === schema.known(stampName);
}

/**
 * The suffix, or one of the units below it, as an entry.
 * @param withStamp - whether the suffix tells its contextCSN, which may take a look at every record
 */
export async function treeEntry(
  node: FixedNode,
  tree: Tree,
  view: DirectoryView,
  withStamp: boolean,
): Promise<Entry> {
  const { directory, layout } = view.options;
  const entry = new EntryBuilder(node.dn);
  if (node.kind === "suffix") {
    const organization = await directory.organization.get();
    addSuffix(entry, tree, view.schema, organization?.name ?? directory.organizationId);
    if (withStamp) {
      const { at, revision } = await view.contextStamp();
      entry.add(view.schema.known(stampName), [changeSequenceNumber(at, revision) ?? []].flat());
    }
  } else if (node.kind === "sambaDomain" && layout.samba !== undefined) {
    addSambaDomain(entry, view.schema, layout.samba);
  } else {
    addContainer(entry, node.dn, view.schema);
  }
  const { schema } = view;
  const uuid = nameUuid(directory.organizationId, node.key);
  if (layout.flavour === "activeDirectory") {
    addActiveDirectory(entry, schema, {
      dn: node.dn,
      name: parseDn(node.dn).rdns[0]?.[0]?.value ?? "",
      uuid,
      suffix: tree.suffix,
      category: node.kind === "suffix" ? "Domain-DNS" : "Organizational-Unit",
    });
  }
  return entry
    .add(schema.known("entryUUID"), [uuid])
    .add(schema.known("entryDN"), [node.dn])
    .add(schema.known("hasSubordinates"), [node.kind === "sambaDomain" ? "FALSE" : "TRUE"])
    .add(schema.known("subschemaSubentry"), [subschemaDn])
    .build();
}

/** The base: an organization, with `dcObject` or as a unit if that is how it is named. */
function addSuffix(entry: EntryBuilder, tree: Tree, schema: Schema, organization: string): void {
  const naming = tree.suffixDn.rdns[0] ?? [];
  const names = new Set(naming.map(({ type }) => schema.type(type)?.names[0]));
  const structural = names.has("ou") ? "organizationalUnit" : "organization";
  const classes = names.has("ou")
    ? extra(names, ["ou"])
    : names.has("dc")
      ? ["dcObject", ...extra(names, ["dc", "o"])]
      : extra(names, ["o"]);
  entry.add(schema.known("objectClass"), ["top", structural, ...classes]);
  addNaming(entry, naming, schema, names.has("ou") ? [] : [{ type: "o", value: organization }]);
  entry.add(schema.known("structuralObjectClass"), [structural]);
}

function addContainer(entry: EntryBuilder, dn: string, schema: Schema): void {
  const naming = parseDn(dn).rdns[0] ?? [];
  const names = new Set(naming.map(({ type }) => schema.type(type)?.names[0]));
  entry.add(schema.known("objectClass"), ["top", "organizationalUnit", ...extra(names, ["ou"])]);
  addNaming(entry, naming, schema, names.has("ou") ? [] : [{ type: "ou", value: naming[0]?.value ?? "" }]);
  entry.add(schema.known("structuralObjectClass"), ["organizationalUnit"]);
}

/** The class that allows what the others do not, where the name of an entry needs it. */
function extra(names: ReadonlySet<string | undefined>, allowed: readonly string[]): string[] {
  return [...names].every((name) => name !== undefined && allowed.includes(name)) ? [] : ["extensibleObject"];
}

/** Adds the attributes of an entry's own RDN, which every entry has (RFC 4512 §2.3.1), and more. */
function addNaming(
  entry: EntryBuilder,
  naming: RelativeDistinguishedName,
  schema: Schema,
  more: RelativeDistinguishedName,
): void {
  const values = new Map<AttributeTypeDefinition, Set<string>>();
  for (const { type, value } of [...naming, ...more]) {
    const known = schema.type(type);
    if (known !== undefined) values.set(known, (values.get(known) ?? new Set()).add(value));
  }
  for (const [type, texts] of values) entry.add(type, [...texts]);
}
