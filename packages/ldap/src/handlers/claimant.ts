import { type DistinguishedName, parseDn } from "../codec/index.ts";
import { readBindName } from "../view/bind-name.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import type { Claimant } from "./login.ts";
import type { AllTrees, Organizations } from "./organizations.ts";

/**
 * Whom the name of a simple bind names: a DN, or in the flavour of Active Directory a name with its domain.
 * @returns `undefined` for a name that has the form of none
 * @throws DirectoryError when an organization cannot be read that the name may be of
 */
export async function claimantOfBindName(
  organizations: Organizations,
  name: string,
  signal: AbortSignal,
): Promise<Claimant | undefined> {
  const all = await organizations.trees();
  const { layout } = organizations.views[0].options;
  const found = all.organizations.flatMap(({ view, trees }) => {
    const read = readBindName(name, trees, layout);
    return read === undefined ? [] : { view, read };
  });
  const dn = found.find(({ read }) => read.type === "dn")?.read;
  if (dn?.type === "dn") return claimantOfDn(organizations, dn.dn, signal);
  const one = onlyOne(found, all, ({ read }) => (read.type === "dn" ? [] : [read.tree]));
  if (one === undefined || one.read.type === "dn")
    // There a name without a DN is in order, and one of another domain is nobody's.
    return layout.flavour === "activeDirectory" ? nobody(organizations) : undefined;
  const { view, read } = one;
  const { tree, username } = read;
  const user = await view.options.directory.users.byUsername(username, { signal });
  return { view, trees: [tree], name: { userId: user?.id }, username };
}

/**
 * Whom a DN names. One that is no person's, or below none of the suffixes, is nobody's.
 * @throws DirectoryError when an organization cannot be read that the DN may be of
 */
export async function claimantOfDn(
  organizations: Organizations,
  dn: DistinguishedName,
  signal: AbortSignal,
): Promise<Claimant> {
  const place = await placeOf(organizations, dn);
  const node = place?.tree.locate(dn);
  if (place === undefined || node?.type !== "user") return nobody(organizations, place?.view);
  // A DN is that of an entry: an e-mail address in it names none.
  const user = await place.view.options.directory.users.byUsername(node.username, { signal });
  return { view: place.view, trees: [place.tree], name: { userId: user?.id }, username: node.username };
}

/**
 * Whom a name that is no DN stands for (RFC 4513 §5.2.1.8 leaves that to the server): `dn:` and a DN; else a username,
 * with or without `u:` before it, or the primary e-mail address where the directory takes those. With several
 * organizations a plain name needs `@` and the domain of a suffix behind it, such as `ada@example.com` below
 * `dc=example,dc=com`. A domain that two of them have is of the one that had it first, if that is known.
 * @throws DirectoryError when an organization cannot be read that the name may be of
 */
export async function claimantOfName(
  organizations: Organizations,
  name: string,
  signal: AbortSignal,
): Promise<Claimant> {
  if (name.startsWith("dn:")) {
    const dn = readDn(name.slice(3));
    return dn === undefined ? nobody(organizations) : claimantOfDn(organizations, dn, signal);
  }
  const plain = name.startsWith("u:") ? name.slice(2) : name;
  const [only, ...others] = organizations.views;
  if (others.length === 0) return { view: only, trees: await only.trees(), name: { username: plain } };
  const at = plain.lastIndexOf("@");
  const domain = plain.slice(at + 1).toLowerCase();
  if (at < 0) return nobody(organizations);
  const all = await organizations.trees();
  const found = all.organizations.flatMap(({ view, trees }) => {
    const own = trees.filter((tree) => tree.domain?.toLowerCase() === domain);
    return own.length === 0 ? [] : { view, trees: own };
  });
  const one = onlyOne(found, all, ({ trees }) => trees);
  return one === undefined ? nobody(organizations) : { ...one, name: { username: plain.slice(0, at) } };
}

/** The organization and tree that hold a DN: the most specific one. */
async function placeOf(
  organizations: Organizations,
  dn: DistinguishedName,
): Promise<{ readonly view: DirectoryView; readonly tree: Tree } | undefined> {
  const all = await organizations.trees();
  const holding = all.organizations.flatMap(({ view, trees }) =>
    trees.flatMap((tree) => (tree.holds(dn) ? { view, tree, length: tree.suffixDn.rdns.length } : [])),
  );
  const longest = Math.max(...holding.map(({ length }) => length));
  const innermost = holding.filter(({ length }) => length === longest);
  return onlyOne(innermost, all, ({ tree }) => [tree]);
}

/**
 * The organization that a name fits; the one that it fitted first, for whoever chooses another base DN must not take it from
 * them. One that fits several for as long as is known is of none of them: they could stand in for each other's people.
 * @param treesOf - those of its trees that the name fits
 * @throws DirectoryError when it fits none and not all could be read
 */
function onlyOne<T>(
  found: readonly T[],
  { since, fault }: AllTrees,
  treesOf: (one: T) => readonly Tree[],
): T | undefined {
  if (found.length === 0 && fault !== undefined) throw fault;
  const times = found.map((one) => Math.min(...treesOf(one).map((tree) => since.get(tree) ?? 0)));
  const first = Math.min(...times);
  const [one, ...others] = found.filter((_, i) => times[i] === first);
  return others.length === 0 ? one : undefined;
}

function readDn(text: string): DistinguishedName | undefined {
  try {
    return parseDn(text);
  } catch {
    return undefined;
  }
}

function nobody({ views }: Organizations, view: DirectoryView = views[0]): Claimant {
  return { view, trees: [], name: { userId: undefined } };
}
