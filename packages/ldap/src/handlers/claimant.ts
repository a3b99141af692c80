import { type DistinguishedName, parseDn } from "../codec/index.ts";
import { readBindName } from "../view/bind-name.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { type Claimant, placeOf } from "./login.ts";

/**
 * Whom the name of a simple bind names: a DN, or in the flavour of Active Directory a name with its domain.
 * @returns `undefined` for a name that has the form of none
 */
export async function claimantOfBindName(
  views: readonly DirectoryView[],
  name: string,
  signal: AbortSignal,
): Promise<Claimant | undefined> {
  const served = await Promise.all(views.map(async (view) => ({ view, trees: await view.trees() })));
  const [first] = views as [DirectoryView];
  const { layout } = first.options;
  const trees = served.flatMap((one) => one.trees);
  const read = readBindName(name, trees, layout);
  if (read === undefined)
    // There a name without a DN is in order, and one of another domain is nobody's.
    return layout.flavour === "activeDirectory" ? nobody(views) : undefined;
  if (read.type === "dn") return claimantOfDn(views, read.dn, signal);
  const { tree, username } = read;
  const view = served.find((one) => one.trees.includes(tree))?.view ?? first;
  const user = await view.options.directory.users.byUsername(username, { signal });
  return { view, trees: [tree], name: { userId: user?.id }, username };
}

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
    const trees = (await view.trees()).filter((tree) => tree.domain?.toLowerCase() === domain);
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
