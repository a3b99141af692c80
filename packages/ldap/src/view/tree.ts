import { DirectoryError, foldCase, type ResourceId } from "@directorykit/core";
import {
  attributeTypeKey,
  type DistinguishedName,
  dnKey,
  escapeDnValue,
  formatDn,
  isDescendantDn,
  parentDn,
  parseDn,
} from "../codec/index.ts";
import type { TreeLayout } from "../options.ts";

/** An entry that is there whatever the directory holds: the base, and the units in which things lie. */
export interface FixedNode {
  readonly kind: "suffix" | "container" | "sambaDomain";
  /** Its DN as it is shown. */
  readonly dn: string;
  /** The same in a form for comparison. */
  readonly key: string;
}

/** What a DN of the tree stands for. */
export type TreeNode =
  | { readonly type: "fixed"; readonly node: FixedNode }
  /** A person, by the folded username in the DN; whether there is one is not known yet. */
  | { readonly type: "user"; readonly username: string }
  /** A group, by the folded name in the DN. */
  | { readonly type: "group"; readonly name: string };

let made = 0;

/** One naming context: a base DN, what lies below it, and the resources whose grants give access to it. */
export class Tree {
  /** Tells trees of this process apart, so that what was answered in one is never given in another. */
  readonly serial: number = ++made;
  /** The base DN as it is shown. */
  readonly suffix: string;
  /** DN of the container of people. */
  readonly usersDn: string;
  /** DN of the container of groups. */
  readonly groupsDn: string;
  /** LDAP resources whose grants count here. */
  readonly resources: readonly ResourceId[];
  /** The base DN in a form for comparison. */
  readonly suffixKey: string;
  /** The container of people in that form. */
  readonly usersKey: string;
  /** The container of groups in that form. */
  readonly groupsKey: string;
  /** Entries that are always there, each behind the one above it; the suffix first. */
  readonly fixed: readonly FixedNode[];
  /** The DNS domain that people belong to, if there is one. */
  readonly domain: string | undefined;
  readonly #suffixDn: DistinguishedName;
  readonly #userNaming: TreeLayout["userNaming"];
  readonly #depths: { readonly user: number; readonly group: number };

  /** @throws DirectoryError `misconfigured` when a DN cannot be read */
  constructor(baseDn: string, layout: TreeLayout, resources: readonly ResourceId[]) {
    const users = readDn(`${layout.users},${baseDn}`);
    const groups = readDn(`${layout.groups},${baseDn}`);
    this.#suffixDn = readDn(baseDn);
    this.suffix = formatDn(this.#suffixDn);
    this.usersDn = formatDn(users);
    this.groupsDn = formatDn(groups);
    this.resources = resources;
    this.suffixKey = dnKey(this.#suffixDn);
    this.usersKey = dnKey(users);
    this.groupsKey = dnKey(groups);
    this.#userNaming = layout.userNaming;
    this.domain = layout.domain ?? domainOf(this.#suffixDn);
    this.#depths = { user: users.rdns.length + 1, group: groups.rdns.length + 1 };
    if (this.usersKey === this.groupsKey)
      throw new DirectoryError("misconfigured", "layout.users and layout.groups must differ");
    for (const dn of [users, groups]) {
      if (dn.rdns.length === this.#suffixDn.rdns.length)
        throw new DirectoryError("misconfigured", "layout.users and layout.groups need a name of their own");
    }
    const nodes = new Map<string, FixedNode>();
    for (const dn of [this.#suffixDn, ...this.#path(users), ...this.#path(groups)]) {
      const key = dnKey(dn);
      const kind = key === this.suffixKey ? "suffix" : "container";
      if (!nodes.has(key)) nodes.set(key, { kind, dn: formatDn(dn), key });
    }
    if (layout.samba !== undefined) {
      const dn = readDn(`sambaDomainName=${escapeDnValue(layout.samba.name)},${baseDn}`);
      const key = dnKey(dn);
      if (!nodes.has(key)) nodes.set(key, { kind: "sambaDomain", dn: formatDn(dn), key });
    }
    this.fixed = [...nodes.values()];
  }

  /** RDNs of the suffix, for the attributes of its own entry. */
  get suffixDn(): DistinguishedName {
    return this.#suffixDn;
  }

  /** Whether another tree has the same base and the same resources. */
  equals(other: Tree): boolean {
    return (
      this.suffix === other.suffix &&
      this.usersDn === other.usersDn &&
      this.groupsDn === other.groupsDn &&
      this.resources.join() === other.resources.join()
    );
  }

  /** Whether the DN is the suffix or lies below it. */
  holds(dn: DistinguishedName): boolean {
    return dnKey(dn) === this.suffixKey || isDescendantDn(dn, this.#suffixDn);
  }

  /** What the DN stands for, or `undefined` when nothing of the tree can be there. */
  locate(dn: DistinguishedName): TreeNode | undefined {
    const key = dnKey(dn);
    const node = this.fixed.find((one) => one.key === key);
    if (node !== undefined) return { type: "fixed", node };
    const [rdn, ...rest] = dn.rdns;
    const ava = rdn?.length === 1 ? rdn[0] : undefined;
    if (ava === undefined || typeof ava.value !== "string") return undefined;
    const parent = dnKey({ rdns: rest });
    const type = ava.type.toLowerCase();
    if (parent === this.usersKey && dn.rdns.length === this.#depths.user && isNamed(type, this.#userNaming)) {
      return { type: "user", username: foldCase(ava.value) };
    }
    if (parent === this.groupsKey && dn.rdns.length === this.#depths.group && isNamed(type, "cn")) {
      return { type: "group", name: foldCase(ava.value) };
    }
    return undefined;
  }

  /** The part of a DN that does exist above it, for matchedDN (RFC 4511 §4.1.9); empty when nothing does. */
  nearest(dn: DistinguishedName): string {
    for (let above = parentDn(dn); above !== undefined; above = parentDn(above)) {
      const place = this.locate(above);
      if (place?.type === "fixed") return place.node.dn;
    }
    return "";
  }

  /** A container behind the units between it and the suffix. */
  #path(container: DistinguishedName): readonly DistinguishedName[] {
    const { rdns } = container;
    const depth = rdns.length - this.#suffixDn.rdns.length;
    return Array.from({ length: depth }, (_, i) => ({ rdns: rdns.slice(depth - 1 - i) }));
  }

  /** DN of a person. */
  userDn(username: string): string {
    return `${this.#userNaming}=${escapeDnValue(username)},${this.usersDn}`;
  }

  /** DN of a group. */
  groupDn(name: string): string {
    return `cn=${escapeDnValue(name)},${this.groupsDn}`;
  }
}

const namingTypes: Readonly<Record<string, readonly string[]>> = {
  uid: ["uid", "userid", "0.9.2342.19200300.100.1.1"],
  cn: ["cn", "commonname", "2.5.4.3"],
};

function isNamed(type: string, naming: "uid" | "cn"): boolean {
  return namingTypes[naming]?.includes(type) === true;
}

/** The parts of a base that name a domain (RFC 2247). */
function domainOf({ rdns }: DistinguishedName): string | undefined {
  const labels = rdns.flat().filter(({ type }) => attributeTypeKey(type) === "dc");
  return labels.length === 0 ? undefined : labels.map(({ value }) => value).join(".");
}

function readDn(text: string): DistinguishedName {
  try {
    return parseDn(text);
  } catch (cause) {
    throw new DirectoryError("misconfigured", `not a distinguished name: ${text.slice(0, 200)}`, { cause });
  }
}
