import { made, memberOfType, several, single } from "./attribute-types.ts";
import { bitRules } from "./matching-rules.ts";
import { nameUuid } from "./name-uuid.ts";
import { standardClasses } from "./object-classes.ts";
import { type SchemaParts, standardParts } from "./schema.ts";
import type { AttributeTypeDefinition, ObjectClassDefinition } from "./schema-definitions.ts";

const microsoft = "1.2.840.113556.1";

/** Attributes that every entry has. */
const ofTop: readonly AttributeTypeDefinition[] = [
  made(single(`${microsoft}.4.1`, "directoryString", "name")),
  made(single("2.5.4.49", "dn", "distinguishedName")),
  made(single(`${microsoft}.4.782`, "category", "objectCategory")),
  made(single(`${microsoft}.4.2`, "octets", "objectGUID")),
  made(single(`${microsoft}.2.2`, "time", "whenCreated")),
  made(single(`${microsoft}.2.3`, "time", "whenChanged")),
  made(single(`${microsoft}.2.120`, "integer", "uSNChanged")),
  made(several(memberOfType.oid, "dn", "memberOf")),
  // Known, so that a test on one is false rather than Undefined, and free for attributes of the directory.
  single(`${microsoft}.2.19`, "integer", "uSNCreated"),
  single(`${microsoft}.2.1`, "integer", "instanceType"),
  single(`${microsoft}.2.48`, "boolean", "isDeleted"),
  several(`${microsoft}.2.210`, "directoryString", "proxyAddresses"),
  several(`${microsoft}.2.464`, "directoryString", "wWWHomePage"),
];

/** Attributes of people and groups. */
const ofPrincipal: readonly AttributeTypeDefinition[] = [
  made(single(`${microsoft}.4.221`, "directoryString", "sAMAccountName")),
  made(single(`${microsoft}.4.302`, "flags", "sAMAccountType")),
  single(`${microsoft}.4.146`, "octets", "objectSid"),
  single(`${microsoft}.4.150`, "integer", "adminCount"),
];

/** Attributes of people. */
const ofUser: readonly AttributeTypeDefinition[] = [
  made(single(`${microsoft}.4.656`, "principalName", "userPrincipalName")),
  made(single(`${microsoft}.4.8`, "flags", "userAccountControl")),
  made(single(`${microsoft}.4.159`, "flags", "accountExpires")),
  made(single(`${microsoft}.2.141`, "directoryString", "department")),
  made(single(`${microsoft}.2.146`, "directoryString", "company")),
  made(single(`${microsoft}.4.35`, "directoryString", "employeeID")),
  single(`${microsoft}.4.98`, "integer", "primaryGroupID"),
  single(`${microsoft}.4.662`, "integer", "lockoutTime"),
  single(`${microsoft}.4.96`, "integer", "pwdLastSet"),
  single(`${microsoft}.4.52`, "integer", "lastLogon"),
  single(`${microsoft}.4.1696`, "integer", "lastLogonTimestamp"),
  single(`${microsoft}.4.12`, "integer", "badPwdCount"),
  single(`${microsoft}.4.169`, "integer", "logonCount"),
  single(`${microsoft}.4.721`, "directoryString", "ipPhone"),
  several(`${microsoft}.2.18`, "directoryString", "otherTelephone"),
];

/** Attributes of groups. */
const ofGroup: readonly AttributeTypeDefinition[] = [
  made(single(`${microsoft}.4.750`, "flags", "groupType")),
];

/** Attributes of the root DSE, which Active Directory's own schema does not describe; the OIDs are ours. */
const ofRoot: readonly AttributeTypeDefinition[] = ["defaultNamingContext", "rootDomainNamingContext"].map(
  (name) => ({
    names: [name],
    oid: `2.25.${BigInt(`0x${nameUuid("attribute type", name).replaceAll("-", "")}`)}`,
    syntax: "dn",
    single: true,
    operational: true,
  }),
);

const names = (types: readonly AttributeTypeDefinition[]): readonly string[] =>
  types.map((type) => type.names[0] as string);

function standardClass(name: string): ObjectClassDefinition {
  const found = standardClasses.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`no class ${name}`);
  return found;
}

/**
 * What trees in the flavour of Active Directory have beside or in place of the standard schema. People are users there,
 * and inetOrgPerson one kind of user; groups are groups, here by way of groupOfNames, so that both names find them.
 */
export const activeDirectoryParts: SchemaParts = {
  types: [...ofTop, ...ofPrincipal, ...ofUser, ...ofGroup, ...ofRoot],
  classes: [
    { ...standardClass("top"), may: names(ofTop) },
    {
      name: "user",
      oid: `${microsoft}.5.9`,
      sup: "organizationalPerson",
      kind: "STRUCTURAL",
      may: names([...ofPrincipal, ...ofUser]),
    },
    { ...standardClass("inetOrgPerson"), sup: "user" },
    {
      name: "group",
      oid: `${microsoft}.5.8`,
      sup: "groupOfNames",
      kind: "STRUCTURAL",
      must: ["groupType"],
      may: names(ofPrincipal),
    },
  ],
  rules: bitRules,
  classOf: standardParts.classOf,
};
