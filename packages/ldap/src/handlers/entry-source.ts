import type { Filter as CoreFilter, Group, User } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { groupEntry } from "../view/group-entry.ts";
import type { Selection } from "../view/selection.ts";
import type { Tree } from "../view/tree.ts";
import { userEntry } from "../view/user-entry.ts";
import type { LdapIdentity } from "./session.ts";

/** Makes entries of people and groups for one reader, fetching what an entry needs only when it is asked for. */
export class EntrySource {
  readonly #view: DirectoryView;
  readonly #tree: Tree;
  readonly #identity: LdapIdentity;

  constructor(view: DirectoryView, tree: Tree, identity: LdapIdentity) {
    this.#view = view;
    this.#tree = tree;
    this.#identity = identity;
  }

  /** Whether the reader sees nobody but themself. */
  get onlySelf(): boolean {
    return this.#identity.search === "self";
  }

  /** People in the tree that match. */
  visibleUsers(filter: CoreFilter): CoreFilter {
    const active: CoreFilter = { op: "equals", attribute: "state", value: "active" };
    const granted: CoreFilter[] =
      this.#view.options.layout.people === "all"
        ? []
        : [{ op: "entitledTo", resources: this.#tree.resources }];
    const self: CoreFilter[] = this.onlySelf ? [{ op: "ids", ids: [this.#identity.user] }] : [];
    return { op: "and", of: [...self, filter, active, ...granted] };
  }

  /** Groups in the tree that match: groups of people, for someone who sees only themself those they belong to. */
  visibleGroups(filter: CoreFilter): CoreFilter {
    const ofPeople: CoreFilter = { op: "equals", attribute: "kind", value: "user" };
    const own: CoreFilter[] = this.onlySelf
      ? [{ op: "hasMember", member: this.#identity.user, transitive: true }]
      : [];
    return { op: "and", of: [filter, ofPeople, ...own] };
  }

  /** The person of this folded username, if the reader may see them. */
  async findUser(username: string, signal: AbortSignal): Promise<User | undefined> {
    const filter = this.visibleUsers({ op: "equals", attribute: "username", value: username });
    return (await this.#view.options.directory.query("user", { filter, limit: 1 }, { signal })).records[0];
  }

  /** The group of this folded name, if the reader may see it. */
  async findGroup(name: string, signal: AbortSignal): Promise<Group | undefined> {
    const filter = this.visibleGroups({ op: "equals", attribute: "name", value: name });
    return (await this.#view.options.directory.query("group", { filter, limit: 1 }, { signal })).records[0];
  }

  /** A person's entry, with what the selection needs. */
  async user(user: User, selection: Selection): Promise<Entry> {
    const { schema, options } = this.#view;
    const wantsGroups = selection.has(schema.type("memberOf"));
    const names = wantsGroups ? await this.#view.groupNames(await this.#view.groupsOf(user)) : [];
    const { manager } = user.employee;
    const boss =
      manager !== undefined && selection.has(schema.type("manager"))
        ? await options.directory.users.get(manager)
        : undefined;
    return userEntry(user, this.#tree, schema, options.layout.userNaming, {
      wanted: (type) => selection.has(type),
      memberOf: names.map((name) => this.#tree.groupDn(name)),
      manager: boss?.username,
    });
  }

  /** A group's entry, with its members when the selection needs them. */
  async group(group: Group, selection: Selection): Promise<Entry> {
    const { schema, options } = this.#view;
    const wantsMembers = selection.has(schema.type("member")) || selection.has(schema.type("memberUid"));
    const wantsGroups = selection.has(schema.type("memberOf"));
    const parents = wantsGroups
      ? (await options.directory.groups.of(group.id)).map((parent) => parent.id)
      : [];
    return groupEntry(group, this.#tree, schema, {
      wanted: (type) => selection.has(type),
      users: wantsMembers ? await this.#memberNames(group) : undefined,
      groups: wantsMembers && options.layout.nesting === "direct" ? await this.#nestedNames(group) : [],
      memberOf: await this.#view.groupNames(parents),
    });
  }

  /** Usernames of the members the reader may see. */
  async #memberNames(group: Group): Promise<readonly string[]> {
    const transitive = this.#view.options.layout.nesting === "flatten";
    const filter = this.visibleUsers({ op: "memberOf", groups: [group.id], transitive });
    const names: string[] = [];
    for await (const user of this.#view.options.directory.stream("user", { filter }))
      names.push(user.username);
    return names;
  }

  async #nestedNames(group: Group): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const edge of this.#view.options.directory.groups.members(group.id, { kind: "group" }))
      ids.push(edge.member);
    return this.#view.groupNames(ids);
  }
}
