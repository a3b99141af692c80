import type {
  AttributeRegistry,
  Change,
  Directory,
  Group,
  GroupId,
  Resource,
  ResourceId,
  User,
  UserId,
} from "@directorykit/core";
import { DirectoryError, isDirectoryError } from "@directorykit/core";
import { dnKey, parseDn } from "../codec/index.ts";
import type { ResolvedLdapOptions, TreeLayout } from "../options.ts";
import { activeDirectoryParts } from "./active-directory-schema.ts";
import { type EntryForm, entryForm } from "./entry-form.ts";
import { sambaParts } from "./samba-schema.ts";
import { Schema, type SchemaParts, standardParts } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { Tree } from "./tree.ts";

/** Most passwords whose age is kept: a few megabytes. Looking one up again is one read by key. */
const maxPasswordTimes = 50_000;

/**
 * What the view knows of the directory between requests: the trees, the schema and the names of groups. The change
 * feed tells when to learn it anew.
 */
export class DirectoryView {
  readonly options: ResolvedLdapOptions;
  readonly #directory: Directory;
  #trees: Promise<readonly Tree[]> | undefined;
  #current: ReadonlySet<Tree> = new Set();
  #last: readonly Tree[] = [];
  #treeGeneration = 0;
  #schema: Schema | undefined;
  #schemaOf: AttributeRegistry | undefined;
  #hidden: ReadonlySet<AttributeTypeDefinition> = new Set();
  #forms = new WeakMap<Tree, EntryForm>();
  readonly #groupNames = new Map<string, string>();
  readonly #passwordSetAt = new Map<UserId, number | null>();
  #timed = new WeakMap<Tree, boolean>();
  #generation = 0;
  #changedAt = 0;
  /** Has learnt the time of the newest record, or is about to. */
  #newest: Promise<void> | undefined;

  constructor(options: ResolvedLdapOptions) {
    this.options = options;
    this.#directory = options.directory;
  }

  /** The schema as it stands: another object after every change to what attributes there are. */
  get schema(): Schema {
    const { registry } = this.#directory.attributes;
    if (this.#schema === undefined || this.#schemaOf !== registry) {
      const schema = new Schema(registry, schemaParts(this.options.layout));
      this.#schema = schema;
      this.#forms = new WeakMap();
      this.#schemaOf = registry;
      this.#hidden = new Set(
        ["userPassword", ...this.options.access.hiddenAttributes].flatMap((name) => schema.type(name) ?? []),
      );
    }
    return this.#schema;
  }

  /** Attributes nobody is shown or may match by. */
  get hidden(): ReadonlySet<AttributeTypeDefinition> {
    void this.schema;
    return this.#hidden;
  }

  /** How the entries of a tree look, by the schema as it stands. */
  form(tree: Tree): EntryForm {
    const { schema } = this;
    let form = this.#forms.get(tree);
    if (form === undefined) {
      form = entryForm(tree, schema, this.options.layout);
      this.#forms.set(tree, form);
    }
    return form;
  }

  /** Whether a tree is one of the naming contexts as they stand. False also while they are being read. */
  isCurrent(tree: Tree): boolean {
    return this.#current.has(tree);
  }

  /** The naming contexts. A tree that has not changed stays the same object. */
  async trees(): Promise<readonly Tree[]> {
    const generation = this.#treeGeneration;
    this.#trees ??= this.#readTrees();
    const reading = this.#trees;
    try {
      const trees = await reading;
      if (generation === this.#treeGeneration && this.#trees === reading) this.#current = new Set(trees);
      return trees;
    } catch (error) {
      if (this.#trees === reading) this.#trees = undefined;
      throw error;
    }
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

  /** {@link DirectoryView.groupNames} as far as they are known; `undefined` when one is not. */
  groupNamesNow(ids: Iterable<string>): readonly string[] | undefined {
    const names: string[] = [];
    for (const id of ids) {
      const name = this.#groupNames.get(id);
      if (name === undefined) return undefined;
      names.push(name);
    }
    return names;
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

  /** {@link DirectoryView.isTimed} as far as it is known. */
  isTimedCached(tree: Tree): boolean | undefined {
    return this.#timed.get(tree);
  }

  /** Groups a person is shown to be a member of: through nesting or directly, as the layout says. */
  async groupsOf(user: User): Promise<readonly GroupId[]> {
    if (this.options.layout.nesting === "flatten") {
      return [...(await this.#directory.effectiveGroups(user.id))] as GroupId[];
    }
    return (await this.#directory.groups.of(user.id)).map((group) => group.id);
  }

  /** When a person's password became what it is; `null` for someone without one. */
  async passwordSetAt(user: UserId): Promise<number | null> {
    const known = this.#passwordSetAt.get(user);
    if (known !== undefined) return known;
    const generation = this.#generation;
    const found = (await this.#directory.credentials.passwordSetAt(user)) ?? null;
    if (generation === this.#generation) {
      if (this.#passwordSetAt.size >= maxPasswordTimes) this.#passwordSetAt.clear();
      this.#passwordSetAt.set(user, found);
    }
    return found;
  }

  /** {@link DirectoryView.passwordSetAt} without waiting; `undefined` when that cannot be said at once. */
  passwordSetAtNow(user: UserId): number | null | undefined {
    return this.#passwordSetAt.get(user) ?? this.#directory.credentials.passwordSetAtNow(user);
  }

  /**
   * The latest change this node knows of: its place in the feed, and a time that neither an entry's nor its own is behind.
   */
  async contextStamp(): Promise<{ readonly at: number; readonly revision: number }> {
    const { revision } = this.#directory;
    this.#newest ??= this.#learnNewest(revision);
    const learning = this.#newest;
    try {
      await learning;
    } catch (error) {
      if (this.#newest === learning) this.#newest = undefined;
      throw error;
    }
    return { at: this.#changedAt, revision };
  }

  /** Once for all who ask: where a million records changed in one moment, their store looks at all of them. */
  async #learnNewest(revision: number): Promise<void> {
    const query = { order: { attribute: "updatedAt", descending: true }, limit: 1 };
    const newest = [
      ...(await this.#directory.query("user", query)).records,
      ...(await this.#directory.query("group", query)).records,
    ];
    const times = newest.map(({ updatedAt }) => updatedAt);
    this.#changedAt = Math.max(this.#changedAt, ...times, await this.#timeOf(revision));
  }

  /** When a change was made; 0 when there was none, or it is no longer kept. */
  async #timeOf(revision: number): Promise<number> {
    try {
      if (revision > 0) for await (const { at } of this.#directory.changes(revision - 1)) return at;
    } catch (error) {
      if (!isDirectoryError(error) || error.code !== "limit-exceeded") throw error;
    }
    return 0;
  }

  /** Forgets everything, for when nobody tells of changes any more. */
  forgetAll(): void {
    this.#generation += 1;
    this.#treeGeneration += 1;
    this.#trees = undefined;
    this.#current = new Set();
    this.#timed = new WeakMap();
    this.#groupNames.clear();
    this.#passwordSetAt.clear();
    this.#newest = undefined;
  }

  /** Forgets what a change touches. */
  forget(change: Change): void {
    this.#generation += 1;
    this.#changedAt = Math.max(this.#changedAt, change.at);
    if (change.kind === "grant" || change.kind === "resource") this.#timed = new WeakMap();
    if (change.kind === "group") this.#groupNames.delete(change.id);
    if (change.kind === "credential" && change.user !== undefined)
      this.#passwordSetAt.delete(change.user as UserId);
    if (change.kind === "resource" || change.kind === "organization") {
      this.#treeGeneration += 1;
      this.#trees = undefined;
      this.#current = new Set();
    }
  }

  async #readTrees(): Promise<readonly Tree[]> {
    const { baseDn, resource, layout } = this.options;
    const resources: Resource[] = [];
    for await (const one of this.#directory.resources.list({ kind: "ldap" })) resources.push(one);
    const chosen =
      resource === undefined
        ? resources
        : resources.filter((one) => one.name.toLowerCase() === resource.toLowerCase());
    const fallback = baseDn ?? (await this.#directory.organization.get())?.baseDn;
    // Two spellings of one base are one tree, whose name is the first.
    const byBase = new Map<string, { base: string; ids: ResourceId[] }>();
    const put = (base: string, ids: readonly ResourceId[]): void => {
      const key = baseKey(base);
      const known = byBase.get(key);
      if (known === undefined) byBase.set(key, { base, ids: [...ids] });
      else known.ids.push(...ids);
    };
    for (const one of chosen) {
      const own = one.settings["baseDn"];
      const base = baseDn ?? (typeof own === "string" ? own : fallback);
      if (base !== undefined) put(base, [one.id]);
    }
    if (byBase.size === 0 && fallback !== undefined) put(fallback, []);
    if (byBase.size === 0) {
      throw new DirectoryError(
        "misconfigured",
        "LDAP needs a base DN: give ldapServer baseDn, or set it on the LDAP resource or the organization",
      );
    }
    const trees: Tree[] = [];
    let fault: unknown;
    for (const { base, ids } of byBase.values()) {
      try {
        const tree = new Tree(base, layout, ids);
        trees.push(this.#last.find((one) => one.equals(tree)) ?? tree);
      } catch (error) {
        // A resource with a base DN that cannot be read must not take the others down with it.
        this.#directory.logger.error({ error: String(error) }, "an LDAP resource cannot be served");
        fault = error;
      }
    }
    if (trees.length === 0) throw fault;
    this.#last = trees;
    return trees;
  }
}

/** What a layout makes of the schema. */
function schemaParts({ flavour, groupClass, samba }: TreeLayout): SchemaParts {
  const parts = flavour === "activeDirectory" ? activeDirectoryParts : standardParts;
  const more = samba === undefined ? { types: [], classes: [] } : sambaParts;
  return {
    ...parts,
    types: [...parts.types, ...more.types],
    classes: [...parts.classes, ...more.classes],
    classOf: { ...parts.classOf, group: groupClass },
  };
}

function baseKey(base: string): string {
  try {
    return dnKey(parseDn(base));
  } catch {
    // Tree says what is wrong with it.
    return base;
  }
}
