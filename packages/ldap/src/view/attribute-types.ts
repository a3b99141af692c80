import type { AttributeTypeDefinition } from "./schema-definitions.ts";

type Type = AttributeTypeDefinition;

/** A type of many values, which an attribute of the directory may fill. */
export const several = (oid: string, syntax: Type["syntax"], ...names: string[]): Type => ({
  oid,
  syntax,
  names,
});

/** A type of one value, which an attribute of the directory may fill. */
export const single = (oid: string, syntax: Type["syntax"], ...names: string[]): Type => ({
  oid,
  syntax,
  names,
  single: true,
});

/** A type whose values the view makes. */
export const made = (type: Type): Type => ({ ...type, made: true });

/** An operational type. */
export const kept = (oid: string, syntax: Type["syntax"], name: string, one = true): Type => ({
  oid,
  syntax,
  names: [name],
  single: one,
  operational: true,
});

/**
 * Types that entries show, or that clients ask for by name: RFC 4512, 4519, 4524, 2798, 2079, 2307, the OpenSSH LPK
 * schema and that of PAM's authorized services. Addresses are plain strings here, whose lines are not compared apart, and
 * fax numbers plain numbers.
 */
const userTypes: readonly Type[] = [
  made(several("2.5.4.0", "oid", "objectClass")),
  made(several("2.5.4.3", "directoryString", "cn", "commonName")),
  made(several("2.5.4.4", "directoryString", "sn", "surname")),
  several("2.5.4.5", "directoryString", "serialNumber"),
  single("2.5.4.6", "directoryString", "c", "countryName"),
  several("2.5.4.7", "directoryString", "l", "localityName"),
  several("2.5.4.8", "directoryString", "st", "stateOrProvinceName"),
  several("2.5.4.9", "directoryString", "street", "streetAddress"),
  several("2.5.4.10", "directoryString", "o", "organizationName"),
  several("2.5.4.11", "directoryString", "ou", "organizationalUnitName"),
  several("2.5.4.12", "directoryString", "title"),
  several("2.5.4.13", "directoryString", "description"),
  several("2.5.4.15", "directoryString", "businessCategory"),
  several("2.5.4.16", "directoryString", "postalAddress"),
  several("2.5.4.17", "directoryString", "postalCode"),
  several("2.5.4.18", "directoryString", "postOfficeBox"),
  several("2.5.4.19", "directoryString", "physicalDeliveryOfficeName"),
  several("2.5.4.20", "telephone", "telephoneNumber"),
  several("2.5.4.23", "telephone", "facsimileTelephoneNumber", "fax"),
  several("2.5.4.26", "directoryString", "registeredAddress"),
  several("2.5.4.27", "directoryString", "destinationIndicator"),
  single("2.5.4.28", "directoryString", "preferredDeliveryMethod"),
  made(several("2.5.4.31", "dn", "member")),
  several("2.5.4.32", "dn", "owner"),
  several("2.5.4.34", "dn", "seeAlso"),
  made(several("2.5.4.35", "octets", "userPassword")),
  several("2.5.4.36", "octets", "userCertificate"),
  several("2.5.4.42", "directoryString", "givenName", "gn"),
  several("2.5.4.43", "directoryString", "initials"),
  several("2.5.4.44", "directoryString", "generationQualifier"),
  several("2.5.4.45", "caseExactString", "x500UniqueIdentifier"),
  several("2.5.4.46", "directoryString", "dnQualifier"),
  made(several("2.5.4.50", "nameAndUid", "uniqueMember")),
  made(several("0.9.2342.19200300.100.1.1", "directoryString", "uid", "userid")),
  several("0.9.2342.19200300.100.1.3", "ia5", "mail", "rfc822Mailbox"),
  several("0.9.2342.19200300.100.1.4", "directoryString", "info"),
  several("0.9.2342.19200300.100.1.6", "directoryString", "roomNumber"),
  several("0.9.2342.19200300.100.1.7", "octets", "photo"),
  several("0.9.2342.19200300.100.1.8", "directoryString", "userClass"),
  several("0.9.2342.19200300.100.1.9", "directoryString", "host"),
  made(several("0.9.2342.19200300.100.1.10", "dn", "manager")),
  several("0.9.2342.19200300.100.1.20", "telephone", "homePhone", "homeTelephoneNumber"),
  several("0.9.2342.19200300.100.1.21", "dn", "secretary"),
  made(single("0.9.2342.19200300.100.1.25", "ia5", "dc", "domainComponent")),
  several("0.9.2342.19200300.100.1.37", "ia5", "associatedDomain"),
  several("0.9.2342.19200300.100.1.38", "dn", "associatedName"),
  several("0.9.2342.19200300.100.1.39", "directoryString", "homePostalAddress"),
  several("0.9.2342.19200300.100.1.40", "directoryString", "personalTitle"),
  several("0.9.2342.19200300.100.1.41", "telephone", "mobile", "mobileTelephoneNumber"),
  several("0.9.2342.19200300.100.1.42", "telephone", "pager", "pagerTelephoneNumber"),
  several("0.9.2342.19200300.100.1.43", "directoryString", "co", "friendlyCountryName"),
  several("0.9.2342.19200300.100.1.48", "directoryString", "buildingName"),
  several("0.9.2342.19200300.100.1.55", "octets", "audio"),
  several("0.9.2342.19200300.100.1.60", "octets", "jpegPhoto"),
  several("1.3.6.1.4.1.250.1.57", "caseExactString", "labeledURI"),
  several("2.16.840.1.113730.3.1.1", "directoryString", "carLicense"),
  several("2.16.840.1.113730.3.1.2", "directoryString", "departmentNumber"),
  single("2.16.840.1.113730.3.1.3", "directoryString", "employeeNumber"),
  several("2.16.840.1.113730.3.1.4", "directoryString", "employeeType"),
  single("2.16.840.1.113730.3.1.39", "directoryString", "preferredLanguage"),
  several("2.16.840.1.113730.3.1.40", "octets", "userSMIMECertificate"),
  several("2.16.840.1.113730.3.1.216", "octets", "userPKCS12"),
  single("2.16.840.1.113730.3.1.241", "directoryString", "displayName"),
  single("1.3.6.1.1.1.1.0", "integer", "uidNumber"),
  single("1.3.6.1.1.1.1.1", "integer", "gidNumber"),
  single("1.3.6.1.1.1.1.2", "ia5", "gecos"),
  single("1.3.6.1.1.1.1.3", "ia5Exact", "homeDirectory"),
  single("1.3.6.1.1.1.1.4", "ia5Exact", "loginShell"),
  made(single("1.3.6.1.1.1.1.5", "integer", "shadowLastChange")),
  single("1.3.6.1.1.1.1.6", "integer", "shadowMin"),
  single("1.3.6.1.1.1.1.7", "integer", "shadowMax"),
  single("1.3.6.1.1.1.1.8", "integer", "shadowWarning"),
  single("1.3.6.1.1.1.1.9", "integer", "shadowInactive"),
  single("1.3.6.1.1.1.1.10", "integer", "shadowExpire"),
  single("1.3.6.1.1.1.1.11", "integer", "shadowFlag"),
  // Usernames are the same whatever their case, so member lists of them are compared so too.
  made(several("1.3.6.1.1.1.1.12", "ia5Name", "memberUid")),
  several("1.3.6.1.4.1.24552.500.1.1.1.13", "octetText", "sshPublicKey"),
  several("1.3.6.1.4.1.5322.17.2.1", "directoryString", "authorizedService"),
];

/** Operational types of entries, the root DSE and the subschema: RFC 4512, 4530, 5020, 3112, 3045 and OpenLDAP's. */
const operationalTypes: readonly Type[] = [
  kept("1.3.6.1.1.16.4", "uuid", "entryUUID"),
  kept("1.3.6.1.1.20", "dn", "entryDN"),
  kept("1.3.6.1.4.1.4203.666.1.7", "changeSequenceNumber", "entryCSN"),
  kept("1.3.6.1.4.1.4203.666.1.25", "changeSequenceNumber", "contextCSN", false),
  kept("2.5.18.1", "time", "createTimestamp"),
  kept("2.5.18.2", "time", "modifyTimestamp"),
  kept("2.5.18.3", "dn", "creatorsName"),
  kept("2.5.18.4", "dn", "modifiersName"),
  kept("2.5.18.9", "boolean", "hasSubordinates"),
  kept("2.5.18.10", "dn", "subschemaSubentry"),
  kept("2.5.21.9", "oid", "structuralObjectClass"),
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

/** `memberOf`: asked for by name, except where Active Directory's habits are served. */
export const memberOfType: AttributeTypeDefinition = kept("1.2.840.113556.1.2.102", "dn", "memberOf", false);

/** Types of every schema, but `memberOf`. */
export const standardTypes: readonly Type[] = [...userTypes, ...operationalTypes];
