import type { Filter as CoreFilter, Directory, GroupId, UserId } from "@directorykit/core";
import type { DistinguishedName } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import type { Assertion } from "./assertion.ts";
import { always, never, unknown } from "./attribute-filter.ts";
import type { EntryOwner } from "./made-attribute.ts";
import type { Tree } from "./tree.ts";
import { turn } from "./turn.ts";

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
  async entryDn(assertion: Assertion, owner: EntryOwner): Promise<CoreFilter> {
    if (assertion.type === "present") return always;
    const dn = equalTo(assertion);
    if (dn === undefined) return unknown;
    const id = await this.#idOf(dn, owner);
    return id === undefined ? never : { op: "ids", ids: [id] };
  }

  /** The entry is in this group. */
  async memberOf(assertion: Assertion, owner: EntryOwner): Promise<CoreFilter> {
    if (assertion.type === "present") {
      const groups = await this.#once("groups", () => this.#groupsOfPeople());
      return { op: "memberOf", groups, transitive: false };
    }
    const dn = linkedTo(assertion);
    if (dn === undefined) return unknown;
    const group = await this.#idOf(dn, "group");
    if (group === undefined) return never;
    const transitive = assertion.type === "inChain" || (owner === "user" && this.#nesting === "flatten");
    return { op: "memberOf", groups: [group as GroupId], transitive };
  }

  /** The group has this member. */
  async member(assertion: Assertion, isShown: boolean): Promise<CoreFilter> {
    if (assertion.type === "present") {
      if (!isShown) return never;
      const ids = await this.#once("with members", () => this.#groupsWith(this.#nesting === "direct"));
      return { op: "ids", ids };
    }
    const dn = linkedTo(assertion);
    if (dn === undefined) return unknown;
    const transitive = assertion.type === "inChain" || this.#nesting === "flatten";
    const user = await this.#idOf(dn, "user");
    if (user !== undefined) return { op: "hasMember", member: user, transitive };
    // Flattened groups list people only.
    if (this.#nesting === "flatten" && assertion.type !== "inChain") return never;
    const group = await this.#idOf(dn, "group");
    return group === undefined ? never : { op: "hasMember", member: group, transitive };
  }

  /** The group has the member of this username. */
  async memberUid(assertion: Assertion): Promise<CoreFilter> {
    const isPosix: CoreFilter = { op: "present", attribute: "posixGid" };
    if (assertion.type === "present") {
      const ids = await this.#once("with people", () => this.#groupsWith(false));
      return { op: "and", of: [isPosix, { op: "ids", ids }] };
    }
    if (assertion.type !== "equal") return unknown;
    const { value, keepsCase } = assertion;
    const user = await this.#idByName("user", value.text, keepsCase);
    if (user === undefined) return never;
    const transitive = this.#nesting === "flatten";
    return { op: "and", of: [isPosix, { op: "hasMember", member: user, transitive }] };
  }

  /** The person has this manager. */
  async manager(assertion: Assertion): Promise<CoreFilter> {
    if (assertion.type === "present") {
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
    const dn = equalTo(assertion);
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

  #idByName(owner: EntryOwner, name: string, keepsCase = false): Promise<string | undefined> {
    return this.#once(`${owner} ${keepsCase} ${name}`, async () => {
      const exact = keepsCase ? ({ matching: "caseExact" } as const) : {};
      const filter: CoreFilter =
        owner === "user"
          ? this.#visible.visibleUsers({ op: "equals", attribute: "username", value: name, ...exact })
          : this.#visible.visibleGroups({ op: "equals", attribute: "name", value: name, ...exact });
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

/** The DN that an assertion wants to be equal. */
function equalTo(assertion: Assertion): DistinguishedName | undefined {
  return assertion.type === "equal" ? assertion.value.dn : undefined;
}

/** The same, or the DN at the other end of a chain of groups. */
function linkedTo(assertion: Assertion): DistinguishedName | undefined {
  return assertion.type === "inChain" ? assertion.value.dn : equalTo(assertion);
}
