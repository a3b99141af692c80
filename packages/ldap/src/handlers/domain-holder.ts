import { isDescendantKey } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import { domainNames } from "../view/bind-name.ts";
import type { Tree } from "../view/tree.ts";
import type { Seniority, ServedTrees } from "./tree-claims.ts";

/** A domain that several organizations have. */
export interface SharedDomain {
  readonly domain: string;
  /** Their ids, sorted. */
  readonly organizations: readonly string[];
  /** The one whose people are meant by it. Absent when nobody is. */
  readonly holder?: string;
}

/**
 * Whose a domain is that several organizations have: that of the one that had it first, for whoever chooses another base
 * DN must not take it from them. Of those that were first together it is the one above all others, where these may lie
 * below others and it may not: departments share the domain of their company. Else it is of none of them: they could
 * stand in for each other's people.
 * @param having - with those of their trees that have it; at least one
 * @returns whose it is; or all who had it first, when it is of none
 */
export function domainHolders<T extends ServedTrees>(
  having: readonly T[],
  { since, nested }: Seniority,
): readonly T[] {
  const times = having.map(({ trees }) => Math.min(...trees.map((tree) => since.get(tree) ?? 0)));
  const first = Math.min(...times);
  const together = having.filter((_, i) => times[i] === first);
  const above = together.find(
    (one) => !nested.has(idOf(one)) && together.every((other) => other === one || liesBelow(other, one)),
  );
  return above === undefined ? together : [above];
}

/** Domains that more than one organization has. */
export function sharedDomains(
  served: readonly ServedTrees[],
  { flavour }: Pick<TreeLayout, "flavour">,
  seniority: Seniority,
): readonly SharedDomain[] {
  const having = new Map<string, Map<ServedTrees, Tree[]>>();
  for (const one of served) {
    for (const tree of one.trees) {
      for (const domain of domainNames(tree, flavour === "activeDirectory")) {
        const all = having.get(domain) ?? new Map<ServedTrees, Tree[]>();
        having.set(domain, all);
        const own = all.get(one);
        if (own === undefined) all.set(one, [tree]);
        else own.push(tree);
      }
    }
  }
  return [...having].flatMap(([domain, found]) => {
    if (found.size < 2) return [];
    const all = [...found].map(([{ view }, trees]) => ({ view, trees }));
    const [holder, ...others] = domainHolders(all, seniority);
    return others.length === 0 && holder !== undefined
      ? { domain, organizations: all.map(idOf).toSorted(), holder: idOf(holder) }
      : { domain, organizations: all.map(idOf).toSorted() };
  });
}

function liesBelow(one: ServedTrees, { trees }: ServedTrees): boolean {
  return one.trees.every(({ suffixKey }) =>
    trees.some((above) => isDescendantKey(suffixKey, above.suffixKey)),
  );
}

function idOf({ view }: ServedTrees): string {
  return view.options.directory.organizationId;
}
