import { ControlOid, ExtendedOid, FeatureOid } from "../codec/index.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import { type Schema, subschemaDn } from "./schema.ts";
import type { Tree } from "./tree.ts";

/** The root DSE (RFC 4512 §5.1): what this server is and can do. Everyone may read it. */
export function rootDse(trees: readonly Tree[], schema: Schema, offersStartTls: boolean): Entry {
  return new EntryBuilder("")
    .add(schema.type("objectClass"), ["top", "extensibleObject"])
    .add(
      schema.type("namingContexts"),
      trees.map((tree) => tree.suffix),
    )
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .add(schema.type("supportedLDAPVersion"), ["3"])
    .add(schema.type("supportedControl"), [ControlOid.manageDsaIT])
    .add(schema.type("supportedExtension"), [
      ExtendedOid.whoAmI,
      ...(offersStartTls ? [ExtendedOid.startTls] : []),
    ])
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
  const [rdn] = tree.suffixDn.rdns;
  const type = rdn?.[0]?.type.toLowerCase();
  const value = rdn?.[0]?.value ?? "";
  const entry = new EntryBuilder(tree.suffix);
  if (type === "dc")
    entry
      .add(schema.type("objectClass"), ["top", "organization", "dcObject"])
      .add(schema.type("dc"), [value])
      .add(schema.type("o"), [organization]);
  else if (type === "ou")
    entry.add(schema.type("objectClass"), ["top", "organizationalUnit"]).add(schema.type("ou"), [value]);
  else
    entry
      .add(schema.type("objectClass"), ["top", "organization"])
      .add(schema.type("o"), type === "o" && value !== organization ? [value, organization] : [organization]);
  return finish(entry, tree.suffix, schema, type === "ou" ? "organizationalUnit" : "organization");
}

/** The container of people or of groups. */
export function containerEntry(
  dn: string,
  schema: Schema,
  rdn: { readonly type: string; readonly value: string },
): Entry {
  const isUnit = rdn.type.toLowerCase() === "ou";
  const entry = new EntryBuilder(dn)
    .add(schema.type("objectClass"), isUnit ? ["top", "organizationalUnit"] : ["top", "extensibleObject"])
    .add(schema.type(rdn.type), [rdn.value]);
  return finish(entry, dn, schema, isUnit ? "organizationalUnit" : "extensibleObject");
}

function finish(entry: EntryBuilder, dn: string, schema: Schema, structural: string): Entry {
  return entry
    .add(schema.type("structuralObjectClass"), [structural])
    .add(schema.type("entryDN"), [dn])
    .add(schema.type("hasSubordinates"), ["TRUE"])
    .add(schema.type("subschemaSubentry"), [subschemaDn])
    .build();
}
