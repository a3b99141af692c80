import { type DirectoryError, isDirectoryError, type PasswordViolationCode } from "@directorykit/core";
import { LdapResultCode, type PasswordPolicyError } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { Schema } from "../view/schema.ts";
import { badPassword, UpdateRefusal } from "../view/update-refusal.ts";

/** LDAP names of fields of the directory's records that no attribute of the registry is called by. */
const fieldNames: ReadonlyMap<string, string> = new Map([
  ["username", "uid"],
  ["email", "mail"],
  ["emails", "mail"],
  ["emails.value", "mail"],
  ["primaryEmail", "mail"],
  ["name", "cn"],
  ["name.display", "cn"],
  ["name.given", "givenName"],
  ["name.family", "sn"],
  ["employee.number", "employeeNumber"],
  ["employee.title", "title"],
  ["employee.type", "employeeType"],
  ["employee.department", "departmentNumber"],
  ["employee.organization", "o"],
  ["employee.location", "l"],
  ["employee.manager", "manager"],
  ["phones", "telephoneNumber"],
  ["posix.uid", "uidNumber"],
  ["posix.gid", "gidNumber"],
  ["posix.home", "homeDirectory"],
  ["posix.shell", "loginShell"],
  ["posix.gecos", "gecos"],
  ["sshKeys", "sshPublicKey"],
  ["members", "member"],
]);

/** Faults of a password that a password policy response tells from poor quality (draft-behera-ldap-password-policy-10 §6.2). */
const policyErrors: ReadonlyMap<unknown, PasswordPolicyError> = new Map([
  ["too-short", "passwordTooShort"],
  ["reused", "passwordInHistory"],
] satisfies [PasswordViolationCode, PasswordPolicyError][]);

/** What a failure of the directory is to whoever asked for an update. Names attributes as LDAP does, and no values. */
export function refusalOf(error: unknown, schema: Schema): UpdateRefusal {
  if (!isDirectoryError(error)) return new UpdateRefusal(resultCodeOfError(error), "");
  switch (error.code) {
    case "invalid-input":
      return invalidInput(error, schema);
    case "conflict":
      return conflict(error, schema);
    case "not-found":
      return error.details["kind"] === "member"
        ? violation("member: names nobody who is there")
        : new UpdateRefusal(LdapResultCode.noSuchObject, "the entry is not there any more");
    case "limit-exceeded":
      return new UpdateRefusal(LdapResultCode.adminLimitExceeded, error.message);
    case "stale-write":
      return new UpdateRefusal(
        LdapResultCode.busy,
        becameMarked(error)
          ? "userPassword: became one that must be changed meanwhile"
          : "others changed the entry each time",
      );
    default:
      return new UpdateRefusal(resultCodeOfError(error), "");
  }
}

/** Whether a new password was refused because the one before came to be one that must be changed since it was prepared. */
export function becameMarked(error: unknown): boolean {
  return isDirectoryError(error) && error.code === "stale-write" && error.details["reason"] === "must-change";
}

function invalidInput(error: DirectoryError, schema: Schema): UpdateRefusal {
  const { path, violation: fault, family } = error.details;
  if (fault !== undefined) {
    const message = `userPassword: ${withoutPath(error)}`;
    return badPassword(message, policyErrors.get(fault));
  }
  if (family !== undefined) return badPassword(`userPassword: ${error.message}`);
  if (typeof path !== "string") return violation(error.message);
  return violation(`${labelOf(path, schema)}: ${withoutPath(error)}`);
}

function conflict(error: DirectoryError, schema: Schema): UpdateRefusal {
  const { key, reason } = error.details;
  if (key === "username" || key === "name")
    return new UpdateRefusal(LdapResultCode.entryAlreadyExists, "an entry of this name is there already");
  if (typeof key === "string") return violation(`${labelOf(key, schema)}: another entry has this value`);
  if (reason === "ruled") return new UpdateRefusal(LdapResultCode.unwillingToPerform, error.message);
  return violation(error.message);
}

/** The LDAP name of what a path into a record leads to. */
function labelOf(path: string, schema: Schema): string {
  const plain = path.replace(/\[\d+\]/g, "");
  const known = fieldNames.get(plain);
  if (known !== undefined) return known;
  const name = plain.replace(/^(?:attributes|attributeChanges)\./, "");
  for (const owner of ["user", "group"] as const)
    for (const [type, attribute] of schema.shown(owner))
      if (attribute.name === name) return type.names[0] as string;
  return "an attribute";
}

function withoutPath(error: DirectoryError): string {
  const path = `${error.details["path"]}: `;
  return error.message.startsWith(path) ? error.message.slice(path.length) : error.message;
}

function violation(message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.constraintViolation, message);
}
