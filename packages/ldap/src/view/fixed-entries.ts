import { ExtendedOid, FeatureOid, parseDn, type RelativeDistinguishedName } from "../codec/index.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import type { Tree } from "./tree.ts";

/** What the root DSE says of a server on one connection. */
export interface ServerFacts {
  /** Whether TLS may be started on it. */
  readonly offersStartTls: boolean;
  /** SASL mechanisms that may be used on it as it is. */
  readonly saslMechanisms: readonly string[];
  /** OIDs of the controls that are understood. */
  readonly supportedControls: readonly string[];
  /** OIDs of the extended operations that are understood, beside StartTLS. */
  readonly supportedExtensions: readonly string[];
  /** DNs of the trees that are served, of all organizations. */
  namingContexts(): Promise<readonly string[]>;
}

/** The root DSE (RFC 4512 §5.1): what this server is and can do. Everyone may read it. */
export async function rootDse(facts: ServerFacts, schema: Schema): Promise<Entry> {
  return new EntryBuilder("")
    .add(schema.type("objectClass"), ["top", "extensibleObject"])
    .add(schema.type("namingContexts"), await facts.namingContexts())
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .add(schema.type("supportedLDAPVersion"), ["3"])
    .add(schema.type("supportedControl"), facts.supportedControls)
    .add(schema.type("supportedExtension"), [
      ...facts.supportedExtensions,
      ...(facts.offersStartTls ? [ExtendedOid.startTls] : []),
    ])
    .add(schema.type("supportedSASLMechanisms"), facts.saslMechanisms)
    .add(schema.type("supportedFeatures"), [
      FeatureOid.allOperationalAttributes,
      FeatureOid.absoluteTrueAndFalseFilters,
    ])
    .add(schema.type("vendorName"), ["DirectoryKit"])
    .build();
}

/** The subschema subentry (RFC 4512 §4.2). */
export function subschema(schema: Schema): Entry {
  const published = schema.publish();
  return new EntryBuilder(subschemaDn)
    .add(schema.type("objectClass"), ["top", "subentry", "subschema", "extensibleObject"])
    .add(schema.type("cn"), ["Subschema"])
    .add(schema.type("attributeTypes"), published.attributeTypes)
    .add(schema.type("objectClasses"), published.objectClasses)
    .add(schema.type("matchingRules"), published.matchingRules)
    .add(schema.type("ldapSyntaxes"), published.ldapSyntaxes)
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .add(schema.type("entryDN"), [subschemaDn])
    .build();
}

/** The entry at the root of a tree. */
export function suffixEntry(tree: Tree, schema: Schema, organization: string): Entry {
  const naming = tree.suffixDn.rdns[0] ?? [];
  const names = new Set(naming.map(({ type }) => schema.type(type)?.names[0]));
  const entry = new EntryBuilder(tree.suffix);
  if (names.has("ou"))
    entry.add(schema.type("objectClass"), ["top", "organizationalUnit", ...extra(names, ["ou"])]);
  else if (names.has("dc"))
    entry.add(schema.type("objectClass"), ["top", "organization", "dcObject", ...extra(names, ["dc", "o"])]);
  else entry.add(schema.type("objectClass"), ["top", "organization", ...extra(names, ["o"])]);
  addNaming(entry, naming, schema, names.has("ou") ? [] : [{ type: "o", value: organization }]);
  return finish(entry, tree.suffix, schema, names.has("ou") ? "organizationalUnit" : "organization");
}

/** The container of people or of groups. */
export function containerEntry(dn: string, schema: Schema): Entry {
  const naming = parseDn(dn).rdns[0] ?? [];
  const names = new Set(naming.map(({ type }) => schema.type(type)?.names[0]));
  const classes = ["top", "organizationalUnit", ...extra(names, ["ou"])];
  const entry = new EntryBuilder(dn).add(schema.type("objectClass"), classes);
  addNaming(entry, naming, schema, names.has("ou") ? [] : [{ type: "ou", value: naming[0]?.value ?? "" }]);
  return finish(entry, dn, schema, "organizationalUnit");
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

function finish(entry: EntryBuilder, dn: string, schema: Schema, structural: string): Entry {
  return entry
    .add(schema.type("structuralObjectClass"), [structural])
    .add(schema.type("entryDN"), [dn])
    .add(schema.type("hasSubordinates"), ["TRUE"])
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .build();
}
