import { isDeepStrictEqual } from "node:util";
import { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { AttributeDefinition } from "../model/attribute-definition.ts";
import {
  type AttributeContent,
  checkDefinition,
  checkRoom,
  refuseTaken,
  withoutBase,
} from "../services/attributes.ts";
import { withoutUndefined } from "../services/user-input.ts";
import { checkList, checkName, checkObject, invalid, optional } from "../validate/validate.ts";
import {
  at,
  type CheckedGrant,
  type CheckedGroup,
  type CheckedResource,
  type CheckedUser,
  checkGrant,
  checkGroup,
  checkResource,
  checkUser,
  maxEntries,
} from "./check-entries.ts";
import { checkNesting, checkReferences, checkUnique, keysOf, namesOf } from "./check-names.ts";
import type { DirectoryDocument } from "./directory-document.ts";

/** A document that has been checked: every value valid, every name it refers to there. */
export interface CheckedDocument {
  readonly organization: { readonly name?: string; readonly baseDn?: string };
  readonly definitions: readonly AttributeContent[];
  readonly users: readonly CheckedUser[];
  readonly groups: readonly CheckedGroup[];
  readonly resources: readonly CheckedResource[];
  readonly grants: readonly CheckedGrant[];
}

/**
 * Checks a directory document without writing anything: every value, and every name it refers to.
 * @throws DirectoryError `invalid-input`; the message and `details.path` say where, as in `users[3].email`
 */
export function checkDirectoryDocument(document: unknown): asserts document is DirectoryDocument {
  checkDocument(document);
}

/**
 * Checks a whole document before anything is written.
 * @param existing - what the directory defines already; the document may use it, and repeat it as it is
 * @throws DirectoryError `invalid-input`; the message and `details.path` say where, as in `users[3].email`
 */
export function checkDocument(
  input: unknown,
  existing: readonly AttributeDefinition[] = [],
): CheckedDocument {
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

  const defined = list("attributeDefinitions", (path, value) => at(path, () => checkDefinition(value)));
  const definitions = newDefinitions(defined, existing);
  const registry = new AttributeRegistry([...existing, ...definitions]);
  const users = list("users", (path, value) => checkUser(path, value, registry));
  const groups = list("groups", (path, value) => checkGroup(path, value, registry));
  const resources = list("resources", checkResource);
  checkUnique(
    "users",
    users.map((user) => keysOf(registry, "user", user.content)),
  );
  checkUnique(
    "groups",
    groups.map((group) => keysOf(registry, "group", group)),
  );
  checkUnique(
    "resources",
    resources.map((resource) => keysOf(registry, "resource", resource)),
  );
  const names = namesOf(users, groups, resources);
  checkReferences(users, groups, names);
  checkNesting(groups);
  const grants = list("grants", (path, value) => checkGrant(path, value, names));
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

/** The definitions the directory does not have yet. One that means something else there is refused. */
function newDefinitions(
  defined: readonly AttributeContent[],
  existing: readonly AttributeDefinition[],
): readonly AttributeContent[] {
  const before = new Map(existing.map((one) => [`${one.owner}/${one.name}`, one]));
  const added: AttributeContent[] = [];
  for (const [i, one] of defined.entries()) {
    const same = before.get(`${one.owner}/${one.name}`);
    if (same !== undefined && isSameContent(one, same)) continue;
    const known = new AttributeRegistry([...existing, ...added]);
    at(`attributeDefinitions[${i}].name`, () => refuseTaken(one, known));
    added.push(one);
  }
  checkRoom(existing.length + added.length);
  return added;
}

function isSameContent(one: AttributeContent, other: AttributeDefinition): boolean {
  return isDeepStrictEqual({ ...one }, withoutBase(other));
}
