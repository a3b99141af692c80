import { type DistinguishedName, isDescendantKey, parentKey, type SearchScope } from "../codec/index.ts";
import type { FixedNode, Tree, TreeNode } from "../view/tree.ts";

/** What a search has to look at, from its base and scope (RFC 4511 §4.5.1.2). */
export interface SearchTarget {
  /** Fixed entries in scope. */
  readonly fixed: readonly FixedNode[];
  /** People in scope: all, one by folded username, or none. */
  readonly users: "all" | "none" | { readonly username: string };
  /** Groups in scope: all, one by folded name, or none. */
  readonly groups: "all" | "none" | { readonly name: string };
  /** The base itself where nothing is in scope: below a person or group there is nothing, if it is there. */
  readonly leaf?: TreeNode;
}

const nothing: SearchTarget = { fixed: [], users: "none", groups: "none" };

/** Works out what lies in scope; `undefined` when the base cannot exist. */
export function searchTarget(
  tree: Tree,
  base: DistinguishedName,
  scope: SearchScope,
): SearchTarget | undefined {
  const place = tree.locate(base);
  if (place === undefined) return undefined;
  if (place.type !== "fixed") {
    if (scope === "singleLevel") return { ...nothing, leaf: place };
    return place.type === "user"
      ? { ...nothing, users: { username: place.username } }
      : { ...nothing, groups: { name: place.name } };
  }
  const { node } = place;
  switch (scope) {
    case "baseObject":
      return { ...nothing, fixed: [node] };
    case "singleLevel":
      return {
        fixed: tree.fixed.filter(({ key }) => parentKey(key) === node.key),
        users: tree.usersKey === node.key ? "all" : "none",
        groups: tree.groupsKey === node.key ? "all" : "none",
      };
    default: {
      const holds = (key: string): boolean => key === node.key || isDescendantKey(key, node.key);
      return {
        fixed: tree.fixed.filter(({ key }) => holds(key)),
        users: holds(tree.usersKey) ? "all" : "none",
        groups: holds(tree.groupsKey) ? "all" : "none",
      };
    }
  }
}
