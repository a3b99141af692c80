import { foldCase } from "@directorykit/core";
import { type DistinguishedName, parseDn } from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";
import type { Tree } from "./tree.ts";

/** Whom the name of a simple bind stands for, as far as its form tells. */
export type BindName =
  | { readonly type: "dn"; readonly dn: DistinguishedName }
  /** The person of this folded username, whether there is one or not, in this tree. */
  | { readonly type: "username"; readonly username: string; readonly tree: Tree };

/**
 * Reads the name of a simple bind: a DN, or in the flavour of Active Directory also `username@domain`, the domain being
 * that of userPrincipalName, and `DOMAIN\username`, where the first label of the domain will do.
 *
 * @param trees - where the domain is looked for; the first that has it counts
 * @returns `undefined` for a name of no such form, or of a domain that is not served
 */
export function readBindName(
  name: string,
  trees: readonly Tree[],
  { flavour }: Pick<TreeLayout, "flavour">,
): BindName | undefined {
  try {
    return { type: "dn", dn: parseDn(name) };
  } catch {
    return flavour === "activeDirectory" ? readDomainName(name, trees) : undefined;
  }
}

function readDomainName(name: string, trees: readonly Tree[]): BindName | undefined {
  const slash = name.indexOf("\\");
  const at = name.lastIndexOf("@");
  const separator = slash >= 0 ? slash : at;
  if (separator < 0) return undefined;
  const before = name.slice(0, separator);
  const after = name.slice(separator + 1);
  const [username, domain] = slash >= 0 ? [after, before] : [before, after];
  const tree = trees.find((one) => isDomain(domain, one, slash >= 0));
  return tree === undefined || username === ""
    ? undefined
    : { type: "username", username: foldCase(username), tree };
}

function isDomain(given: string, { domain }: Tree, byLabel: boolean): boolean {
  if (domain === undefined || given === "") return false;
  const [folded, own] = [foldCase(given), foldCase(domain)];
  return folded === own || (byLabel && folded === own.split(".")[0]);
}
