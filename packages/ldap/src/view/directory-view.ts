import type { Change, Directory, Group, GroupId, Resource, ResourceId, User } from "@directorykit/core";
import { DirectoryError } from "@directorykit/core";
import type { DistinguishedName } from "../codec/index.ts";
import type { ResolvedLdapOptions } from "../options.ts";
import { Schema } from "./schema.ts";
import { Tree } from "./tree.ts";

/**
 * What the view knows of the directory between requests: the trees, the schema and the names of groups. The change
 * feed tells when to learn it anew.
 */
export class DirectoryView {
  readonly options: ResolvedLdapOptions;
  readonly #directory: Directory;
  #trees: Promise<readonly Tree[]> | undefined;
  #knownTrees: readonly Tree[] | undefined;
  #schema: Schema | undefined;
  readonly #groupNames = new Map<string, string>();
  #timed = new WeakMap<Tree, boolean>();
  #generation = 0;

  constructor(options: ResolvedLdapOptions) {
    this.options = options;
    this.#directory = options.directory;
  }

  /** The schema as it stands. */
  get schema(): Schema {
    this.#schema ??= new Schema(this.#directory.attributes.registry);
    return this.#schema;
  }

  /** The naming contexts, if they are at hand. */
  get knownTrees(): readonly Tree[] | undefined {
    return this.#knownTrees;
  }

  /** The naming contexts. */
  async trees(): Promise<readonly Tree[]> {
    if (this.#trees === undefined) {
      const generation = this.#generation;
      const reading = this.#readTrees();
      this.#trees = reading;
      try {
        const trees = await reading;
        if (generation === this.#generation) this.#knownTrees = trees;
        else this.#trees = undefined;
        return trees;
      } catch (error) {
        if (this.#trees === reading) this.#trees = undefined;
        throw error;
      }
    }
    return this.#trees;
  }

  /** The tree that holds a DN, or `undefined`. The most specific one when trees are nested. */
  async treeOf(dn: DistinguishedName): Promise<Tree | undefined> {
    const holding = (await this.trees()).filter((tree) => tree.holds(dn));
    return holding.sort((a, b) => b.suffixDn.rdns.length - a.suffixDn.rdns.length)[0];
  }

  /** Names of groups by id, in the order of `ids`; groups that are gone or not of people are left out. */
  async groupNames(ids: Iterable<string>): Promise<readonly string[]> {
    const wanted = [...ids];
    const missing = wanted.filter((id) => !this.#groupNames.has(id));
    if (missing.length > 0) {
      const generation = this.#generation;
      const found = new Map<string, string>();
      for (const group of (await this.#directory.getMany("group", missing)) as readonly Group[]) {
        if (group.kind === "user") found.set(group.id, group.name);
      }
      if (generation === this.#generation) for (const [id, name] of found) this.#groupNames.set(id, name);
      return wanted.flatMap((id) => found.get(id) ?? this.#groupNames.get(id) ?? []);
    }
    return wanted.flatMap((id) => this.#groupNames.get(id) ?? []);
  }

  /** Whether some grant to the tree begins or ends at a set time, so that answers change without a change. */
  async isTimed(tree: Tree): Promise<boolean> {
    let timed = this.#timed.get(tree);
    if (timed === undefined) {
      const generation = this.#generation;
      const grants = await Promise.all(
        tree.resources.map((resource) => this.#directory.grants.ofResource(resource)),
      );
      timed = grants.flat().some((grant) => grant.notBefore !== undefined || grant.notAfter !== undefined);
      if (generation === this.#generation) this.#timed.set(tree, timed);
    }
    return timed;
  }

  /** Groups a person is shown to be a member of: through nesting or directly, as the layout says. */
  async groupsOf(user: User): Promise<readonly GroupId[]> {
    if (this.options.layout.nesting === "flatten") {
      return [...(await this.#directory.effectiveGroups(user.id))] as GroupId[];
    }
    return (await this.#directory.groups.of(user.id)).map((group) => group.id);
  }

  /** Forgets what a change touches. */
  forget(change: Change): void {
    this.#generation += 1;
    if (change.kind === "grant") this.#timed = new WeakMap();
    if (change.kind === "group") this.#groupNames.delete(change.id);
    if (change.kind === "resource" || change.kind === "organization") {
      this.#trees = undefined;
      this.#knownTrees = undefined;
    }
    if (change.kind === "attributeDefinition") this.#schema = undefined;
  }

  /** Forgets the schema, once the registry has been read again. */
  forgetSchema(): void {
    this.#schema = undefined;
  }

  async #readTrees(): Promise<readonly Tree[]> {
    const { baseDn, resource, layout } = this.options;
    const resources: Resource[] = [];
    for await (const one of this.#directory.resources.list({ kind: "ldap" })) resources.push(one);
    const chosen =
      resource === undefined
        ? resources
        : resources.filter((one) => one.name.toLowerCase() === resource.toLowerCase());
    if (baseDn !== undefined)
      return [
        new Tree(
          baseDn,
          layout,
          chosen.map((one) => one.id),
        ),
      ];
    const fallback = (await this.#directory.organization.get())?.baseDn;
    const byBase = new Map<string, ResourceId[]>();
    for (const one of chosen) {
      const own = one.settings["baseDn"];
      const base = typeof own === "string" ? own : fallback;
      if (base === undefined) continue;
      byBase.set(base, [...(byBase.get(base) ?? []), one.id]);
    }
    if (byBase.size === 0 && fallback !== undefined) byBase.set(fallback, []);
    if (byBase.size === 0) {
      throw new DirectoryError(
        "misconfigured",
        "LDAP needs a base DN: give ldapServer baseDn, or set it on the LDAP resource or the organization",
      );
    }
    return [...byBase].map(([base, ids]) => new Tree(base, layout, ids));
  }
}
