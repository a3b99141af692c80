import type { AttributeOwner, Filter as CoreFilter, Directory, GroupId, UserId } from "@directorykit/core";
import { type DistinguishedName, parseDn } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import { always, decodeText, never, type Test, unknown } from "./attribute-test.ts";
import type { Tree } from "./tree.ts";
import { turn } from "./turn.ts";

/** Kinds of records that are entries. */
export type EntryOwner = Extract<AttributeOwner, "user" | "group">;

/**
 * Translates tests on what entries say of each other by DN or username. A test sees what the reader sees: a person or
 * group that is not shown is not found by asking either.
 */
export class RelationTests {
  readonly #directory: Directory;
  readonly #tree: Tree;
  readonly #nesting: TreeLayout["nesting"];
  readonly #visible: Visibility;
  readonly #signal: AbortSignal;
  /** One filter may ask the same thing a thousand times. */
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(
    directory: Directory,
    tree: Tree,
    nesting: TreeLayout["nesting"],
    visible: Visibility,
    signal: AbortSignal,
  ) {
    this.#directory = directory;
    this.#tree = tree;
    this.#nesting = nesting;
    this.#visible = visible;
    this.#signal = signal;
  }

  /** The entry has this DN. */
  async entryDn(test: Test, owner: EntryOwner): Promise<CoreFilter> {
    if (test.type === "present") return always;
    const dn = assertedDn(test);
    if (dn === undefined) return unknown;
    const id = await this.#idOf(dn, owner);
    return id === undefined ? never : { op: "ids", ids: [id] };
  }

  /** The entry is in this group. */
  async memberOf(test: Test, owner: EntryOwner): Promise<CoreFilter> {
    if (test.type === "present") {
      const groups = await this.#once("groups", () => this.#groupsOfPeople());
      return { op: "memberOf", groups, transitive: false };
    }
    const dn = assertedDn(test);
    if (dn === undefined) return unknown;
    const group = await this.#idOf(dn, "group");
    if (group === undefined) return never;
    const transitive = isInChain(test) || (owner === "user" && this.#nesting === "flatten");
    return { op: "memberOf", groups: [group as GroupId], transitive };
  }

  /** The group has this member. */
  async member(test: Test, isShown: boolean): Promise<CoreFilter> {
    if (test.type === "present") {
      if (!isShown) return never;
      const ids = await this.#once("with members", () => this.#groupsWith(this.#nesting === "direct"));
      return { op: "ids", ids };
    }
    const dn = assertedDn(test);
    if (dn === undefined) return unknown;
    const transitive = isInChain(test) || this.#nesting === "flatten";
    const user = await this.#idOf(dn, "user");
    if (user !== undefined) return { op: "hasMember", member: user, transitive };
    // Flattened groups list people only.
    if (this.#nesting === "flatten" && !isInChain(test)) return never;
    const group = await this.#idOf(dn, "group");
    return group === undefined ? never : { op: "hasMember", member: group, transitive };
  }

  /** The group has the member of this username. */
  async memberUid(test: Test): Promise<CoreFilter> {
    const isPosix: CoreFilter = { op: "present", attribute: "posixGid" };
    if (test.type === "present") {
      const ids = await this.#once("with people", () => this.#groupsWith(false));
      return { op: "and", of: [isPosix, { op: "ids", ids }] };
    }
    const name = assertedText(test);
    if (name === undefined) return unknown;
    const user = await this.#idByName("user", name);
    if (user === undefined) return never;
    const transitive = this.#nesting === "flatten";
    return { op: "and", of: [isPosix, { op: "hasMember", member: user, transitive }] };
  }

  /** The person has this manager. */
  async manager(test: Test): Promise<CoreFilter> {
    if (test.type === "present") {
      const hidden = await this.#once("hidden managers", () => this.#hiddenManagers());
      const those = hidden.map((value): CoreFilter => ({ op: "equals", attribute: "manager", value }));
      return {
        op: "and",
        of: [
          { op: "present", attribute: "manager" },
          { op: "not", of: { op: "or", of: those } },
        ],
      };
    }
    const dn = assertedDn(test);
    if (dn === undefined) return unknown;
    const value = await this.#idOf(dn, "user");
    return value === undefined ? never : { op: "equals", attribute: "manager", value };
  }

  #once<T>(what: string, find: () => Promise<T>): Promise<T> {
    let found = this.#known.get(what);
    if (found === undefined) {
      found = find();
      this.#known.set(what, found);
    }
    return found as Promise<T>;
  }

  /** Id of the entry with this DN, if the reader sees it. */
  async #idOf(dn: DistinguishedName, owner: EntryOwner): Promise<string | undefined> {
    const node = this.#tree.locate(dn);
    if (node?.type === "user" && owner === "user") return this.#idByName("user", node.username);
    if (node?.type === "group" && owner === "group") return this.#idByName("group", node.name);
    return undefined;
  }

  #idByName(owner: EntryOwner, name: string): Promise<string | undefined> {
    return this.#once(`${owner} ${name}`, async () => {
      const filter: CoreFilter =
        owner === "user"
          ? this.#visible.visibleUsers({ op: "equals", attribute: "username", value: name })
          : this.#visible.visibleGroups({ op: "equals", attribute: "name", value: name });
      const page = await this.#directory.query(owner, { filter, limit: 1 }, { signal: this.#signal });
      return page.records[0]?.id;
    });
  }

  async #groupsOfPeople(): Promise<GroupId[]> {
    const groups: GroupId[] = [];
    const filter: CoreFilter = { op: "equals", attribute: "kind", value: "user" };
    for await (const group of this.#directory.stream("group", { filter }, { signal: this.#signal }))
      groups.push(group.id);
    return groups;
  }

  /** Visible groups that show at least one member. */
  async #groupsWith(nested: boolean): Promise<GroupId[]> {
    const filled: GroupId[] = [];
    const transitive = this.#nesting === "flatten";
    const options = { signal: this.#signal };
    const filter = this.#visible.visibleGroups(always);
    for await (const group of this.#directory.stream("group", { filter }, options)) {
      const within: CoreFilter = { op: "memberOf", groups: [group.id], transitive };
      const users = { filter: this.#visible.visibleUsers(within), limit: 1 };
      const groups = {
        filter: this.#visible.visibleGroups({ op: "memberOf", groups: [group.id], transitive: false }),
        limit: 1,
      };
      if (
        (await this.#directory.query("user", users, options)).records.length > 0 ||
        (nested && (await this.#directory.query("group", groups, options)).records.length > 0)
      )
        filled.push(group.id);
      await turn();
    }
    return filled;
  }

  /** Managers of visible people whom the reader does not see. */
  async #hiddenManagers(): Promise<UserId[]> {
    const options = { signal: this.#signal };
    const managers = new Set<UserId>();
    const managed = this.#visible.visibleUsers({ op: "present", attribute: "manager" });
    for await (const user of this.#directory.stream("user", { filter: managed }, options))
      if (user.employee.manager !== undefined) managers.add(user.employee.manager);
    const seen = this.#visible.visibleUsers({ op: "ids", ids: [...managers] });
    for await (const user of this.#directory.stream("user", { filter: seen }, options))
      managers.delete(user.id);
    return [...managers];
  }
}

/** What a reader sees: each call narrows a filter to it. */
export interface Visibility {
  visibleUsers(filter: CoreFilter): CoreFilter;
  visibleGroups(filter: CoreFilter): CoreFilter;
}

/** Matching rule of Active Directory that follows nested groups. */
const inChain = "1.2.840.113556.1.4.1941";
const dnRules: readonly string[] = ["distinguishednamematch", "2.5.13.1", inChain];

/** The value that a test asserts to be equal by the attribute's own rule; `undefined` for tests of other kinds. */
export function assertedValue(test: Test): Uint8Array | undefined {
  if (test.type === "equalityMatch" || test.type === "approxMatch") return test.value;
  return test.type === "extensibleMatch" && test.matchingRule === undefined ? test.value : undefined;
}

/** The same as text; `undefined` also when it is not UTF-8. */
export function assertedText(test: Test): string | undefined {
  const value = assertedValue(test);
  return value === undefined ? undefined : decodeText(value);
}

function isInChain(test: Test): boolean {
  return test.type === "extensibleMatch" && test.matchingRule === inChain;
}

/** The DN that a test asserts to be equal; `undefined` when it is no DN or the test is of another kind. */
export function assertedDn(test: Test): DistinguishedName | undefined {
  const byDnRule =
    test.type === "extensibleMatch" && dnRules.includes(test.matchingRule?.toLowerCase() ?? "")
      ? test.value
      : undefined;
  const value = byDnRule ?? assertedValue(test);
  if (value === undefined) return undefined;
  try {
    return parseDn(decodeText(value) ?? "=");
  } catch {
    return undefined;
  }
}
