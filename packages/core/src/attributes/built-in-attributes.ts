import type { AttributeDefinition, AttributeOwner } from "../model/attribute-definition.ts";
import type { Group } from "../model/group.ts";
import type { AttributeValue } from "../model/record.ts";
import type { Resource, System } from "../model/resource.ts";
import type { User } from "../model/user.ts";

/** A definition without what the store adds. */
export type AttributeRules = Omit<
  AttributeDefinition,
  "id" | "version" | "revision" | "createdAt" | "updatedAt" | "description"
>;

/** An attribute with the way to read it from a record. */
export interface ReadableAttribute extends AttributeRules {
  /** The values a record holds; empty when it has none. */
  read(record: never): readonly AttributeValue[];
}

const one = (value: AttributeValue | undefined): readonly AttributeValue[] =>
  value === undefined || value === "" ? [] : [value];

interface Shape {
  readonly syntax?: AttributeRules["syntax"];
  readonly matching?: AttributeRules["matching"];
  readonly multiValued?: boolean;
  readonly indexed?: boolean;
  readonly unique?: boolean;
  readonly sensitivity?: AttributeRules["sensitivity"];
  readonly names?: AttributeRules["names"];
}

function attribute<R>(
  owner: AttributeOwner,
  name: string,
  shape: Shape,
  read: (record: R) => readonly AttributeValue[],
): ReadableAttribute {
  return {
    name,
    owner,
    syntax: shape.syntax ?? "string",
    matching: shape.matching ?? "caseIgnore",
    multiValued: shape.multiValued ?? false,
    indexed: (shape.indexed ?? false) || (shape.unique ?? false),
    unique: shape.unique ?? false,
    sensitivity: shape.sensitivity ?? "public",
    names: shape.names ?? {},
    read: read as ReadableAttribute["read"],
  };
}

/** The name to show for a person: the chosen one, else the parts, else the username. */
export function displayNameOf(user: Pick<User, "name" | "username">): string {
  if (user.name.display !== undefined && user.name.display !== "") return user.name.display;
  const parts = [user.name.given, user.name.family].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? user.username : parts.join(" ");
}

const integer: Shape = { syntax: "integer", matching: "integer" };
const time: Shape = { syntax: "time", matching: "time" };

const user = (
  name: string,
  shape: Shape,
  read: (record: User) => readonly AttributeValue[],
): ReadableAttribute => attribute("user", name, shape, read);
const group = (
  name: string,
  shape: Shape,
  read: (record: Group) => readonly AttributeValue[],
): ReadableAttribute => attribute("group", name, shape, read);

/** Attributes that every directory has, in terms of the records' own fields. */
export const builtInAttributes: readonly ReadableAttribute[] = [
  user(
    "username",
    {
      unique: true,
      names: {
        ldap: "uid",
        ldapOid: "0.9.2342.19200300.100.1.1",
        scim: "userName",
        saml: "urn:oid:0.9.2342.19200300.100.1.1",
        oidc: "preferred_username",
      },
    },
    (u) => [u.username],
  ),
  user(
    "email",
    {
      multiValued: true,
      indexed: true,
      names: {
        ldap: "mail",
        ldapOid: "0.9.2342.19200300.100.1.3",
        scim: "emails.value",
        saml: "urn:oid:0.9.2342.19200300.100.1.3",
        oidc: "email",
      },
    },
    (u) => u.emails.map((email) => email.value),
  ),
  user(
    "displayName",
    {
      indexed: true,
      names: {
        ldap: "displayName",
        ldapOid: "2.16.840.1.113730.3.1.241",
        scim: "displayName",
        saml: "urn:oid:2.16.840.1.113730.3.1.241",
        oidc: "name",
      },
    },
    (u) => [displayNameOf(u)],
  ),
  user(
    "givenName",
    {
      indexed: true,
      names: {
        ldap: "givenName",
        ldapOid: "2.5.4.42",
        scim: "name.givenName",
        saml: "urn:oid:2.5.4.42",
        oidc: "given_name",
      },
    },
    (u) => one(u.name.given),
  ),
  user(
    "familyName",
    {
      indexed: true,
      names: {
        ldap: "sn",
        ldapOid: "2.5.4.4",
        scim: "name.familyName",
        saml: "urn:oid:2.5.4.4",
        oidc: "family_name",
      },
    },
    (u) => one(u.name.family),
  ),
  user("middleName", { names: { scim: "name.middleName", oidc: "middle_name" } }, (u) => one(u.name.middle)),
  user(
    "employeeNumber",
    {
      unique: true,
      names: { ldap: "employeeNumber", ldapOid: "2.16.840.1.113730.3.1.3", scim: "employeeNumber" },
    },
    (u) => one(u.employee.number),
  ),
  user(
    "employeeType",
    { names: { ldap: "employeeType", ldapOid: "2.16.840.1.113730.3.1.4", scim: "userType" } },
    (u) => one(u.employee.type),
  ),
  user(
    "title",
    { names: { ldap: "title", ldapOid: "2.5.4.12", scim: "title", saml: "urn:oid:2.5.4.12" } },
    (u) => one(u.employee.title),
  ),
  user(
    "department",
    { names: { ldap: "departmentNumber", ldapOid: "2.16.840.1.113730.3.1.2", scim: "department" } },
    (u) => one(u.employee.department),
  ),
  user("costCenter", { names: { scim: "costCenter" } }, (u) => one(u.employee.costCenter)),
  user("company", { names: { ldap: "o", ldapOid: "2.5.4.10", scim: "organization" } }, (u) =>
    one(u.employee.organization),
  ),
  user("location", { names: { ldap: "l", ldapOid: "2.5.4.7" } }, (u) => one(u.employee.location)),
  user(
    "manager",
    {
      syntax: "reference",
      matching: "uuid",
      indexed: true,
      names: { ldap: "manager", ldapOid: "0.9.2342.19200300.100.1.10", scim: "manager.value" },
    },
    (u) => one(u.employee.manager),
  ),
  user(
    "phone",
    {
      multiValued: true,
      matching: "telephone",
      names: {
        ldap: "telephoneNumber",
        ldapOid: "2.5.4.20",
        scim: "phoneNumbers.value",
        oidc: "phone_number",
      },
    },
    (u) => u.phones,
  ),
  user(
    "uidNumber",
    { ...integer, unique: true, names: { ldap: "uidNumber", ldapOid: "1.3.6.1.1.1.1.0" } },
    (u) => one(u.posix?.uid),
  ),
  user(
    "gidNumber",
    { ...integer, indexed: true, names: { ldap: "gidNumber", ldapOid: "1.3.6.1.1.1.1.1" } },
    (u) => one(u.posix?.gid),
  ),
  user(
    "homeDirectory",
    { matching: "caseExact", names: { ldap: "homeDirectory", ldapOid: "1.3.6.1.1.1.1.3" } },
    (u) => one(u.posix?.home),
  ),
  user(
    "loginShell",
    { matching: "caseExact", names: { ldap: "loginShell", ldapOid: "1.3.6.1.1.1.1.4" } },
    (u) => one(u.posix?.shell),
  ),
  user("gecos", { names: { ldap: "gecos", ldapOid: "1.3.6.1.1.1.1.2" } }, (u) => one(u.posix?.gecos)),
  user(
    "sshKey",
    {
      multiValued: true,
      matching: "caseExact",
      names: { ldap: "sshPublicKey", ldapOid: "1.3.6.1.4.1.24552.500.1.1.1.13" },
    },
    (u) => u.sshKeys,
  ),
  user("state", { matching: "caseIgnore", indexed: true, sensitivity: "self" }, (u) => [u.state]),
  user(
    "externalId",
    { multiValued: true, matching: "caseExact", sensitivity: "self", names: { scim: "externalId" } },
    (u) => u.externalIds.map((external) => `${external.source}:${external.id}`),
  ),
  user("createdAt", { ...time, names: { scim: "meta.created" } }, (u) => [u.createdAt]),
  user(
    "updatedAt",
    { ...time, indexed: true, names: { scim: "meta.lastModified", oidc: "updated_at" } },
    (u) => [u.updatedAt],
  ),
  user("revision", integer, (u) => [u.revision]),
  group("name", { unique: true, names: { ldap: "cn", ldapOid: "2.5.4.3", scim: "displayName" } }, (g) => [
    g.name,
  ]),
  group("description", { names: { ldap: "description", ldapOid: "2.5.4.13" } }, (g) => one(g.description)),
  group("kind", { indexed: true, sensitivity: "self" }, (g) => [g.kind]),
  group(
    "posixGid",
    { ...integer, unique: true, names: { ldap: "gidNumber", ldapOid: "1.3.6.1.1.1.1.1" } },
    (g) => one(g.posixGid),
  ),
  group("ruled", { syntax: "boolean", matching: "boolean", indexed: true, sensitivity: "self" }, (g) => [
    g.rule !== undefined,
  ]),
  group("createdAt", time, (g) => [g.createdAt]),
  group("updatedAt", { ...time, indexed: true }, (g) => [g.updatedAt]),
  group("revision", integer, (g) => [g.revision]),
  attribute<System>("system", "hostname", { unique: true }, (s) => [s.hostname]),
  attribute<System>("system", "os", {}, (s) => one(s.os)),
  attribute<System>("system", "state", { indexed: true }, (s) => [s.state]),
  attribute<Resource>("resource", "name", { indexed: true }, (r) => [r.name]),
  attribute<Resource>("resource", "kind", { indexed: true }, (r) => [r.kind]),
  attribute<Resource>("resource", "description", {}, (r) => one(r.description)),
];
