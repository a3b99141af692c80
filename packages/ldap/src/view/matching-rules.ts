import { syntaxes, type ValueKind } from "./attribute-syntaxes.ts";

/** What a rule tests: that values are equal, come before the asserted one, have pieces, or what Active Directory added. */
export type RuleUse = "equality" | "ordering" | "substrings" | "inChain" | "allBits" | "anyBits";

/** A matching rule (RFC 4512 §2.5.4). */
export interface MatchingRuleDefinition {
  readonly name: string;
  readonly oid: string;
  /** OID of the syntax of asserted values. */
  readonly syntax: string;
  /** What it tests. */
  readonly use: RuleUse;
  /** Values it can be applied to. */
  readonly kinds: readonly ValueKind[];
  /** Whether it tells apart what differs in case only. */
  readonly keepsCase: boolean;
}

const string = syntaxes.directoryString.oid;
const ia5 = syntaxes.ia5.oid;
const pieces = syntaxes.substringAssertion.oid;
const folded: readonly ValueKind[] = ["text"];
/** Text whose own rule folds case can be compared with case, not the other way round. */
const anyText: readonly ValueKind[] = ["text", "exactText"];
/** Usernames of members are looked up, which takes the whole of them. */
const foldedOrName: readonly ValueKind[] = [...folded, "username"];
const anyTextOrName: readonly ValueKind[] = [...anyText, "username"];

const rule = (
  name: string,
  oid: string,
  syntax: string,
  use: RuleUse,
  kinds: readonly ValueKind[],
  keepsCase = false,
): MatchingRuleDefinition => ({ name, oid, syntax, use, kinds, keepsCase });

/** The rules that work (RFC 4517 §4.2, RFC 4530 §2), each on the attributes whose values it fits. */
export const matchingRules: readonly MatchingRuleDefinition[] = [
  rule("objectIdentifierMatch", "2.5.13.0", syntaxes.oid.oid, "equality", ["oid"]),
  rule("distinguishedNameMatch", "2.5.13.1", syntaxes.dn.oid, "equality", ["dn"]),
  rule("caseIgnoreMatch", "2.5.13.2", string, "equality", foldedOrName),
  rule("caseIgnoreOrderingMatch", "2.5.13.3", string, "ordering", folded),
  rule("caseIgnoreSubstringsMatch", "2.5.13.4", pieces, "substrings", folded),
  rule("caseExactMatch", "2.5.13.5", string, "equality", anyTextOrName, true),
  rule("caseExactOrderingMatch", "2.5.13.6", string, "ordering", anyText, true),
  rule("caseExactSubstringsMatch", "2.5.13.7", pieces, "substrings", anyText, true),
  rule("booleanMatch", "2.5.13.13", syntaxes.boolean.oid, "equality", ["boolean"]),
  rule("integerMatch", "2.5.13.14", syntaxes.integer.oid, "equality", ["integer", "flags"]),
  rule("integerOrderingMatch", "2.5.13.15", syntaxes.integer.oid, "ordering", ["integer", "flags"]),
  rule("octetStringMatch", "2.5.13.17", syntaxes.octets.oid, "equality", ["octets"]),
  rule("telephoneNumberMatch", "2.5.13.20", syntaxes.telephone.oid, "equality", ["telephone"]),
  rule("telephoneNumberSubstringsMatch", "2.5.13.21", pieces, "substrings", ["telephone"]),
  rule("uniqueMemberMatch", "2.5.13.23", syntaxes.nameAndUid.oid, "equality", ["dn"]),
  rule("generalizedTimeMatch", "2.5.13.27", syntaxes.time.oid, "equality", ["time"]),
  rule("generalizedTimeOrderingMatch", "2.5.13.28", syntaxes.time.oid, "ordering", ["time"]),
  rule("objectIdentifierFirstComponentMatch", "2.5.13.30", syntaxes.oid.oid, "equality", ["definition"]),
  rule("caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1", ia5, "equality", anyTextOrName, true),
  rule("caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2", ia5, "equality", foldedOrName),
  rule("caseIgnoreIA5SubstringsMatch", "1.3.6.1.4.1.1466.109.114.3", pieces, "substrings", folded),
  rule("caseExactIA5SubstringsMatch", "1.3.6.1.4.1.4203.1.2.1", pieces, "substrings", anyText, true),
  rule("uuidMatch", "1.3.6.1.1.16.2", syntaxes.uuid.oid, "equality", ["uuid"]),
  rule("CSNMatch", "1.3.6.1.4.1.4203.666.11.2.2", syntaxes.changeSequenceNumber.oid, "equality", [
    "changeSequenceNumber",
  ]),
  rule("CSNOrderingMatch", "1.3.6.1.4.1.4203.666.11.2.3", syntaxes.changeSequenceNumber.oid, "ordering", [
    "changeSequenceNumber",
  ]),
  // Of Active Directory, which asks by OID; the name is ours.
  rule("inChainMatch", "1.2.840.113556.1.4.1941", syntaxes.dn.oid, "inChain", ["dn"]),
];

/** Rules over the bits of numbers, for trees in the flavour of Active Directory; named as OpenLDAP names them. */
export const bitRules: readonly MatchingRuleDefinition[] = [
  rule("integerBitAndMatch", "1.2.840.113556.1.4.803", syntaxes.integer.oid, "allBits", ["flags"]),
  rule("integerBitOrMatch", "1.2.840.113556.1.4.804", syntaxes.integer.oid, "anyBits", ["flags"]),
];
