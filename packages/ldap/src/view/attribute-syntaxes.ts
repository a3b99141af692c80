/** How values are told apart and put in order, whatever they are called. */
export type ValueKind =
  | "text"
  | "exactText"
  | "username"
  | "telephone"
  | "integer"
  | "flags"
  | "boolean"
  | "time"
  | "uuid"
  | "octets"
  | "dn"
  | "oid"
  | "definition"
  | "category"
  | "changeSequenceNumber";

/** Short names of syntaxes: one for each set of rules that goes with an LDAP syntax here. */
export type AttributeSyntaxName =
  | "directoryString"
  | "caseExactString"
  | "ia5"
  | "ia5Exact"
  | "ia5Name"
  | "telephone"
  | "integer"
  | "boolean"
  | "time"
  | "uuid"
  | "octets"
  | "octetText"
  | "dn"
  | "nameAndUid"
  | "oid"
  | "attributeDescription"
  | "classDescription"
  | "ruleDescription"
  | "syntaxDescription"
  | "changeSequenceNumber"
  | "category"
  | "principalName"
  | "securityIdentifier"
  | "flags"
  | "substringAssertion";

/** A syntax (RFC 4517 §3.3) with the matching rules that go with it (RFC 4517 §4.2). */
export interface AttributeSyntax {
  /** Object identifier. */
  readonly oid: string;
  /** What RFC 4517 calls it. */
  readonly text: string;
  /** How values are compared; absent where no attribute has the syntax. */
  readonly kind?: ValueKind;
  /** Rule of equality. */
  readonly equality?: string;
  /** Rule of order; without one, `>=` and `<=` are Undefined. */
  readonly ordering?: string;
  /** Rule of substrings; without one, such tests are Undefined. */
  readonly substrings?: string;
}

const firstComponent = { kind: "definition", equality: "objectIdentifierFirstComponentMatch" } as const;

/** The syntaxes of the schema. */
export const syntaxes: Readonly<Record<AttributeSyntaxName, AttributeSyntax>> = {
  directoryString: {
    oid: "1.3.6.1.4.1.1466.115.121.1.15",
    text: "Directory String",
    kind: "text",
    equality: "caseIgnoreMatch",
    ordering: "caseIgnoreOrderingMatch",
    substrings: "caseIgnoreSubstringsMatch",
  },
  caseExactString: {
    oid: "1.3.6.1.4.1.1466.115.121.1.15",
    text: "Directory String",
    kind: "exactText",
    equality: "caseExactMatch",
    ordering: "caseExactOrderingMatch",
    substrings: "caseExactSubstringsMatch",
  },
  ia5: {
    oid: "1.3.6.1.4.1.1466.115.121.1.26",
    text: "IA5 String",
    kind: "text",
    equality: "caseIgnoreIA5Match",
    ordering: "caseIgnoreOrderingMatch",
    substrings: "caseIgnoreIA5SubstringsMatch",
  },
  ia5Exact: {
    oid: "1.3.6.1.4.1.1466.115.121.1.26",
    text: "IA5 String",
    kind: "exactText",
    equality: "caseExactIA5Match",
    ordering: "caseExactOrderingMatch",
    substrings: "caseExactIA5SubstringsMatch",
  },
  ia5Name: {
    oid: "1.3.6.1.4.1.1466.115.121.1.26",
    text: "IA5 String",
    kind: "username",
    equality: "caseIgnoreIA5Match",
  },
  telephone: {
    oid: "1.3.6.1.4.1.1466.115.121.1.50",
    text: "Telephone Number",
    kind: "telephone",
    equality: "telephoneNumberMatch",
    substrings: "telephoneNumberSubstringsMatch",
  },
  integer: {
    oid: "1.3.6.1.4.1.1466.115.121.1.27",
    text: "INTEGER",
    kind: "integer",
    equality: "integerMatch",
    ordering: "integerOrderingMatch",
  },
  boolean: {
    oid: "1.3.6.1.4.1.1466.115.121.1.7",
    text: "Boolean",
    kind: "boolean",
    equality: "booleanMatch",
  },
  time: {
    oid: "1.3.6.1.4.1.1466.115.121.1.24",
    text: "Generalized Time",
    kind: "time",
    equality: "generalizedTimeMatch",
    ordering: "generalizedTimeOrderingMatch",
  },
  uuid: { oid: "1.3.6.1.1.16.1", text: "UUID", kind: "uuid", equality: "uuidMatch" },
  octets: {
    oid: "1.3.6.1.4.1.1466.115.121.1.40",
    text: "Octet String",
    kind: "octets",
    equality: "octetStringMatch",
  },
  // Text whose schema says octets, such as SSH keys.
  octetText: {
    oid: "1.3.6.1.4.1.1466.115.121.1.40",
    text: "Octet String",
    kind: "exactText",
    equality: "octetStringMatch",
    substrings: "caseExactSubstringsMatch",
  },
  dn: {
    oid: "1.3.6.1.4.1.1466.115.121.1.12",
    text: "DN",
    kind: "dn",
    equality: "distinguishedNameMatch",
  },
  nameAndUid: {
    oid: "1.3.6.1.4.1.1466.115.121.1.34",
    text: "Name And Optional UID",
    kind: "dn",
    equality: "uniqueMemberMatch",
  },
  oid: {
    oid: "1.3.6.1.4.1.1466.115.121.1.38",
    text: "OID",
    kind: "oid",
    equality: "objectIdentifierMatch",
  },
  attributeDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.3",
    text: "Attribute Type Description",
    ...firstComponent,
  },
  classDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.37",
    text: "Object Class Description",
    ...firstComponent,
  },
  ruleDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.30",
    text: "Matching Rule Description",
    ...firstComponent,
  },
  syntaxDescription: {
    oid: "1.3.6.1.4.1.1466.115.121.1.54",
    text: "LDAP Syntax Description",
    ...firstComponent,
  },
  // A DN that may also be asked for by the name of a class, as in Active Directory.
  category: {
    oid: "1.3.6.1.4.1.1466.115.121.1.12",
    text: "DN",
    kind: "category",
    equality: "distinguishedNameMatch",
  },
  // Numbers that the view makes and whose bits can be asked for, which the directory does not do with its own.
  flags: {
    oid: "1.3.6.1.4.1.1466.115.121.1.27",
    text: "INTEGER",
    kind: "flags",
    equality: "integerMatch",
    ordering: "integerOrderingMatch",
  },
  // Made of a username and a domain: the whole and its pieces can be looked for, but there is no order.
  principalName: {
    oid: "1.3.6.1.4.1.1466.115.121.1.15",
    text: "Directory String",
    kind: "username",
    equality: "caseIgnoreMatch",
    substrings: "caseIgnoreSubstringsMatch",
  },
  // Made of a domain and a number: the whole and its beginning can be looked for, but there is no order.
  securityIdentifier: {
    oid: "1.3.6.1.4.1.1466.115.121.1.26",
    text: "IA5 String",
    kind: "username",
    equality: "caseIgnoreIA5Match",
    substrings: "caseExactIA5SubstringsMatch",
  },
  // Of OpenLDAP, whose consumers read it.
  changeSequenceNumber: {
    oid: "1.3.6.1.4.1.4203.666.11.2.1",
    text: "Change Sequence Number",
    kind: "changeSequenceNumber",
    equality: "CSNMatch",
    ordering: "CSNOrderingMatch",
  },
  substringAssertion: { oid: "1.3.6.1.4.1.1466.115.121.1.58", text: "Substring Assertion" },
};
