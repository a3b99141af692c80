import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { UserId } from "../model/ids.ts";
import { isId } from "../model/ids.ts";
import type { CustomAttributes } from "../model/record.ts";
import type {
  EmailAddress,
  EmployeeFields,
  ExternalId,
  PersonName,
  PosixAccount,
  User,
  UserState,
} from "../model/user.ts";
import { checkCustomAttributes } from "../validate/attributes.ts";
import {
  checkBoolean,
  checkEmail,
  checkInteger,
  checkList,
  checkName,
  checkObject,
  checkOneOf,
  checkPath,
  checkSshKey,
  checkText,
  checkUsername,
  invalid,
  optional,
} from "../validate/validate.ts";

/** What describes a user, for creating and changing one. */
export interface UserFields {
  /** The login name. */
  readonly username: string;
  /** The primary e-mail address; short for `emails` with one address. */
  readonly email?: string;
  /** All e-mail addresses. */
  readonly emails?: readonly EmailAddress[];
  /** Name as parts. */
  readonly name?: PersonName;
  /** Employment data. */
  readonly employee?: EmployeeFields;
  /** Phone numbers. */
  readonly phones?: readonly string[];
  /** Unix account. `null` removes it. */
  readonly posix?: PosixAccount | null;
  /** Public SSH keys. */
  readonly sshKeys?: readonly string[];
  /** Attributes the host has defined. */
  readonly attributes?: CustomAttributes;
  /** Default `active`. */
  readonly state?: UserState;
  /** Identities in other sources. */
  readonly externalIds?: readonly ExternalId[];
}

/** New values of custom attributes by name; none takes the attribute away. Those not named stay. */
export type AttributeChanges = CustomAttributes;

/** What a user record holds beside the base fields. */
export type UserContent = Omit<User, "id" | "version" | "revision" | "createdAt" | "updatedAt">;

const maxPosixId = 2_147_483_646;
const fieldNames: readonly string[] = [
  "username",
  "email",
  "emails",
  "name",
  "employee",
  "phones",
  "posix",
  "sshKeys",
  "attributes",
  "state",
  "externalIds",
] satisfies (keyof UserFields)[];

/**
 * Checks what is given and brings it to the form that is stored.
 * @throws DirectoryError `invalid-input` with `details.path`
 */
export function checkUserFields(
  path: string,
  input: unknown,
  registry: AttributeRegistry,
): Partial<UserContent> {
  const given = checkObject(path, input, fieldNames);
  const at = (field: string): string => (path === "" ? field : `${path}.${field}`);
  if (given["email"] !== undefined && given["emails"] !== undefined)
    throw invalid(at("email"), "give either email or emails");
  const emails =
    given["email"] === undefined
      ? optional(at("emails"), given["emails"], checkEmails)
      : given["email"] === null
        ? []
        : [{ value: checkEmail(at("email"), given["email"]), primary: true }];
  const fields = {
    username: optional(at("username"), given["username"], checkUsername),
    emails,
    name: optional(at("name"), given["name"], checkPersonName),
    employee: optional(at("employee"), given["employee"], checkEmployee),
    phones: optional(at("phones"), given["phones"], (p, v) =>
      checkList(p, v, (q, w) => checkName(q, w, 64), 32),
    ),
    posix: optional(at("posix"), given["posix"], checkPosix),
    sshKeys: optional(at("sshKeys"), given["sshKeys"], (p, v) => checkList(p, v, checkSshKey, 100)),
    attributes: optional(at("attributes"), given["attributes"], (p, v) =>
      checkCustomAttributes(p, v, "user", registry),
    ),
    state: optional(at("state"), given["state"], (p, v) =>
      checkOneOf(p, v, ["staged", "active", "suspended"]),
    ),
    externalIds: optional(at("externalIds"), given["externalIds"], (p, v) =>
      checkList(p, v, checkExternalId, 32),
    ),
  };
  return withoutUndefined(fields);
}

/** Drops keys whose value is undefined, so that optional fields are absent rather than undefined. */
export function withoutUndefined<T extends object>(
  fields: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T]?: Exclude<T[K], undefined>;
} {
  // A new object: deleting keys would turn each of them into a slow one.
  const kept: Partial<T> = {};
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key];
  return kept as never;
}

/**
 * Checks changes to some of a record's custom attributes.
 * @param all - new values of all of them, with which they do not go together
 * @returns the names with their values, or with none
 * @throws DirectoryError `invalid-input`
 */
export function checkAttributeChanges(
  given: unknown,
  all: unknown,
  owner: AttributeOwner,
  registry: AttributeRegistry,
): CustomAttributes | undefined {
  if (given === undefined) return undefined;
  if (all !== undefined) throw invalid("attributeChanges", "give either attributes or attributeChanges");
  const checked = checkCustomAttributes("attributeChanges", given, owner, registry);
  const none = Object.keys(given as object).map((name) => [name, []] as const);
  return { ...Object.fromEntries(none), ...checked };
}

/** A record's custom attributes with the changes made. */
export function withAttributeChanges(
  { attributes }: { readonly attributes: CustomAttributes },
  changes: CustomAttributes,
): CustomAttributes {
  const merged = Object.entries({ ...attributes, ...changes });
  return Object.fromEntries(merged.filter(([, values]) => values.length > 0));
}

/** The defaults of a new user. */
export const newUser: Omit<UserContent, "username"> = {
  emails: [],
  name: {},
  employee: {},
  phones: [],
  sshKeys: [],
  attributes: {},
  state: "active",
  externalIds: [],
};

function checkEmails(path: string, value: unknown): readonly EmailAddress[] {
  const emails = checkList(
    path,
    value,
    (at, one) => {
      const given = checkObject(at, one, ["value", "primary", "type"]);
      const type = optional(`${at}.type`, given["type"], (p, v) => checkName(p, v, 64));
      return {
        value: checkEmail(`${at}.value`, given["value"]),
        primary: optional(`${at}.primary`, given["primary"], checkBoolean) ?? false,
        ...(type === undefined ? {} : { type }),
      };
    },
    64,
  );
  if (emails.filter((email) => email.primary).length > 1)
    throw invalid(path, "holds more than one primary address");
  return emails;
}

function checkPersonName(path: string, value: unknown): PersonName {
  const given = checkObject(path, value, ["given", "family", "middle", "display"]);
  const part = (name: string): string | undefined =>
    optional(`${path}.${name}`, given[name] === "" ? undefined : given[name], checkName);
  return withoutUndefined({
    given: part("given"),
    family: part("family"),
    middle: part("middle"),
    display: part("display"),
  });
}

function checkEmployee(path: string, value: unknown): EmployeeFields {
  const names = ["number", "title", "type", "department", "costCenter", "organization", "location"] as const;
  const given = checkObject(path, value, [...names, "manager"]);
  const fields: Record<string, string> = {};
  for (const name of names) {
    const text = optional(`${path}.${name}`, given[name] === "" ? undefined : given[name], checkName);
    if (text !== undefined) fields[name] = text;
  }
  const manager = optional(`${path}.manager`, given["manager"], checkText);
  if (manager === undefined) return fields;
  if (!isId(manager)) throw invalid(`${path}.manager`, "must be the id of a user");
  return { ...fields, manager: manager as UserId };
}

function checkPosix(path: string, value: unknown): PosixAccount {
  const given = checkObject(path, value, ["uid", "gid", "home", "shell", "gecos"]);
  return withoutUndefined({
    uid: checkInteger(`${path}.uid`, given["uid"], 1, maxPosixId),
    gid: checkInteger(`${path}.gid`, given["gid"], 0, maxPosixId),
    home: checkPath(`${path}.home`, given["home"]),
    shell: optional(`${path}.shell`, given["shell"], checkPath),
    gecos: optional(`${path}.gecos`, given["gecos"], (p, v) => {
      const text = checkText(p, v, 1024);
      if (/[:\r\n]/.test(text)) throw invalid(p, "must be one line without colons");
      return text;
    }),
  });
}

function checkExternalId(path: string, value: unknown): ExternalId {
  const given = checkObject(path, value, ["source", "id"]);
  return {
    source: checkName(`${path}.source`, given["source"], 64),
    id: checkName(`${path}.id`, given["id"], 512),
  };
}
