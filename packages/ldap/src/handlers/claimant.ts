import { type DistinguishedName, parseDn } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { type Claimant, placeOf } from "./login.ts";

/** Whom a DN names. One that is no person's, or below none of the suffixes, is nobody's. */
export async function claimantOfDn(
  views: readonly DirectoryView[],
  dn: DistinguishedName,
  signal: AbortSignal,
): Promise<Claimant> {
  const place = await placeOf(views, dn);
  const node = place?.tree.locate(dn);
  if (place === undefined || node?.type !== "user") return nobody(views, place?.view);
  // A DN is that of an entry: an e-mail address in it names none.
  const user = await place.view.options.directory.users.byUsername(node.username, { signal });
  return { view: place.view, trees: [place.tree], name: { userId: user?.id }, username: node.username };
}

/**
 * Whom a name that is no DN stands for (RFC 4513 §5.2.1.8 leaves that to the server): `dn:` and a DN; else a username,
 * with or without `u:` before it, or the primary e-mail address where the directory takes those. With several
 * organizations a plain name needs `@` and the domain of a suffix behind it, such as `ada@example.com` below
 * `dc=example,dc=com`.
 */
export async function claimantOfName(
  views: readonly DirectoryView[],
  name: string,
  signal: AbortSignal,
): Promise<Claimant> {
  if (name.startsWith("dn:")) {
    const dn = readDn(name.slice(3));
    return dn === undefined ? nobody(views) : claimantOfDn(views, dn, signal);
  }
  const plain = name.startsWith("u:") ? name.slice(2) : name;
  const [only, ...others] = views;
  if (only !== undefined && others.length === 0)
    return { view: only, trees: await only.trees(), name: { username: plain } };
  const at = plain.lastIndexOf("@");
  const domain = plain.slice(at + 1).toLowerCase();
  for (const view of at < 0 ? [] : views) {
    const trees = (await view.trees()).filter((tree) => domainOf(tree) === domain);
    if (trees.length > 0) return { view, trees, name: { username: plain.slice(0, at) } };
  }
  return nobody(views);
}

function readDn(text: string): DistinguishedName | undefined {
  try {
    return parseDn(text);
  } catch {
    return undefined;
  }
}

function nobody(views: readonly DirectoryView[], view = views[0] as DirectoryView): Claimant {
  return { view, trees: [], name: { userId: undefined } };
}

/** The DNS domain that a suffix of `dc` parts stands for (RFC 2247); empty for any other. */
function domainOf(tree: Tree): string {
  const parts = tree.suffixDn.rdns.map((rdn) => (rdn.length === 1 ? rdn[0] : undefined));
  if (parts.some((ava) => ava?.type.toLowerCase() !== "dc")) return "";
  return parts.map((ava) => ava?.value.toLowerCase()).join(".");
}
