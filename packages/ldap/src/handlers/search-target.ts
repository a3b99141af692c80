import type { DistinguishedName, SearchScope } from "../codec/index.ts";
import { parseDn } from "../codec/index.ts";
import type { Tree, TreeNode } from "../view/tree.ts";

/** A fixed entry of a tree. */
export type FixedEntryName = "suffix" | "users" | "groups";

/** What a search has to look at, from its base and scope (RFC 4511 §4.5.1.2). */
export interface SearchTarget {
  /** Fixed entries in scope. */
  readonly fixed: readonly FixedEntryName[];
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
  const node = tree.locate(base);
  if (node === undefined) return undefined;
  if (scope === "baseObject") return baseTarget(node);
  if (scope === "singleLevel") return levelTarget(tree, node);
  switch (node.type) {
    case "suffix":
      return { fixed: ["suffix", "users", "groups"], users: "all", groups: "all" };
    case "users":
      return { fixed: ["users"], users: "all", groups: "none" };
    case "groups":
      return { fixed: ["groups"], users: "none", groups: "all" };
    default:
      return baseTarget(node);
  }
}

function baseTarget(node: TreeNode): SearchTarget {
  switch (node.type) {
    case "user":
      return { ...nothing, users: { username: node.username } };
    case "group":
      return { ...nothing, groups: { name: node.name } };
    default:
      return { ...nothing, fixed: [node.type] };
  }
}

function levelTarget(tree: Tree, node: TreeNode): SearchTarget {
  switch (node.type) {
    case "suffix": {
      // A container that lies deeper, say below another unit, is not one level down.
      const depth = tree.suffixDn.rdns.length + 1;
      const near = (dn: string): boolean => parseDn(dn).rdns.length === depth;
      return {
        ...nothing,
        fixed: [
          ...(near(tree.usersDn) ? (["users"] as const) : []),
          ...(near(tree.groupsDn) ? (["groups"] as const) : []),
        ],
      };
    }
    case "users":
      return { ...nothing, users: "all" };
    case "groups":
      return { ...nothing, groups: "all" };
    default:
      return { ...nothing, leaf: node };
  }
}
