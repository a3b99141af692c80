import { foldCase } from "@directorykit/core";
import type { Tree } from "./tree.ts";

/** A name with a domain, read. */
export interface DomainName {
  /** The folded username, whether there is one or not. */
  readonly username: string;
  /** Where the domain is. */
  readonly tree: Tree;
}

/**
 * Reads the name of a simple bind that the flavour of Active Directory takes beside a DN: `username@domain`, the domain
 * being that of userPrincipalName, and `DOMAIN\username`, where the first label of the domain will do.
 *
 * @param trees - where the domain is looked for; the first that has it counts
 * @returns `undefined` for a name of no such form, or of a domain that is not served
 */
export function readDomainName(name: string, trees: readonly Tree[]): DomainName | undefined {
  const slash = name.indexOf("\\");
  const at = name.lastIndexOf("@");
  const separator = slash >= 0 ? slash : at;
  if (separator < 0) return undefined;
  const before = name.slice(0, separator);
  const after = name.slice(separator + 1);
  const [username, domain] = slash >= 0 ? [after, before] : [before, after];
  const tree = trees.find((one) => isDomain(domain, one, slash >= 0));
  return tree === undefined || username === "" ? undefined : { username: foldCase(username), tree };
}

/** Whether a tree is of a domain. @param byLabel - whether the first label of the domain will do */
export function isDomain(given: string, tree: Tree, byLabel: boolean): boolean {
  return given !== "" && domainNames(tree, byLabel).includes(foldCase(given));
}

/** Folded names that the domain of a tree goes by: its own, and the first label where that will do. */
export function domainNames({ domain }: Tree, byLabel: boolean): readonly string[] {
  if (domain === undefined) return [];
  const own = foldCase(domain);
  const [label = own] = own.split(".");
  return byLabel && label !== own ? [own, label] : [own];
}
