import type { DirectoryError } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { type SharedDomain, sharedDomains } from "./domain-holder.ts";
import { collision, type Seniority, ServedClaims, type ServedTrees, type TreeClaim } from "./tree-claims.ts";

/** An organization that cannot be read, with the trees it was last served at, if it ever was. */
export interface UnreadTrees extends ServedTrees {
  /** Why it cannot be. */
  readonly fault: unknown;
}

/** The trees of all organizations that are served. */
export interface AllTrees extends Seniority {
  /** Those that can be read; at least one. */
  readonly organizations: readonly ServedTrees[];
  /** Those that cannot: what was theirs is nobody else's meanwhile. */
  readonly unread: readonly UnreadTrees[];
  /** The first base DN of one organization that collides with another's, and is not served. */
  readonly collision: DirectoryError | undefined;
}

/** What could be learned of an organization. */
interface Reading {
  readonly view: DirectoryView;
  /** Absent when it could not be read. */
  readonly trees?: readonly Tree[];
  readonly fault?: unknown;
}

/** What is served of what was read: the same for as long as the same is read. */
interface Settlement extends Omit<AllTrees, "unread"> {
  readonly unread: readonly ServedTrees[];
}

/**
 * The organizations of a server, and which of their trees are served. Each chooses its base DN itself, so one that comes to
 * lie on, below or above what another has had for longer is not served: its people would be taken for those of the other,
 * or keep them out.
 */
export class Organizations {
  /** At least one. */
  readonly views: readonly [DirectoryView, ...DirectoryView[]];
  readonly #nested: ReadonlySet<string>;
  /** What is served: to wait for a place gives no right to it. */
  #claims: ReadonlyMap<DirectoryView, readonly TreeClaim[]> = new Map();
  #round = 0;
  #refused: ReadonlySet<Tree> = new Set();
  #shared: ReadonlySet<string> = new Set();
  #last: { readonly readings: readonly Reading[]; readonly settlement: Settlement } | undefined;

  /**
   * @param nested - ids of organizations that may lie below others
   */
  constructor(views: readonly [DirectoryView, ...DirectoryView[]], nested: ReadonlySet<string>) {
    this.views = views;
    this.#nested = nested;
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
    const isSame = last?.readings.every(({ trees }, i) => trees === readings[i]?.trees) === true;
    const settlement = isSame ? last.settlement : this.#settle(readings);
    const [fault] = readings.flatMap((one) => (one.trees === undefined ? [one.fault] : []));
    if (settlement.organizations.length === 0) throw fault;
    if (settlement.unread.length === 0) return { ...settlement, unread: [] };
    const faults = new Map(readings.map((one) => [one.view, one.fault]));
    return {
      ...settlement,
      unread: settlement.unread.map((one) => ({ ...one, fault: faults.get(one.view) })),
    };
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
    const { unread, collision: error } = await this.trees();
    if (unread.length > 0) throw unread[0]?.fault;
    if (error !== undefined) throw error;
  }

  /** Works out what is served of what was read. */
  #settle(readings: readonly Reading[]): Settlement {
    const claims = readings.flatMap((reading) => this.#claimsOf(reading));
    const places = new ServedClaims(this.#nested);
    const served: TreeClaim[] = [];
    const refused = new Map<Tree, DirectoryError>();
    // Those that are served already come before those that wait, which are of this round.
    for (const claim of claims.toSorted((one, other) => one.since - other.since)) {
      const holder = places.add(claim);
      if (holder !== undefined) refused.set(claim.tree, collision(claim, holder));
      else served.push(claim);
    }
    const claimsOf = Map.groupBy(served, ({ view }) => view);
    const since = new Map(served.map((claim) => [claim.tree, claim.since]));
    const servedOf = ({ view, trees }: Reading): ServedTrees => ({
      view,
      trees: trees?.filter((tree) => since.has(tree)) ?? claimsOf.get(view)?.map(({ tree }) => tree) ?? [],
    });
    const settlement: Settlement = {
      organizations: readings
        .filter(({ trees }) => trees !== undefined)
        .map(servedOf)
        .filter(({ trees }) => trees.length > 0),
      unread: readings.filter(({ trees }) => trees === undefined).map(servedOf),
      since,
      nested: this.#nested,
      collision: refused.values().next().value,
    };
    // What was read before something changed says nothing of who came first.
    if (readings.every(({ view, trees }) => trees?.every((tree) => view.isCurrent(tree)) !== false)) {
      this.#round += 1;
      this.#claims = claimsOf;
      this.#last = { readings, settlement };
      this.#tell(claims, refused, settlement);
    }
    return settlement;
  }

  /** What an organization claims now; what it was served at before, when it cannot be read. */
  #claimsOf({ view, trees }: Reading): readonly TreeClaim[] {
    const before = this.#claims.get(view) ?? [];
    return (
      trees?.map((tree) => {
        const since = before.find((one) => one.tree.suffixKey === tree.suffixKey)?.since;
        return { view, tree, since: since ?? this.#round };
      }) ?? before
    );
  }

  /** Tells the log, once, what is not served and which domains let nobody in, or only some. */
  #tell(
    claims: readonly TreeClaim[],
    refused: ReadonlyMap<Tree, DirectoryError>,
    settlement: Settlement,
  ): void {
    for (const { view, tree } of claims) {
      const error = refused.get(tree);
      if (error !== undefined && !this.#refused.has(tree))
        view.options.directory.logger.error({ error: String(error) }, "an LDAP tree is not served");
    }
    this.#refused = new Set(refused.keys());
    const { organizations, unread } = settlement;
    const { layout } = this.views[0].options;
    const shared = sharedDomains([...organizations, ...unread], layout, settlement).map(
      (one) => [JSON.stringify(one), one] as const,
    );
    for (const [key, domain] of shared) if (!this.#shared.has(key)) this.#tellOfDomain(domain);
    this.#shared = new Set(shared.map(([key]) => key));
  }

  #tellOfDomain(domain: SharedDomain): void {
    const { logger } = this.views[0].options.directory;
    if (domain.holder === undefined)
      logger.warn({ ...domain }, "nobody logs in over LDAP with a domain that several organizations have");
    else logger.info({ ...domain }, "a domain of several organizations logs people of one in over LDAP");
  }
}
