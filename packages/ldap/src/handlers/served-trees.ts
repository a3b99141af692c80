import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";

/** An organization with its trees. */
export interface ServedTrees {
  readonly view: DirectoryView;
  readonly trees: readonly Tree[];
}

/** The trees of all organizations that can be read. */
export interface AllTrees {
  /** At least one. */
  readonly organizations: readonly ServedTrees[];
  /** Why there may be more; `undefined` when these are all. */
  readonly fault: unknown;
}

/**
 * Reads the trees of all organizations. One that has its base DN wrong must not keep the people of others out.
 * @throws DirectoryError as `view.trees`, when none can be read
 */
export async function allTrees(views: readonly DirectoryView[]): Promise<AllTrees> {
  const organizations: ServedTrees[] = [];
  let fault: unknown;
  for (const view of views) {
    try {
      organizations.push({ view, trees: await view.trees() });
    } catch (error) {
      fault = error;
    }
  }
  if (organizations.length === 0) throw fault;
  return { organizations, fault };
}
