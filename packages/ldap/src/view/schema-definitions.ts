/** Facts of attribute types and object classes, from RFC 4512, 4519, 2798, 2307, 4524, 4530, 5020, 3112 and the OpenSSH LPK schema. */

/** An attribute type (RFC 4512 §2.5.1). */
export interface AttributeTypeDefinition {
  /** Names, the one we show first. */
  readonly names: readonly string[];
  /** Object identifier. */
  readonly oid: string;
  /** Short name of its syntax. */
  readonly syntax: keyof typeof syntaxes;
  /** Whether an entry holds at most one value. */
  readonly single?: boolean;
  /** Kept by the server rather than by users. */
  readonly operational?: boolean;
}

/** An object class (RFC 4512 §2.4). */
export interface ObjectClassDefinition {
  readonly name: string;
  readonly oid: string;
  readonly sup?: string;
  readonly kind: "ABSTRACT" | "STRUCTURAL" | "AUXILIARY";
  readonly must?: readonly string[];
  readonly may?: readonly string[];
}

/** Syntaxes (RFC 4517 §3.3) with the matching rules that go with them here (RFC 4517 §4.2). */
export const syntaxes: Readonly<
  Record<
    | "directoryString"
    | "caseExactString"
    | "ia5"
    | "ia5Exact"
    | "ia5Name"
    | "integer"
    | "boolean"
    | "time"
    | "dn"
    | "oid"
    | "uuid"
    | "telephone"
    | "octets"
    | "attributeDescription"
    | "classDescription"
    | "ruleDescription"
    | "syntaxDescription"
    | "substringAssertion",
    {
      readonly oid: string;
      readonly text: string;
      readonly equality?: string;
      readonly ordering?: string;
      readonly substrings?: string;
    }
  >
> = {
  directoryString: {
    oid: "1.3.6.1.4.1.1466.115.121.1.15",
    text: "Directory String",
    equality: "caseIgnoreMatch",
    ordering: "caseIgnoreOrderingMatch",
    substrings: "caseIgnoreSubstringsMatch",
  },
  caseExactString: {
    oid: "1.3.6.1.4.1.1466.115.121.1.15",
    text: "Directory String",
    equality: "caseExactMatch",
    ordering: "caseExactOrderingMatch",
    substrings: "caseExactSubstringsMatch",
  },
  ia5: {
    oid: "1.3.6.1.4.1.1466.115.121.1.26",
    text: "IA5 String",
    equality: "caseIgnoreIA5Match",
    substrings: "caseIgnoreIA5SubstringsMatch",
  },
  ia5Name: { oid: "1.3.6.1.4.1.1466.115.121.1.26", text: "IA5 String", equality: "caseIgnoreIA5Match" },
  ia5Exact: { oid: "1.3.6.1.4.1.1466.115.121.1.26", text: "IA5 String", equality: "caseExactIA5Match" },
  integer: {
    oid: "1.3.6.1.4.1.1466.115.121.1.27",
    text: "INTEGER",
    equality: "integerMatch",
    ordering: "integerOrderingMatch",
  },
  boolean: { oid: "1.3.6.1.4.1.1466.115.121.1.7", text: "Boolean", equality: "booleanMatch" },
  time: {
    oid: "1.3.6.1.4.1.1466.115.121.1.24",
    text: "Generalized Time",
    equality: "generalizedTimeMatch",
    ordering: "generalizedTimeOrderingMatch",
  },
  dn: { oid: "1.3.6.1.4.1.1466.115.121.1.12", text: "DN", equality: "distinguishedNameMatch" },
  oid: { oid: "1.3.6.1.4.1.1466.115.121.1.38", text: "OID", equality: "objectIdentifierMatch" },
  uuid: { oid: "1.3.6.1.1.16.1", text: "UUID", equality: "uuidMatch" },
  telephone: {
    oid: "1.3.6.1.4.1.1466.115.121.1.50",
    text: "Telephone Number",
    equality: "telephoneNumberMatch",
    substrings: "telephoneNumberSubstringsMatch",
  },
  octets: { oid: "1.3.6.1.4.1.1466.115.121.1.40", text: "Octet String", equality: "octetStringMatch" },
  attributeDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.3",
    text: "Attribute Type Description",
    equality: "objectIdentifierFirstComponentMatch",
  },
  classDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.37",
    text: "Object Class Description",
    equality: "objectIdentifierFirstComponentMatch",
  },
  ruleDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.30",
    text: "Matching Rule Description",
    equality: "objectIdentifierFirstComponentMatch",
  },
  syntaxDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.54",
    text: "LDAP Syntax Description",
    equality: "objectIdentifierFirstComponentMatch",
  },
  substringAssertion: { oid: "1.3.6.1.4.1.1466.115.121.1.58", text: "Substring Assertion" },
};

/** Object identifiers of the matching rules named above (RFC 4517 §4.2, RFC 4530 §2). */
export const matchingRules: Readonly<Record<string, { readonly oid: string; readonly syntax: string }>> = {
  caseIgnoreMatch: { oid: "2.5.13.2", syntax: "1.3.6.1.4.1.1466.115.121.1.15" },
  caseIgnoreOrderingMatch: { oid: "2.5.13.3", syntax: "1.3.6.1.4.1.1466.115.121.1.15" },
  caseIgnoreSubstringsMatch: { oid: "2.5.13.4", syntax: "1.3.6.1.4.1.1466.115.121.1.58" },
  caseExactMatch: { oid: "2.5.13.5", syntax: "1.3.6.1.4.1.1466.115.121.1.15" },
  caseExactOrderingMatch: { oid: "2.5.13.6", syntax: "1.3.6.1.4.1.1466.115.121.1.15" },
  caseExactSubstringsMatch: { oid: "2.5.13.7", syntax: "1.3.6.1.4.1.1466.115.121.1.58" },
  caseIgnoreIA5Match: { oid: "1.3.6.1.4.1.1466.109.114.2", syntax: "1.3.6.1.4.1.1466.115.121.1.26" },
  caseIgnoreIA5SubstringsMatch: {
    oid: "1.3.6.1.4.1.1466.109.114.3",
    syntax: "1.3.6.1.4.1.1466.115.121.1.58",
  },
  caseExactIA5Match: { oid: "1.3.6.1.4.1.1466.109.114.1", syntax: "1.3.6.1.4.1.1466.115.121.1.26" },
  integerMatch: { oid: "2.5.13.14", syntax: "1.3.6.1.4.1.1466.115.121.1.27" },
  integerOrderingMatch: { oid: "2.5.13.15", syntax: "1.3.6.1.4.1.1466.115.121.1.27" },
  booleanMatch: { oid: "2.5.13.13", syntax: "1.3.6.1.4.1.1466.115.121.1.7" },
  generalizedTimeMatch: { oid: "2.5.13.27", syntax: "1.3.6.1.4.1.1466.115.121.1.24" },
  generalizedTimeOrderingMatch: { oid: "2.5.13.28", syntax: "1.3.6.1.4.1.1466.115.121.1.24" },
  distinguishedNameMatch: { oid: "2.5.13.1", syntax: "1.3.6.1.4.1.1466.115.121.1.12" },
  objectIdentifierMatch: { oid: "2.5.13.0", syntax: "1.3.6.1.4.1.1466.115.121.1.38" },
  objectIdentifierFirstComponentMatch: { oid: "2.5.13.30", syntax: "1.3.6.1.4.1.1466.115.121.1.38" },
  uuidMatch: { oid: "1.3.6.1.1.16.2", syntax: "1.3.6.1.1.16.1" },
  telephoneNumberMatch: { oid: "2.5.13.20", syntax: "1.3.6.1.4.1.1466.115.121.1.50" },
  telephoneNumberSubstringsMatch: { oid: "2.5.13.21", syntax: "1.3.6.1.4.1.1466.115.121.1.58" },
  octetStringMatch: { oid: "2.5.13.17", syntax: "1.3.6.1.4.1.1466.115.121.1.40" },
};

type Type = AttributeTypeDefinition;
const user = (oid: string, syntax: Type["syntax"], ...names: string[]): Type => ({ oid, syntax, names });
const single = (oid: string, syntax: Type["syntax"], ...names: string[]): Type => ({
  oid,
  syntax,
  names,
  single: true,
});
const kept = (oid: string, syntax: Type["syntax"], name: string, one = true): Type => ({
  oid,
  syntax,
  names: [name],
  single: one,
  operational: true,
});

/** Attribute types that the view shows or that clients ask about. */
export const attributeTypes: readonly AttributeTypeDefinition[] = [
  user("2.5.4.0", "oid", "objectClass"),
  user("2.5.4.3", "directoryString", "cn", "commonName"),
  user("2.5.4.4", "directoryString", "sn", "surname"),
  user("2.5.4.42", "directoryString", "givenName", "gn"),
  user("2.5.4.43", "directoryString", "initials"),
  user("0.9.2342.19200300.100.1.1", "directoryString", "uid", "userid"),
  user("0.9.2342.19200300.100.1.3", "ia5", "mail", "rfc822Mailbox"),
  user("0.9.2342.19200300.100.1.25", "ia5", "dc", "domainComponent"),
  user("0.9.2342.19200300.100.1.10", "dn", "manager"),
  user("0.9.2342.19200300.100.1.41", "telephone", "mobile", "mobileTelephoneNumber"),
  user("2.5.4.6", "directoryString", "c", "countryName"),
  user("2.5.4.7", "directoryString", "l", "localityName"),
  user("2.5.4.8", "directoryString", "st", "stateOrProvinceName"),
  user("2.5.4.10", "directoryString", "o", "organizationName"),
  user("2.5.4.11", "directoryString", "ou", "organizationalUnitName"),
  user("2.5.4.12", "directoryString", "title"),
  user("2.5.4.13", "directoryString", "description"),
  user("2.5.4.20", "telephone", "telephoneNumber"),
  user("2.5.4.31", "dn", "member"),
  user("2.5.4.50", "dn", "uniqueMember"),
  user("2.5.4.35", "octets", "userPassword"),
  user("2.5.4.36", "octets", "userCertificate"),
  single("2.16.840.1.113730.3.1.241", "directoryString", "displayName"),
  user("2.16.840.1.113730.3.1.2", "directoryString", "departmentNumber"),
  single("2.16.840.1.113730.3.1.3", "directoryString", "employeeNumber"),
  user("2.16.840.1.113730.3.1.4", "directoryString", "employeeType"),
  single("1.3.6.1.1.1.1.0", "integer", "uidNumber"),
  single("1.3.6.1.1.1.1.1", "integer", "gidNumber"),
  single("1.3.6.1.1.1.1.2", "ia5", "gecos"),
  single("1.3.6.1.1.1.1.3", "ia5Exact", "homeDirectory"),
  single("1.3.6.1.1.1.1.4", "ia5Exact", "loginShell"),
  // Usernames are the same whatever their case, so member lists of them are compared so too.
  user("1.3.6.1.1.1.1.12", "ia5Name", "memberUid"),
  user("1.3.6.1.4.1.24552.500.1.1.1.13", "octets", "sshPublicKey"),
  kept("1.3.6.1.1.16.4", "uuid", "entryUUID"),
  kept("1.3.6.1.1.20", "dn", "entryDN"),
  kept("2.5.18.1", "time", "createTimestamp"),
  kept("2.5.18.2", "time", "modifyTimestamp"),
  kept("2.5.18.9", "boolean", "hasSubordinates"),
  kept("2.5.18.10", "dn", "subschemaSubentry"),
  kept("2.5.21.9", "oid", "structuralObjectClass"),
  kept("1.2.840.113556.1.2.102", "dn", "memberOf", false),
  kept("2.5.21.5", "attributeDescription", "attributeTypes", false),
  kept("2.5.21.6", "classDescription", "objectClasses", false),
  kept("2.5.21.4", "ruleDescription", "matchingRules", false),
  kept("1.3.6.1.4.1.1466.101.120.16", "syntaxDescription", "ldapSyntaxes", false),
  kept("1.3.6.1.4.1.1466.101.120.5", "dn", "namingContexts", false),
  kept("1.3.6.1.4.1.1466.101.120.6", "ia5", "altServer", false),
  kept("1.3.6.1.4.1.1466.101.120.7", "oid", "supportedExtension", false),
  kept("1.3.6.1.4.1.1466.101.120.13", "oid", "supportedControl", false),
  kept("1.3.6.1.4.1.1466.101.120.14", "directoryString", "supportedSASLMechanisms", false),
  kept("1.3.6.1.4.1.1466.101.120.15", "integer", "supportedLDAPVersion", false),
  kept("1.3.6.1.4.1.4203.1.3.5", "oid", "supportedFeatures", false),
  kept("1.3.6.1.1.4", "directoryString", "vendorName"),
  kept("1.3.6.1.1.5", "directoryString", "vendorVersion"),
];

/** Object classes of the entries in the tree. */
export const objectClasses: readonly ObjectClassDefinition[] = [
  { name: "top", oid: "2.5.6.0", kind: "ABSTRACT", must: ["objectClass"] },
  {
    name: "person",
    oid: "2.5.6.6",
    sup: "top",
    kind: "STRUCTURAL",
    must: ["sn", "cn"],
    may: ["userPassword", "telephoneNumber", "description"],
  },
  {
    name: "organizationalPerson",
    oid: "2.5.6.7",
    sup: "person",
    kind: "STRUCTURAL",
    may: ["title", "ou", "l", "st"],
  },
  {
    name: "inetOrgPerson",
    oid: "2.16.840.1.113730.3.2.2",
    sup: "organizationalPerson",
    kind: "STRUCTURAL",
    may: [
      "departmentNumber",
      "displayName",
      "employeeNumber",
      "employeeType",
      "givenName",
      "initials",
      "mail",
      "manager",
      "mobile",
      "o",
      "uid",
      "userCertificate",
    ],
  },
  {
    name: "posixAccount",
    oid: "1.3.6.1.1.1.2.0",
    sup: "top",
    kind: "AUXILIARY",
    must: ["cn", "uid", "uidNumber", "gidNumber", "homeDirectory"],
    may: ["userPassword", "loginShell", "gecos", "description"],
  },
  {
    name: "posixGroup",
    oid: "1.3.6.1.1.1.2.2",
    sup: "top",
    kind: "AUXILIARY",
    must: ["gidNumber"],
    may: ["userPassword", "memberUid", "description"],
  },
  {
    name: "ldapPublicKey",
    oid: "1.3.6.1.4.1.24552.500.1.1.2.0",
    sup: "top",
    kind: "AUXILIARY",
    must: ["uid"],
    may: ["sshPublicKey"],
  },
  // RFC 4519 §3.5 demands a member; a group without members is shown all the same, and its class says what it is.
  {
    name: "groupOfNames",
    oid: "2.5.6.9",
    sup: "top",
    kind: "STRUCTURAL",
    must: ["cn"],
    may: ["member", "description", "o", "ou"],
  },
  { name: "organization", oid: "2.5.6.4", sup: "top", kind: "STRUCTURAL", must: ["o"], may: ["description"] },
  {
    name: "organizationalUnit",
    oid: "2.5.6.5",
    sup: "top",
    kind: "STRUCTURAL",
    must: ["ou"],
    may: ["description"],
  },
  { name: "dcObject", oid: "1.3.6.1.4.1.1466.344", sup: "top", kind: "AUXILIARY", must: ["dc"] },
  {
    name: "subschema",
    oid: "2.5.20.1",
    kind: "AUXILIARY",
    may: ["attributeTypes", "objectClasses", "matchingRules", "ldapSyntaxes"],
  },
  { name: "subentry", oid: "2.5.17.0", sup: "top", kind: "STRUCTURAL", must: ["cn"] },
  { name: "extensibleObject", oid: "1.3.6.1.4.1.1466.101.120.111", sup: "top", kind: "AUXILIARY" },
];
