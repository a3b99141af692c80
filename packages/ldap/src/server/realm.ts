import { allTrees } from "../handlers/served-trees.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { AnswerCache } from "./answer-cache.ts";

/** One organization as the server shows it. */
export interface Realm {
  readonly view: DirectoryView;
  readonly answers: AnswerCache;
}

/** DNs of all trees that can be read. @throws DirectoryError as {@link allTrees} */
export async function namingContexts(realms: readonly Realm[]): Promise<readonly string[]> {
  const { organizations } = await allTrees(realms.map(({ view }) => view));
  return organizations.flatMap(({ trees }) => trees.map((tree) => tree.suffix));
}

/**
 * Two organizations under one suffix could not be told apart.
 * @returns the suffix that is served twice, if there is one
 */
export async function sharedSuffix(realms: readonly Realm[]): Promise<string | undefined> {
  const seen = new Set<string>();
  for (const { view } of realms) {
    for (const { suffixKey, suffix } of await view.trees()) {
      if (seen.has(suffixKey)) return suffix;
      seen.add(suffixKey);
    }
  }
  return undefined;
}
