import { DirectoryError } from "@directorykit/core";
import { isDescendantKey, parentKey } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";

/** An organization with trees of its own that are served. */
export interface ServedTrees {
  readonly view: DirectoryView;
  readonly trees: readonly Tree[];
}

/** Who comes first. */
export interface Seniority {
  /** How late each tree came to be served: those that were there from the start come first, and together. */
  readonly since: ReadonlyMap<Tree, number>;
  /** Ids of organizations that may lie below others. */
  readonly nested: ReadonlySet<string>;
}

/** A tree that an organization wants to have served. */
export interface TreeClaim {
  readonly view: DirectoryView;
  readonly tree: Tree;
  /** How late it came to be served, or to be asked for if it is not. */
  readonly since: number;
}

/** Claims that are served side by side, found by where their trees lie. */
export class ServedClaims {
  readonly #nested: ReadonlySet<string>;
  readonly #at = new Map<string, TreeClaim>();
  readonly #below = new Map<string, TreeClaim[]>();

  /** @param nested - ids of organizations that may lie below others */
  constructor(nested: ReadonlySet<string>) {
    this.#nested = nested;
  }

  /** Has a claim served, unless it collides. @returns the claim of another organization that has the place */
  add(claim: TreeClaim): TreeClaim | undefined {
    const { suffixKey } = claim.tree;
    const ancestors = ancestorsOf(suffixKey);
    const holder = this.#holder(claim, ancestors);
    if (holder !== undefined) return holder;
    this.#at.set(suffixKey, claim);
    for (const ancestor of ancestors) {
      const below = this.#below.get(ancestor);
      if (below === undefined) this.#below.set(ancestor, [claim]);
      else below.push(claim);
    }
    return undefined;
  }

  #holder(claim: TreeClaim, ancestors: readonly string[]): TreeClaim | undefined {
    const { view, tree } = claim;
    const isOther = (one: TreeClaim | undefined): one is TreeClaim => one !== undefined && one.view !== view;
    const same = this.#at.get(tree.suffixKey);
    if (isOther(same)) return same;
    if (!this.#mayLieBelow(view)) {
      const above = ancestors.map((key) => this.#at.get(key)).find(isOther);
      if (above !== undefined) return above;
    }
    return this.#below.get(tree.suffixKey)?.find((one) => isOther(one) && !this.#mayLieBelow(one.view));
  }

  #mayLieBelow(view: DirectoryView): boolean {
    return this.#nested.has(view.options.directory.organizationId);
  }
}

function ancestorsOf(key: string): readonly string[] {
  const ancestors: string[] = [];
  for (let above = parentKey(key); above !== undefined; above = parentKey(above)) ancestors.push(above);
  return ancestors;
}

/** Why a claim is refused: another organization has the place. */
export function collision(claim: TreeClaim, holder: TreeClaim): DirectoryError {
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
