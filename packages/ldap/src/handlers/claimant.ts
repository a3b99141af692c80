import { type DistinguishedName, dnKey, isDescendantKey, parseDn } from "../codec/index.ts";
import { isDomain, readDomainName } from "../view/bind-name.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { domainHolders } from "./domain-holder.ts";
import type { Claimant } from "./login.ts";
import type { AllTrees, Organizations, UnreadTrees } from "./organizations.ts";
import type { ServedTrees } from "./tree-claims.ts";

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
  const dn = readDn(name);
  if (dn !== undefined) return claimantOfDn(organizations, dn, signal);
  if (organizations.views[0].options.layout.flavour !== "activeDirectory") return undefined;
  const all = await organizations.trees();
  const found = everyone(all).flatMap((one) => {
    const read = readDomainName(name, one.trees);
    return read === undefined ? [] : { ...one, trees: [read.tree], username: read.username };
  });
  const one = onlyOne(found, all);
  // There a name without a DN is in order, and one of another domain is nobody's.
  if (one === undefined) return nobody(organizations);
  const { view, trees, username } = one;
  const user = await view.options.directory.users.byUsername(username, { signal });
  return { view, trees, name: { userId: user?.id }, username };
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
 * `dc=example,dc=com`. A domain that several of them have is of one at most.
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
  const domain = plain.slice(at + 1);
  if (at < 0) return nobody(organizations);
  const all = await organizations.trees();
  const found = everyone(all).flatMap((one) => {
    const trees = one.trees.filter((tree) => isDomain(domain, tree, false));
    return trees.length === 0 ? [] : { ...one, trees };
  });
  const one = onlyOne(found, all);
  if (one === undefined) return nobody(organizations);
  const { view, trees } = one;
  return { view, trees, name: { username: plain.slice(0, at) } };
}

/** The organization and tree that hold a DN: the most specific one. */
async function placeOf(
  organizations: Organizations,
  dn: DistinguishedName,
): Promise<{ readonly view: DirectoryView; readonly tree: Tree } | undefined> {
  const all = await organizations.trees();
  const key = dnKey(dn);
  const holding = everyone(all).flatMap((one) =>
    one.trees.flatMap((tree) =>
      key === tree.suffixKey || isDescendantKey(key, tree.suffixKey)
        ? { ...one, trees: [tree], tree, length: tree.suffixDn.rdns.length }
        : [],
    ),
  );
  const longest = Math.max(...holding.map(({ length }) => length));
  return onlyOne(
    holding.filter(({ length }) => length === longest),
    all,
  );
}

/** An organization, with the fault that keeps it from being read if there is one. */
type Candidate = ServedTrees & Partial<UnreadTrees>;

/** All organizations: those that cannot be read keep the names that were theirs. */
function everyone({ organizations, unread }: AllTrees): readonly Candidate[] {
  return unread.length === 0 ? organizations : [...organizations, ...unread];
}

/**
 * The organization that a name is of, by {@link domainHolders}, of those it fits.
 * @param found - with those of their trees that it fits
 * @throws DirectoryError when it is of one that cannot be read, or may be: it fits none that can
 */
function onlyOne<T extends Candidate>(found: readonly T[], all: AllTrees): T | undefined {
  const holders: readonly Candidate[] = found.length === 0 ? all.unread : domainHolders(found, all);
  for (const { fault } of holders) if (fault !== undefined) throw fault;
  return holders.length === 1 ? (holders[0] as T) : undefined;
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
