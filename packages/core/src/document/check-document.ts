import { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { DirectoryError, isDirectoryError } from "../errors.ts";
import type { AttributeDefinition } from "../model/attribute-definition.ts";
import type { Grant } from "../model/grant.ts";
import type { CustomAttributes } from "../model/record.ts";
import type { JsonValue, ResourceKind, ResourceSettings } from "../model/resource.ts";
import { assertSupportedHash } from "../password/imported-hash.ts";
import type { Filter } from "../query/filter.ts";
import { checkDefinition } from "../services/attributes.ts";
import { checkTerms } from "../services/grants.ts";
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
import type { DirectoryDocument } from "./directory-document.ts";

/** A document that has been checked: every value valid, every name it refers to there. */
export interface CheckedDocument {
  readonly organization: { readonly name?: string; readonly baseDn?: string };
  readonly definitions: readonly ReturnType<typeof checkDefinition>[];
  readonly users: readonly CheckedUser[];
  readonly groups: readonly CheckedGroup[];
  readonly resources: readonly CheckedResource[];
  readonly grants: readonly CheckedGrant[];
}

export interface CheckedUser {
  readonly content: UserContent;
  readonly password: string | undefined;
  readonly passwordHash: string | undefined;
  readonly totpSecret: string | undefined;
  /** Folded username. */
  readonly manager: string | undefined;
}

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

export interface CheckedResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly description: string | undefined;
  readonly settings: ResourceSettings;
}

export interface CheckedGrant {
  /** Folded name of a group, or `undefined`. */
  readonly group: string | undefined;
  /** Folded username, or `undefined`. */
  readonly user: string | undefined;
  /** Place of the resource in the document's list. */
  readonly resource: number;
  readonly terms: Partial<Pick<Grant, "attributes" | "priority" | "notBefore" | "notAfter" | "conditions">>;
}

const maxEntries = 2_000_000;

/**
 * Checks a directory document without writing anything: every value, and every name it refers to.
 * @throws DirectoryError `invalid-input`; the message and `details.path` say where, as in `users[3].email`
 */
export function checkDirectoryDocument(document: unknown): asserts document is DirectoryDocument {
  checkDocument(document);
}

/**
 * Checks a whole document before anything is written.
 * @throws DirectoryError `invalid-input`; the message and `details.path` say where, as in `users[3].email`
 */
export function checkDocument(input: unknown): CheckedDocument {
  const given = checkObject("document", input);
  if (given["version"] !== 1)
    throw invalid("version", "must be 1: this is the only version of directory documents there is");
  checkObject("", input, [
    "version",
    "organization",
    "attributeDefinitions",
    "users",
    "groups",
    "resources",
    "grants",
  ]);
  const list = <T>(name: string, check: (path: string, value: unknown) => T): readonly T[] =>
    given[name] === undefined ? [] : checkList(name, given[name], check, maxEntries);

  const definitions = list("attributeDefinitions", (path, value) => at(path, () => checkDefinition(value)));
  unique(
    "attributeDefinitions",
    definitions.map((one) => `${one.owner}/${one.name}`),
    "name",
  );
  const registry = new AttributeRegistry(definitions as readonly AttributeDefinition[]);
  const users = list("users", (path, value) => checkUser(path, value, registry));
  checkUniqueUsers(users);
  const groups = list("groups", (path, value) => checkGroup(path, value, registry));
  unique(
    "groups",
    groups.map((group) => foldCase(group.name)),
    "name",
  );
  const resources = list("resources", checkResource);
  unique(
    "resources",
    resources.map((one) => `${one.kind}/${foldCase(one.name)}`),
    "name",
  );

  const usernames = new Set(users.map((user) => foldCase(user.content.username)));
  const groupNames = new Set(groups.map((group) => foldCase(group.name)));
  for (const [i, user] of users.entries()) {
    if (user.manager !== undefined && !usernames.has(user.manager))
      throw invalid(`users[${i}].employee.manager`, "is not a user of this document");
  }
  for (const [i, group] of groups.entries()) {
    for (const [j, member] of group.members.entries()) {
      if (!usernames.has(member))
        throw invalid(`groups[${i}].members[${j}]`, "is not a user of this document");
    }
    for (const [j, nested] of group.groups.entries()) {
      if (!groupNames.has(nested))
        throw invalid(`groups[${i}].groups[${j}]`, "is not a group of this document");
    }
  }
  refuseCircles(groups);
  const grants = list("grants", (path, value) => checkGrant(path, value, resources, usernames, groupNames));
  return {
    organization: optional("organization", given["organization"], checkOrganization) ?? {},
    definitions,
    users,
    groups,
    resources,
    grants,
  };
}

function checkOrganization(
  path: string,
  value: unknown,
): { readonly name?: string; readonly baseDn?: string } {
  const given = checkObject(path, value, ["name", "baseDn"]);
  return withoutUndefined({
    name: optional(`${path}.name`, given["name"], checkName),
    baseDn: optional(`${path}.baseDn`, given["baseDn"], checkName),
  });
}

function checkUser(path: string, value: unknown, registry: AttributeRegistry): CheckedUser {
  const {
    givenName,
    familyName,
    middleName,
    displayName,
    password,
    passwordHash,
    totpSecret,
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
    "totpSecret",
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
  const managerName = optional(`${path}.employee.manager`, manager, checkUsername);
  return {
    content: { ...newUser, ...content, username: content.username, name },
    password: optional(`${path}.password`, password, checkSecretText),
    passwordHash: optional(`${path}.passwordHash`, passwordHash, (p, v) => {
      const hash = checkSecretText(p, v);
      at(p, () => assertSupportedHash(hash));
      return hash;
    }),
    totpSecret: optional(`${path}.totpSecret`, totpSecret, (p, v) =>
      at(p, () => parseTotpSecret(checkSecretText(p, v))),
    ),
    manager: managerName === undefined ? undefined : foldCase(managerName),
  };
}

function checkSecretText(path: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw invalid(path, "must be text");
  if (value.length > 4096) throw invalid(path, "is longer than 4096 characters");
  return value;
}

function checkUniqueUsers(users: readonly CheckedUser[]): void {
  unique(
    "users",
    users.map((user) => foldCase(user.content.username)),
    "username",
  );
  unique(
    "users",
    users.map((user) => primaryEmail(user.content)),
    "email",
  );
  unique(
    "users",
    users.map((user) => user.content.posix?.uid.toString()),
    "posix.uid",
  );
  unique(
    "users",
    users.map((user) => user.content.employee.number),
    "employee.number",
  );
}

function primaryEmail(user: UserContent): string | undefined {
  const primary = user.emails.find((email) => email.primary);
  return primary === undefined ? undefined : foldCase(primary.value);
}

function checkGroup(path: string, value: unknown, registry: AttributeRegistry): CheckedGroup {
  const given = checkObject(path, value, [
    "name",
    "description",
    "members",
    "groups",
    "posixGid",
    "rule",
    "attributes",
  ]);
  const rule = given["rule"] as Filter | undefined;
  if (rule !== undefined) at(path, () => checkRule(rule, "user", registry));
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

function checkResource(path: string, value: unknown): CheckedResource {
  const { kind, name, description, ...settings } = checkObject(path, value);
  return {
    kind: checkOneOf(`${path}.kind`, kind, resourceKinds),
    name: checkName(`${path}.name`, name),
    description: optional(`${path}.description`, description, checkText),
    settings: checkSettings(path, settings as Record<string, JsonValue>),
  };
}

function checkGrant(
  path: string,
  value: unknown,
  resources: readonly CheckedResource[],
  usernames: ReadonlySet<string>,
  groupNames: ReadonlySet<string>,
): CheckedGrant {
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
  if (group !== undefined && !groupNames.has(group))
    throw invalid(`${path}.group`, "is not a group of this document");
  if (user !== undefined && !usernames.has(user))
    throw invalid(`${path}.user`, "is not a user of this document");
  const mfa = optional(`${path}.requireMfa`, given["requireMfa"], checkBoolean);
  const { networks } = given;
  const conditions = { ...(mfa === true ? { mfa } : {}), ...(networks === undefined ? {} : { networks }) };
  const { attributes, priority } = given;
  const terms = at(path, () =>
    checkTerms(
      withoutUndefined({
        attributes,
        priority,
        conditions,
        notBefore: optional("notBefore", given["notBefore"], checkTime),
        notAfter: optional("notAfter", given["notAfter"], checkTime),
      }),
    ),
  );
  return {
    group,
    user,
    resource: findResource(`${path}.resource`, checkName(`${path}.resource`, given["resource"]), resources),
    terms,
  };
}

function findResource(path: string, name: string, resources: readonly CheckedResource[]): number {
  const wanted = foldCase(name);
  const found = resources.flatMap((one, i) =>
    foldCase(one.name) === wanted || `${one.kind}/${foldCase(one.name)}` === wanted ? [i] : [],
  );
  if (found.length > 1) throw invalid(path, "names several resources: write kind/name");
  if (found[0] === undefined) throw invalid(path, "is not a resource of this document");
  return found[0];
}

function checkTime(path: string, value: unknown): number {
  const time = typeof value === "string" ? parseTime(value) : undefined;
  if (time === undefined) throw invalid(path, "must be a time such as 2027-01-31T00:00:00Z");
  return time;
}

function unique(list: string, keys: readonly (string | undefined)[], field: string): void {
  const seen = new Map<string, number>();
  for (const [i, key] of keys.entries()) {
    if (key === undefined) continue;
    const first = seen.get(key);
    if (first !== undefined) throw invalid(`${list}[${i}].${field}`, `is the same as in ${list}[${first}]`);
    seen.set(key, i);
  }
}

function refuseCircles(groups: readonly CheckedGroup[]): void {
  const byName = new Map(groups.map((group, i) => [foldCase(group.name), { nested: group.groups, i }]));
  const done = new Set<string>();
  for (const start of byName.keys()) {
    // Depth first with an explicit stack: a document may nest as deep as it likes before it is refused.
    const path = new Set<string>();
    const stack: { name: string; leave: boolean }[] = [{ name: start, leave: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top.leave) {
        path.delete(top.name);
        done.add(top.name);
        continue;
      }
      if (path.has(top.name))
        throw invalid(`groups[${byName.get(top.name)?.i}].groups`, "closes a circle of groups");
      if (done.has(top.name)) continue;
      path.add(top.name);
      stack.push({ name: top.name, leave: true });
      for (const nested of byName.get(top.name)?.nested ?? []) stack.push({ name: nested, leave: false });
    }
  }
}

/** Runs a check whose errors name a path of their own, and puts `path` in front of it. */
function at<T>(path: string, check: () => T): T {
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
