import {
  type Filter as CoreFilter,
  foldCase,
  type Group,
  type GroupId,
  type MemberId,
  type UserId,
} from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import { memberTypes } from "../view/group-changes.ts";
import type { AttributeTypeDefinition } from "../view/schema-definitions.ts";
import { turn } from "../view/turn.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import type { WorkingAttributes, WrittenModification } from "../view/working-attributes.ts";
import { nodeKey, type WrittenValue } from "../view/written-value.ts";
import type { Update } from "./update.ts";

/** Members to take in and out of a group. */
export interface MemberWrites {
  readonly addMembers: readonly MemberId[];
  readonly removeMembers: readonly MemberId[];
}

/** Whether a type holds members. */
export function isMemberType(type: AttributeTypeDefinition): boolean {
  return memberTypes.includes(type.names[0] as string);
}

/** memberUid names people by username; so that all member attributes can be compared, each value is given the person's key. */
export function asMember(type: AttributeTypeDefinition, value: WrittenValue): WrittenValue {
  if (type.names[0] !== "memberUid") return value;
  const node = { type: "user", username: foldCase(value.text) } as const;
  return { ...value, key: nodeKey(node), node };
}

/** Who is in a group, as far as a change to its members must know. */
export class MemberReader {
  readonly #update: Update;
  readonly #ids = new Map<string, MemberId | undefined>();

  constructor(update: Update) {
    this.#update = update;
  }

  /** Ids of the people and groups that values name, by key, as far as the writer sees them. */
  async idsOf(values: readonly WrittenValue[]): Promise<ReadonlyMap<string, MemberId | undefined>> {
    const { directory } = this.#update.view.options;
    const { signal } = this.#update;
    const found = { user: new Map<string, string>(), group: new Map<string, string>() };
    for (const { key, node } of values) {
      if (this.#ids.has(key)) continue;
      this.#ids.set(key, undefined);
      if (node?.type === "user") {
        const user = await directory.users.byUsername(node.username, { signal });
        if (user !== undefined) found.user.set(user.id, key);
      } else if (node?.type === "group") {
        const group = await directory.groups.byName(node.name, { signal });
        if (group !== undefined) found.group.set(group.id, key);
      }
      await turn();
    }
    for (const owner of ["user", "group"] as const)
      for (const id of await this.#matching(owner, [...found[owner].keys()], { op: "true" }))
        this.#ids.set(found[owner].get(id) as string, id as MemberId);
    return this.#ids;
  }

  /**
   * The members of a group that a change must know of: all that are shown when it replaces or deletes all, else those of
   * the values it names that are there.
   */
  async initial(
    group: Group,
    modifications: readonly WrittenModification[],
  ): Promise<readonly WrittenValue[]> {
    const named = modifications.flatMap(({ values }) => values);
    const needsAll = modifications.some(
      ({ operation, values }) => operation === "replace" || (operation === "delete" && values.length === 0),
    );
    const ids = await this.idsOf(named);
    const known = new Map(
      named.flatMap((value) => (ids.get(value.key) === undefined ? [] : [[value.key, value]])),
    );
    const there = new Map<string, WrittenValue>();
    for (const owner of ["user", "group"] as const) {
      const of = [...known.values()].filter(({ node }) => node?.type === owner);
      const byId = new Map(of.map((value) => [ids.get(value.key) as string, value]));
      for (const id of await this.#matching(owner, [...byId.keys()], this.#within(owner, group))) {
        const value = byId.get(id) as WrittenValue;
        there.set(value.key, this.#asShown(value));
      }
    }
    if (needsAll) for (const value of await this.#all(group)) there.set(value.key, value);
    return [...there.values()];
  }

  /** Which people of these are in the group only by way of others, or in that way too. */
  async throughOthers(
    group: Group,
    users: readonly UserId[],
    without: ReadonlySet<string>,
  ): Promise<boolean> {
    if (users.length === 0 || !this.#isFlat) return false;
    const { directory } = this.#update.view.options;
    const nested: GroupId[] = [];
    const options = { signal: this.#update.signal, kind: "group" } as const;
    for await (const { member } of directory.groups.members(group.id, options))
      if (!without.has(member)) nested.push(member as GroupId);
    if (nested.length === 0) return false;
    const filter: CoreFilter = { op: "memberOf", groups: nested, transitive: true };
    return (await this.#matching("user", users, filter)).length > 0;
  }

  /** Which people of these are in the group by way of these groups alone, and would leave with them. */
  async leavingWith(
    groups: readonly GroupId[],
    group: Group,
    users: readonly UserId[],
  ): Promise<ReadonlySet<string>> {
    if (groups.length === 0 || users.length === 0 || !this.#isFlat) return new Set();
    const within: CoreFilter = { op: "memberOf", groups, transitive: true };
    const directly: CoreFilter = { op: "memberOf", groups: [group.id], transitive: false };
    const filter: CoreFilter = { op: "and", of: [within, { op: "not", of: directly }] };
    return new Set(await this.#matching("user", users, filter));
  }

  get #isFlat(): boolean {
    return this.#update.view.options.layout.nesting === "flatten";
  }

  /** Groups are members of a group as it is built, whether they are shown or not. */
  #within(owner: "user" | "group", group: Group): CoreFilter {
    return { op: "memberOf", groups: [group.id], transitive: owner === "user" && this.#isFlat };
  }

  #asShown(value: WrittenValue): WrittenValue {
    return value.node?.type === "group" && this.#isFlat ? { ...value, isUnshown: true } : value;
  }

  async #all(group: Group): Promise<readonly WrittenValue[]> {
    const { view, source, identity, signal } = this.#update;
    const { directory } = view.options;
    const all: WrittenValue[] = [];
    const users = { filter: source.visibleUsers(this.#within("user", group)) };
    for await (const { id, username } of directory.stream("user", users, { signal })) {
      const node = { type: "user", username: foldCase(username) } as const;
      const key = nodeKey(node);
      this.#ids.set(key, id);
      all.push({ key, text: identity.tree.userDn(username), node });
      await turn();
    }
    const groups = { filter: source.visibleGroups(this.#within("group", group)) };
    for await (const { id, name } of directory.stream("group", groups, { signal })) {
      const node = { type: "group", name: foldCase(name) } as const;
      const key = nodeKey(node);
      this.#ids.set(key, id);
      all.push(this.#asShown({ key, text: identity.tree.groupDn(name), node }));
    }
    return all;
  }

  /** Those of the ids that the writer sees and that match. */
  async #matching(owner: "user" | "group", ids: readonly string[], filter: CoreFilter): Promise<string[]> {
    const { view, source, signal } = this.#update;
    const matching: string[] = [];
    for (let at = 0; at < ids.length; at += 1000) {
      const of: CoreFilter = { op: "and", of: [{ op: "ids", ids: ids.slice(at, at + 1000) }, filter] };
      const query = {
        filter: owner === "user" ? source.visibleUsers(of) : source.visibleGroups(of),
        limit: 1000,
      };
      const { records } = await view.options.directory.query(owner, query, { signal });
      for (const { id } of records) matching.push(id);
    }
    return matching;
  }
}

/**
 * What changes to the member attributes of a group come to. They name the same members, so what one of them takes in or
 * out is done once.
 * @throws UpdateRefusal
 */
export async function memberWrites(
  group: Group,
  working: WorkingAttributes,
  modifications: readonly WrittenModification[],
  present: readonly WrittenValue[],
  reader: MemberReader,
): Promise<MemberWrites> {
  const types = new Set(modifications.map(({ type }) => type));
  const added = new Map<string, WrittenValue>();
  const removed = new Map<string, WrittenValue>();
  for (const type of types) {
    const before = new Set(working.initial(type).map(({ key }) => key));
    const after = new Set(working.values(type).map(({ key }) => key));
    for (const value of working.values(type)) if (!before.has(value.key)) added.set(value.key, value);
    for (const value of working.initial(type)) if (!after.has(value.key)) removed.set(value.key, value);
  }
  if ([...added.keys()].some((key) => removed.has(key)))
    throw violation("member: the attributes that name members contradict each other");
  for (const { key } of present) added.delete(key);
  const addMembers = await membersOf([...added.values()], reader);
  const removeMembers = await membersOf([...removed.values()], reader);
  const users = await peopleAmong([...removed.values()], reader);
  if (await reader.throughOthers(group, users, new Set(removeMembers))) {
    throw new UpdateRefusal(
      LdapResultCode.unwillingToPerform,
      "member: somebody is in the group by way of another one, which must be changed",
    );
  }
  const groups = removeMembers.filter((id): id is GroupId => !users.includes(id as UserId));
  const replaced = modifications.flatMap(({ operation, values }) => (operation === "replace" ? values : []));
  const shown = new Set(present.map(({ key }) => key));
  const staying = await peopleAmong(
    replaced.filter(({ key }) => shown.has(key) && !removed.has(key)),
    reader,
  );
  const leaving = await reader.leavingWith(groups, group, [...users, ...staying]);
  return {
    addMembers: [...addMembers, ...staying.filter((id) => leaving.has(id))],
    removeMembers: removeMembers.filter((id) => !leaving.has(id)),
  };
}

async function peopleAmong(
  values: readonly WrittenValue[],
  reader: MemberReader,
): Promise<readonly UserId[]> {
  const people = values.filter(({ node }) => node?.type === "user");
  return (await membersOf(people, reader)) as readonly UserId[];
}

/** Ids of those whom values name, each once. @throws UpdateRefusal when one is not there, or not for the writer to see */
export async function membersOf(
  values: readonly WrittenValue[],
  reader: MemberReader,
): Promise<readonly MemberId[]> {
  const ids = await reader.idsOf(values);
  const members = values.map(({ key }) => {
    const id = ids.get(key);
    if (id === undefined) throw violation("member: names nobody who is there");
    return id;
  });
  return [...new Set(members)];
}

function violation(message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.constraintViolation, message);
}
