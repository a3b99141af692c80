import { maxGroupNesting } from "../access/group-graph.ts";
import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { indexRecord } from "../attributes/index-record.ts";
import { DirectoryError } from "../errors.ts";
import type { RecordTypes } from "../model/kinds.ts";
import { foldCase } from "../text/normalize.ts";
import { invalid } from "../validate/validate.ts";
import type { CheckedGroup, CheckedResource, CheckedUser, KnownNames } from "./check-entries.ts";

type Key = readonly [name: string, value: string];

/** The unique keys a record with this content will have. */
export function keysOf<K extends "user" | "group" | "resource">(
  registry: AttributeRegistry,
  kind: K,
  content: object,
): readonly Key[] {
  return indexRecord(registry, kind, content as RecordTypes[K]).keys;
}

/** Where in an entry the value of a unique key is written. */
const fields: Readonly<Record<string, string>> = {
  username: "username",
  primaryEmail: "email",
  uidNumber: "posix.uid",
  employeeNumber: "employee.number",
  externalId: "externalIds",
  name: "name",
  posixGid: "posixGid",
};

/** Refuses two entries of a list that share a value which must be unique. */
export function checkUnique(list: string, entries: readonly (readonly Key[])[]): void {
  const seen = new Map<string, number>();
  for (const [i, keys] of entries.entries()) {
    for (const [name, value] of keys) {
      const key = `${name}\0${value}`;
      const first = seen.get(key);
      if (first !== undefined) {
        const field = Object.hasOwn(fields, name) ? fields[name] : `attributes.${name}`;
        throw invalid(`${list}[${i}].${field}`, `is the same as in ${list}[${first}]`);
      }
      seen.set(key, i);
    }
  }
}

/** Everything an entry may refer to by name. */
export function namesOf(
  users: readonly CheckedUser[],
  groups: readonly CheckedGroup[],
  resources: readonly CheckedResource[],
): KnownNames {
  const places = new Map<string, number[]>();
  for (const [i, { kind, name }] of resources.entries()) {
    for (const key of [foldCase(name), `${kind}/${foldCase(name)}`]) {
      const found = places.get(key);
      if (found === undefined) places.set(key, [i]);
      else found.push(i);
    }
  }
  return {
    users: new Set(users.map((user) => foldCase(user.content.username))),
    groups: new Set(groups.map((group) => foldCase(group.name))),
    resources: places,
  };
}

/** Refuses names of people and groups that the document does not have. */
export function checkReferences(
  users: readonly CheckedUser[],
  groups: readonly CheckedGroup[],
  names: KnownNames,
): void {
  for (const [i, { manager }] of users.entries()) {
    if (manager !== undefined && !names.users.has(manager))
      throw invalid(`users[${i}].employee.manager`, "is not a user of this document");
  }
  for (const [i, group] of groups.entries()) {
    for (const [j, member] of group.members.entries()) {
      if (!names.users.has(member))
        throw invalid(`groups[${i}].members[${j}]`, "is not a user of this document");
    }
    for (const [j, nested] of group.groups.entries()) {
      if (!names.groups.has(nested))
        throw invalid(`groups[${i}].groups[${j}]`, "is not a group of this document");
    }
  }
}

/** Refuses groups that nest in a circle or too deep. */
export function checkNesting(groups: readonly CheckedGroup[]): void {
  const byName = new Map(groups.map((group, i) => [foldCase(group.name), { nested: group.groups, i }]));
  /** Levels below each group that is done. */
  const heights = new Map<string, number>();
  for (const start of byName.keys()) {
    // Depth first with a stack of our own: a document may nest as deep as it likes before it is refused.
    const above = new Set<string>();
    const stack: { readonly name: string; readonly done: boolean }[] = [{ name: start, done: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { name } = top;
      const group = byName.get(name);
      if (group === undefined || heights.has(name)) continue;
      if (top.done) {
        above.delete(name);
        const height = group.nested.reduce((most, child) => Math.max(most, 1 + (heights.get(child) ?? 0)), 0);
        if (height > maxGroupNesting) throw tooDeep(`groups[${group.i}].groups`);
        heights.set(name, height);
        continue;
      }
      if (above.has(name)) throw invalid(`groups[${group.i}].groups`, "closes a circle of groups");
      above.add(name);
      stack.push({ name, done: true });
      for (const child of group.nested) stack.push({ name: child, done: false });
    }
  }
}

function tooDeep(path: string): DirectoryError {
  return new DirectoryError("limit-exceeded", `${path}: groups may be nested ${maxGroupNesting} deep`, {
    details: { limit: "maxGroupNesting", value: maxGroupNesting, path },
  });
}
