import { DirectoryError } from "@directorykit/core";
import { isDescendantKey } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";

/** An organization with its trees. */
export interface ServedTrees {
  readonly view: DirectoryView;
  readonly trees: readonly Tree[];
}

/** The trees of all organizations that are served. */
export interface AllTrees {
  /** At least one. */
  readonly organizations: readonly ServedTrees[];
  /** How late each was heard of: those that were there from the start come first, and together. */
  readonly since: ReadonlyMap<Tree, number>;
  /** Why there may be more: what could not be read, or collides with another's; `undefined` when these are all. */
  readonly fault: unknown;
}

/** What could be learned of an organization. */
interface Reading {
  readonly view: DirectoryView;
  /** Absent when it could not be read. */
  readonly trees?: readonly Tree[];
  readonly fault?: unknown;
}

/** A tree that an organization wants to have served. */
interface Claim {
  readonly view: DirectoryView;
  readonly tree: Tree;
  /** How late it was first heard of. */
  readonly since: number;
}

/**
 * The organizations of a server, and which of their trees are served. Each chooses its base DN itself, so one that comes to
 * lie on, below or above what another has had for longer is not served: its people would be taken for those of the other,
 * or keep them out.
 */
export class Organizations {
  /** At least one. */
  readonly views: readonly [DirectoryView, ...DirectoryView[]];
  readonly #mayNest: ReadonlySet<string>;
  #claims: readonly Claim[] = [];
  #round = 0;
  #refused: ReadonlySet<Tree> = new Set();
  #last: { readonly readings: readonly Reading[]; readonly all: AllTrees } | undefined;

  /**
   * @param mayNest - ids of organizations that may lie below others
   */
  constructor(views: readonly [DirectoryView, ...DirectoryView[]], mayNest: ReadonlySet<string>) {
    this.views = views;
    this.#mayNest = mayNest;
  }

  /**
   * The trees that are served. An organization that has its base DN wrong must not keep the people of others out.
   * @throws DirectoryError as `view.trees`, when none can be read
   */
  async trees(): Promise<AllTrees> {
    const readings: Reading[] = [];
    for (const view of this.views) {
      try {
        readings.push({ view, trees: await view.trees() });
      } catch (fault) {
        readings.push({ view, fault });
      }
    }
    const last = this.#last;
    if (last?.readings.every((one, i) => isSame(one, readings[i]))) return last.all;
    return this.#settle(readings);
  }

  /** The trees of one organization that are served. @throws DirectoryError as `view.trees` */
  async treesOf(view: DirectoryView): Promise<readonly Tree[]> {
    await view.trees();
    const { organizations } = await this.trees();
    return organizations.find((one) => one.view === view)?.trees ?? [];
  }

  /** DNs of all trees that are served. @throws DirectoryError as {@link Organizations.trees} */
  async suffixes(): Promise<readonly string[]> {
    const { organizations } = await this.trees();
    return organizations.flatMap(({ trees }) => trees.map(({ suffix }) => suffix));
  }

  /**
   * Makes sure that everything can be served.
   * @throws DirectoryError `misconfigured` when base DNs of two organizations collide, else as `view.trees`
   */
  async assertAll(): Promise<void> {
    const { fault } = await this.trees();
    if (fault !== undefined) throw fault;
  }

  /** Works out what is served of what was read. */
  #settle(readings: readonly Reading[]): AllTrees {
    const claims = readings.flatMap((reading) => this.#claimsOf(reading));
    const served: Claim[] = [];
    const refused = new Set<Tree>();
    let fault: unknown;
    for (const claim of claims.toSorted((one, other) => one.since - other.since)) {
      const holder = served.find((one) => one.view !== claim.view && this.#collide(one, claim));
      if (holder === undefined) {
        served.push(claim);
        continue;
      }
      const error = collision(claim, holder);
      fault ??= error;
      refused.add(claim.tree);
      if (!this.#refused.has(claim.tree))
        claim.view.options.directory.logger.error({ error: String(error) }, "an LDAP tree is not served");
    }
    const isServed = new Set(served.map(({ tree }) => tree));
    const organizations = readings.flatMap(({ view, trees = [] }) => {
      const own = trees.filter((tree) => isServed.has(tree));
      return own.length === 0 ? [] : { view, trees: own };
    });
    for (const reading of readings) if (reading.trees === undefined) fault = reading.fault;
    if (organizations.length === 0) throw fault;
    const since = new Map(served.map((claim) => [claim.tree, claim.since]));
    const all: AllTrees = { organizations, since, fault };
    // What was read before something changed says nothing of who came first.
    if (readings.every(({ view, trees }) => trees?.every((tree) => view.isCurrent(tree)) !== false)) {
      this.#round += 1;
      this.#claims = claims;
      this.#refused = refused;
      this.#last = { readings, all };
    }
    return all;
  }

  /** What an organization claims now; what it claimed before, when it cannot be read. */
  #claimsOf({ view, trees }: Reading): readonly Claim[] {
    const before = this.#claims.filter((one) => one.view === view);
    return (
      trees?.map((tree) => {
        const since = before.find((one) => one.tree.suffixKey === tree.suffixKey)?.since;
        return { view, tree, since: since ?? this.#round };
      }) ?? before
    );
  }

  #collide(one: Claim, other: Claim): boolean {
    const [key, otherKey] = [one.tree.suffixKey, other.tree.suffixKey];
    if (key === otherKey) return true;
    const lower = isDescendantKey(key, otherKey) ? one : isDescendantKey(otherKey, key) ? other : undefined;
    return lower !== undefined && !this.#mayNest.has(lower.view.options.directory.organizationId);
  }
}

function isSame(one: Reading, other: Reading | undefined): boolean {
  return one.trees === other?.trees && one.fault === other?.fault;
}

/** Why a claim is refused: another organization has the place. */
function collision(claim: Claim, holder: Claim): DirectoryError {
  const { suffix, suffixKey } = claim.tree;
  const baseDn = holder.tree.suffix;
  const organization = claim.view.options.directory.organizationId;
  const other = holder.view.options.directory.organizationId;
  const place =
    suffixKey === holder.tree.suffixKey
      ? "is also that"
      : `lies ${isDescendantKey(suffixKey, holder.tree.suffixKey) ? "below" : "above"} ${baseDn}`;
  return new DirectoryError(
    "misconfigured",
    `the base DN ${suffix} of the organization ${organization} ${place} of ${other}`,
    { details: { organization, baseDn: suffix, other, otherBaseDn: baseDn } },
  );
}
