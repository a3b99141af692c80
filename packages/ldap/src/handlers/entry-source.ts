import type { Filter as CoreFilter, Group, User, UserId } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { buildEntry, type EntryForm, type SelectedShape, writeEntry } from "../view/entry-form.ts";
import type { EntryWriter } from "../view/entry-writer.ts";
import type { EntryParts } from "../view/made-attribute.ts";
import { RelationTests, type Visibility } from "../view/relation-test.ts";
import type { Selection } from "../view/selection.ts";
import type { TranslationContext } from "../view/translate-filter.ts";
import type { Tree } from "../view/tree.ts";
import { turn } from "../view/turn.ts";
import { type LdapIdentity, mayReadNtHashes } from "./session.ts";

/** What a selection takes of entries. A search has one selection for all of them. */
interface Selected<O extends "user" | "group"> {
  readonly by: Selection;
  readonly shape: SelectedShape<O>;
}

const noParts: Omit<EntryParts, "dn"> = {
  memberOf: [],
  manager: undefined,
  users: [],
  groups: [],
  passwordSetAt: undefined,
  ntHash: undefined,
};

/** What one reader sees of people and groups, and their entries; fetches what an entry needs only when it is asked for. */
export class EntrySource implements Visibility {
  readonly #view: DirectoryView;
  readonly #tree: Tree;
  readonly #identity: LdapIdentity;
  readonly #signal: AbortSignal;
  readonly #form: EntryForm;
  #selectedUser: Selected<"user"> | undefined;
  #selectedGroup: Selected<"group"> | undefined;
  /** Usernames of managers by id; `null` for those whom the reader does not see. */
  readonly #managers = new Map<string, string | null>();

  constructor(view: DirectoryView, identity: LdapIdentity, signal: AbortSignal) {
    this.#view = view;
    this.#tree = identity.tree;
    this.#identity = identity;
    this.#signal = signal;
    this.#form = view.form(identity.tree);
  }

  /** What filters are translated with for this reader. */
  get translation(): TranslationContext {
    const { options, hidden } = this.#view;
    const { directory, layout } = options;
    const relations = new RelationTests(directory, this.#tree, layout.nesting, this, this.#signal);
    return { form: this.#form, hidden, relations };
  }

  /** Whether the reader sees nobody but themself. */
  get onlySelf(): boolean {
    return this.#identity.search === "self" || this.#identity.mustChangePassword;
  }

  /** Whether the reader is an administrator, who sees everyone active: whom they add must be there for them. */
  get seesEveryone(): boolean {
    return this.#identity.write === "directory";
  }

  /** Whether a person is the reader. */
  isSelf(user: User): boolean {
    return user.id === this.#identity.user;
  }

  /** Whether the reader may see what is only for a person themself and for administrators. */
  seesPrivate(user: User): boolean {
    return this.isSelf(user) || this.seesEveryone;
  }

  /** People in the tree that match. */
  visibleUsers(filter: CoreFilter): CoreFilter {
    const active: CoreFilter = { op: "equals", attribute: "state", value: "active" };
    const granted: CoreFilter[] =
      this.#view.options.layout.people === "all" || this.seesEveryone
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
  async findUser(username: string): Promise<User | undefined> {
    const filter = this.visibleUsers({ op: "equals", attribute: "username", value: username });
    return (await this.#view.options.directory.query("user", { filter, limit: 1 }, this.#call)).records[0];
  }

  /** The group of this folded name, if the reader may see it. */
  async findGroup(name: string): Promise<Group | undefined> {
    const filter = this.visibleGroups({ op: "equals", attribute: "name", value: name });
    return (await this.#view.options.directory.query("group", { filter, limit: 1 }, this.#call)).records[0];
  }

  /** Whether {@link EntrySource.writeUserNow} writes the entries of most people. */
  answersNow(selection: Selection): boolean {
    const { needs } = this.#userShape(selection);
    if (needs.has("memberOf") && this.#view.options.layout.nesting !== "flatten") return false;
    return !(needs.has("ntHash") && this.#mayReadNtHashes);
  }

  /**
   * {@link EntrySource.writeUser} without waiting, for readers who see the same but are not this person; `undefined` when
   * something must be fetched. Good for as long as nothing in the directory changes but the person.
   */
  writeUserNow(user: User, selection: Selection, writer: EntryWriter): Uint8Array | undefined {
    const shape = this.#userShape(selection);
    if (shape.needs.has("manager") && user.employee.manager !== undefined) return undefined;
    const parts = this.#userPartsNow(user, shape);
    return parts === undefined ? undefined : writeEntry(writer, shape, user, parts, this.seesEveryone);
  }

  /** A person's entry, with what the selection needs. */
  async user(user: User, selection: Selection): Promise<Entry> {
    return buildEntry(this.#userShape(selection), user, await this.userParts(user, selection));
  }

  /** A group's entry, with its members when the selection needs them. */
  async group(group: Group, selection: Selection): Promise<Entry> {
    return buildEntry(this.#groupShape(selection), group, await this.groupParts(group, selection));
  }

  /** What a person's entry takes that is not in their record; without waiting, when it is at hand. */
  userParts(user: User, selection: Selection): EntryParts | Promise<EntryParts> {
    const shape = this.#userShape(selection);
    return this.#userPartsNow(user, shape) ?? this.#fetchUserParts(user, shape);
  }

  /** A person's entry as it is sent; see {@link EntryWriter.write}. */
  writeUser(user: User, parts: EntryParts, selection: Selection, writer: EntryWriter): Uint8Array {
    return writeEntry(writer, this.#userShape(selection), user, parts, this.seesPrivate(user));
  }

  /** A group's entry as it is sent. */
  writeGroup(group: Group, parts: EntryParts, selection: Selection, writer: EntryWriter): Uint8Array {
    return writeEntry(writer, this.#groupShape(selection), group, parts, false);
  }

  #userPartsNow(user: User, { needs }: SelectedShape<"user">): EntryParts | undefined {
    const dn = this.#tree.userDn(user.username);
    if (needs.size === 0) return { ...noParts, dn };
    if (needs.has("ntHash") && this.#mayReadNtHashes) return undefined;
    const memberOf = needs.has("memberOf") ? this.#groupsNow(user) : [];
    const { manager } = user.employee;
    const boss = manager !== undefined && needs.has("manager") ? this.#managers.get(manager) : null;
    const wantsAge = user.posix !== undefined && needs.has("passwordSetAt");
    const age = wantsAge ? this.#view.passwordSetAtNow(user.id) : null;
    if (memberOf === undefined || boss === undefined || age === undefined) return undefined;
    return {
      ...noParts,
      dn,
      memberOf,
      manager: boss === null ? undefined : this.#tree.userDn(boss),
      passwordSetAt: age ?? undefined,
    };
  }

  #groupsNow(user: User): readonly string[] | undefined {
    const { directory, layout } = this.#view.options;
    const groups = layout.nesting === "flatten" ? directory.effectiveGroupsNow(user.id) : undefined;
    const names = groups === undefined ? undefined : this.#view.groupNamesNow(groups);
    return names?.map((name) => this.#tree.groupDn(name));
  }

  async #fetchUserParts(user: User, { needs }: SelectedShape<"user">): Promise<EntryParts> {
    const { manager } = user.employee;
    const names = needs.has("memberOf") ? await this.#view.groupNames(await this.#view.groupsOf(user)) : [];
    const boss = manager !== undefined && needs.has("manager") ? await this.#managerName(manager) : null;
    const wantsAge = user.posix !== undefined && needs.has("passwordSetAt");
    return {
      dn: this.#tree.userDn(user.username),
      memberOf: names.map((name) => this.#tree.groupDn(name)),
      manager: boss === null ? undefined : this.#tree.userDn(boss),
      users: [],
      groups: [],
      passwordSetAt: wantsAge ? ((await this.#view.passwordSetAt(user.id)) ?? undefined) : undefined,
      ntHash: this.#mayReadNtHashes && needs.has("ntHash") ? await this.#ntHash(user) : undefined,
    };
  }

  /** What a group's entry takes that is not in its record. */
  async groupParts(group: Group, selection: Selection): Promise<EntryParts> {
    const { needs } = this.#groupShape(selection);
    const { directory, layout } = this.#view.options;
    const parents = needs.has("memberOf")
      ? (await directory.groups.of(group.id)).map((parent) => parent.id)
      : [];
    const memberOf = await this.#view.groupNames(parents);
    return {
      ...noParts,
      dn: this.#tree.groupDn(group.name),
      memberOf: memberOf.map((name) => this.#tree.groupDn(name)),
      users: needs.has("users") ? await this.#memberNames(group) : [],
      groups: needs.has("groups") && layout.nesting === "direct" ? await this.#nestedNames(group) : [],
    };
  }

  /** Whether the host has named the reader among those who may read NT hashes. */
  get #mayReadNtHashes(): boolean {
    return mayReadNtHashes(this.#identity, this.#view.options);
  }

  #ntHash(user: User): Promise<Uint8Array | undefined> {
    return this.#view.options.directory.credentials.ntHash(user.id, this.#call);
  }

  #userShape(by: Selection): SelectedShape<"user"> {
    if (this.#selectedUser?.by !== by) this.#selectedUser = { by, shape: this.#form.user.select(by) };
    return this.#selectedUser.shape;
  }

  #groupShape(by: Selection): SelectedShape<"group"> {
    if (this.#selectedGroup?.by !== by) this.#selectedGroup = { by, shape: this.#form.group.select(by) };
    return this.#selectedGroup.shape;
  }

  /** Usernames of the members the reader may see. */
  async #memberNames(group: Group): Promise<readonly string[]> {
    const transitive = this.#view.options.layout.nesting === "flatten";
    const filter = this.visibleUsers({ op: "memberOf", groups: [group.id], transitive });
    const names: string[] = [];
    for await (const user of this.#view.options.directory.stream("user", { filter }, this.#call)) {
      names.push(user.username);
      const pause = turn();
      if (pause !== undefined) await pause;
    }
    return names;
  }

  /** Names of the groups in the group that the reader may see. */
  async #nestedNames(group: Group): Promise<readonly string[]> {
    const filter = this.visibleGroups({ op: "memberOf", groups: [group.id], transitive: false });
    const names: string[] = [];
    for await (const nested of this.#view.options.directory.stream("group", { filter }, this.#call))
      names.push(nested.name);
    return names;
  }

  async #managerName(id: UserId): Promise<string | null> {
    const known = this.#managers.get(id);
    if (known !== undefined) return known;
    const filter = this.visibleUsers({ op: "ids", ids: [id] });
    const page = await this.#view.options.directory.query("user", { filter, limit: 1 }, this.#call);
    const name = page.records[0]?.username ?? null;
    this.#managers.set(id, name);
    return name;
  }

  get #call(): { readonly signal: AbortSignal } {
    return { signal: this.#signal };
  }
}
