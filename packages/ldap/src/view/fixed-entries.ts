import { ExtendedOid, FeatureOid } from "../codec/index.ts";
import { type Entry, EntryBuilder } from "./entry.ts";
import { type Schema, subschemaDn } from "./schema.ts";

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
  const contexts = await facts.namingContexts();
  return (
    new EntryBuilder("")
      .add(schema.type("objectClass"), ["top", "extensibleObject"])
      .add(schema.type("namingContexts"), contexts)
      // Where the flavour of Active Directory is served: programs start their searches there.
      .add(schema.type("defaultNamingContext"), contexts.slice(0, 1))
      .add(schema.type("rootDomainNamingContext"), contexts.slice(0, 1))
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
        FeatureOid.attributesByObjectClass,
        FeatureOid.absoluteTrueAndFalseFilters,
        FeatureOid.modifyIncrement,
      ])
      .add(schema.type("vendorName"), ["DirectoryKit"])
      .build()
  );
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
