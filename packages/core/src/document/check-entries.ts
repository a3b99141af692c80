import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { DirectoryError, isDirectoryError } from "../errors.ts";
import { checkCertificate } from "../keys/certificate.ts";
import type { Grant } from "../model/grant.ts";
import type { CustomAttributes } from "../model/record.ts";
import type { JsonValue, ResourceKind, ResourceSettings } from "../model/resource.ts";
import { assertSupportedHash } from "../password/imported-hash.ts";
import type { Filter } from "../query/filter.ts";
import { checkTerms, checkValidity } from "../services/grants.ts";
import { checkRule } from "../services/groups.ts";
import { checkSettings, resourceKinds } from "../services/resources.ts";
import { checkUserFields, newUser, type UserContent, withoutUndefined } from "../services/user-input.ts";
import { foldCase, parseTime } from "../text/normalize.ts";
import { parseTotpSecret } from "../totp/totp.ts";
import { checkCustomAttributes } from "../validate/attributes.ts";
import {
  checkBoolean,
  checkInteger,
  checkList,
  checkName,
  checkObject,
  checkOneOf,
  checkText,
  checkUsername,
  invalid,
  optional,
} from "../validate/validate.ts";

/** A person. */
export interface CheckedUser {
  readonly content: UserContent;
  readonly password: string | undefined;
  readonly passwordHash: string | undefined;
  readonly mustChangePassword: boolean;
  readonly totpSecret: string | undefined;
  /** As stored. */
  readonly recoveryCodes: string | undefined;
  /** As stored. */
  readonly certificates: readonly string[];
  /** Folded username. */
  readonly manager: string | undefined;
}

/** A group of people. */
export interface CheckedGroup {
  readonly name: string;
  readonly description: string | undefined;
  readonly posixGid: number | undefined;
  readonly rule: Filter | undefined;
  readonly attributes: CustomAttributes;
  /** Folded usernames. */
  readonly members: readonly string[];
  /** Folded group names. */
  readonly groups: readonly string[];
}

/** A resource, its settings apart. */
export interface CheckedResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly description: string | undefined;
  readonly settings: ResourceSettings;
}

/** A grant. */
export interface CheckedGrant {
  /** Folded name of a group, or `undefined`. */
  readonly group: string | undefined;
  /** Folded username, or `undefined`. */
  readonly user: string | undefined;
  /** Place of the resource in the document's list. */
  readonly resource: number;
  readonly terms: Partial<Pick<Grant, "attributes" | "priority" | "notBefore" | "notAfter" | "conditions">>;
}

/** What a grant may name, folded. */
export interface KnownNames {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** Places of resources by name and by `kind/name`. */
  readonly resources: ReadonlyMap<string, readonly number[]>;
}

/** Most entries of one list. */
export const maxEntries = 2_000_000;

/** Checks an entry of `users`. */
export function checkUser(path: string, value: unknown, registry: AttributeRegistry): CheckedUser {
  const {
    givenName,
    familyName,
    middleName,
    displayName,
    password,
    passwordHash,
    mustChangePassword,
    totpSecret,
    recoveryCodeHashes,
    certificates,
    employee,
    ...rest
  } = checkObject(path, value, [
    "username",
    "email",
    "emails",
    "givenName",
    "familyName",
    "middleName",
    "displayName",
    "password",
    "passwordHash",
    "mustChangePassword",
    "totpSecret",
    "recoveryCodeHashes",
    "certificates",
    "state",
    "posix",
    "sshKeys",
    "phones",
    "employee",
    "attributes",
    "externalIds",
  ]);
  const part = (name: string, one: unknown): string | undefined =>
    optional(`${path}.${name}`, one === "" ? undefined : one, checkName);
  const name = withoutUndefined({
    given: part("givenName", givenName),
    family: part("familyName", familyName),
    middle: part("middleName", middleName),
    display: part("displayName", displayName),
  });
  const { manager, ...employment } = optional(`${path}.employee`, employee, checkObject) ?? {};
  const content = checkUserFields(
    path,
    { ...rest, ...(employee === undefined ? {} : { employee: employment }) },
    registry,
  );
  if (content.username === undefined) throw invalid(`${path}.username`, "is required");
  if (password !== undefined && passwordHash !== undefined)
    throw invalid(`${path}.password`, "give either password or passwordHash");
  if (mustChangePassword === true && password === undefined && passwordHash === undefined)
    throw invalid(`${path}.mustChangePassword`, "needs a password to change");
  const managerName = optional(`${path}.employee.manager`, manager, checkUsername);
  return {
    content: { ...newUser, ...content, username: content.username, name },
    password: optional(`${path}.password`, password, checkSecretText),
    passwordHash: optional(`${path}.passwordHash`, passwordHash, (p, v) => {
      const hash = checkSecretText(p, v);
      at(p, () => assertSupportedHash(hash));
      return hash;
    }),
    mustChangePassword: optional(`${path}.mustChangePassword`, mustChangePassword, checkBoolean) ?? false,
    totpSecret: optional(`${path}.totpSecret`, totpSecret, (p, v) =>
      at(p, () => parseTotpSecret(checkSecretText(p, v))),
    ),
    recoveryCodes: optional(`${path}.recoveryCodeHashes`, recoveryCodeHashes, (p, v) =>
      checkList(p, v, checkRecoveryCodeHash, 20),
    )?.join(" "),
    certificates:
      optional(`${path}.certificates`, certificates, (p, v) => checkList(p, v, checkCertificate, 20)) ?? [],
    manager: managerName === undefined ? undefined : foldCase(managerName),
  };
}

function checkSecretText(path: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw invalid(path, "must be text");
  if (value.length > 4096) throw invalid(path, "is longer than 4096 characters");
  return value;
}

function checkRecoveryCodeHash(path: string, value: unknown): string {
  const text = checkSecretText(path, value);
  if (!/^[\w-]{22}\.[\w-]{43}$/.test(text)) throw invalid(path, "is not the hash of a recovery code");
  return text;
}

/** Checks an entry of `groups`. */
export function checkGroup(path: string, value: unknown, registry: AttributeRegistry): CheckedGroup {
  const given = checkObject(path, value, [
    "name",
    "description",
    "members",
    "groups",
    "posixGid",
    "rule",
    "attributes",
  ]);
  const rule = optional(`${path}.rule`, given["rule"], (p, v) => checkRule(p, v, "user", registry));
  const folded = (p: string, v: unknown): string => foldCase(checkName(p, v));
  const members =
    optional(`${path}.members`, given["members"], (p, v) => checkList(p, v, folded, maxEntries)) ?? [];
  const groups =
    optional(`${path}.groups`, given["groups"], (p, v) => checkList(p, v, folded, maxEntries)) ?? [];
  if (rule !== undefined && members.length + groups.length > 0)
    throw invalid(`${path}.members`, "a group with a rule has no members of its own");
  return {
    name: checkName(`${path}.name`, given["name"]),
    description: optional(`${path}.description`, given["description"], checkText),
    posixGid: optional(`${path}.posixGid`, given["posixGid"], (p, v) => checkInteger(p, v, 0, 2_147_483_646)),
    rule,
    attributes:
      optional(`${path}.attributes`, given["attributes"], (p, v) =>
        checkCustomAttributes(p, v, "group", registry),
      ) ?? {},
    members,
    groups,
  };
}

/** Checks an entry of `resources`. */
export function checkResource(path: string, value: unknown): CheckedResource {
  const { kind, name, description, ...settings } = checkObject(path, value);
  return {
    kind: checkOneOf(`${path}.kind`, kind, resourceKinds),
    name: checkName(`${path}.name`, name),
    description: optional(`${path}.description`, description, checkText),
    settings: checkSettings(path, settings as Record<string, JsonValue>),
  };
}

/** Checks an entry of `grants` and finds what it names. */
export function checkGrant(path: string, value: unknown, names: KnownNames): CheckedGrant {
  const given = checkObject(path, value, [
    "group",
    "user",
    "resource",
    "attributes",
    "requireMfa",
    "networks",
    "priority",
    "notBefore",
    "notAfter",
  ]);
  const name = (field: string): string | undefined => {
    const text = optional(`${path}.${field}`, given[field], checkName);
    return text === undefined ? undefined : foldCase(text);
  };
  const group = name("group");
  const user = name("user");
  if ((group === undefined) === (user === undefined)) throw invalid(path, "give either a group or a user");
  if (group !== undefined && !names.groups.has(group))
    throw invalid(`${path}.group`, "is not a group of this document");
  if (user !== undefined && !names.users.has(user))
    throw invalid(`${path}.user`, "is not a user of this document");
  const mfa = optional(`${path}.requireMfa`, given["requireMfa"], checkBoolean);
  const { networks } = given;
  const conditions = { ...(mfa === true ? { mfa } : {}), ...(networks === undefined ? {} : { networks }) };
  const { attributes, priority } = given;
  const terms = at(path, () => {
    const checked = checkTerms(
      withoutUndefined({
        attributes,
        priority,
        conditions,
        notBefore: optional("notBefore", given["notBefore"], checkTime),
        notAfter: optional("notAfter", given["notAfter"], checkTime),
      }),
    );
    checkValidity(checked);
    return checked;
  });
  return {
    group,
    user,
    resource: findResource(`${path}.resource`, given["resource"], names.resources),
    terms,
  };
}

function findResource(path: string, value: unknown, resources: KnownNames["resources"]): number {
  const found = resources.get(foldCase(checkName(path, value, 512))) ?? [];
  if (found.length > 1) throw invalid(path, "names several resources: write kind/name");
  if (found[0] === undefined) throw invalid(path, "is not a resource of this document");
  return found[0];
}

function checkTime(path: string, value: unknown): number {
  const time = typeof value === "string" ? parseTime(value) : undefined;
  if (time === undefined) throw invalid(path, "must be a time such as 2027-01-31T00:00:00Z");
  return time;
}

/** Runs a check whose errors name a path of their own, and puts `path` in front of it. */
export function at<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isDirectoryError(error)) throw error;
    const inner = error.details["path"];
    const message =
      typeof inner === "string" ? error.message.slice(inner.length).replace(/^: /, "") : error.message;
    const full =
      typeof inner === "string" && inner !== "" && !path.endsWith(`.${inner}`) ? `${path}.${inner}` : path;
    throw new DirectoryError("invalid-input", `${full}: ${message}`, {
      details: { ...error.details, path: full },
    });
  }
}
