import type { Group, User } from "@directorykit/core";
import { type DistinguishedName, dnKey, LdapResultCode, parseDn } from "../codec/index.ts";
import { subschemaDn } from "../view/schema.ts";
import type { TreeNode } from "../view/tree.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { isOwn, type Update } from "./update.ts";

/** Where a person or group lies. */
export type LeafNode = Extract<TreeNode, { type: "user" | "group" }>;

/** A person or group that is to change. */
export type UpdateTarget =
  | { readonly type: "user"; readonly user: User }
  | { readonly type: "group"; readonly group: Group };

const subschemaKey = dnKey(parseDn(subschemaDn));

/**
 * The place of the person or group that a DN names, whether there is one or not.
 * @throws UpdateRefusal invalidDNSyntax; noSuchObject where none can be; unwillingToPerform for what the server makes
 */
export function leafOf(text: string, update: Update): LeafNode {
  const { tree, search } = update.identity;
  const dn = readDn(text);
  // Those who see nothing are told nothing, as when they search.
  if (search === "none") throw insufficient();
  const node = isMadeEntry(dn) ? "made" : tree.locate(dn);
  if (node === undefined) throw noSuchObject(dn, update);
  if (node === "made" || node.type === "fixed") {
    administratorsOnly(update);
    throw new UpdateRefusal(LdapResultCode.unwillingToPerform, "this entry is kept by the server");
  }
  return node;
}

/**
 * Finds the entry of a leaf, as far as the writer sees it.
 * @param text - its DN
 * @throws UpdateRefusal noSuchObject when there is none, or none that they see; insufficientAccessRights when they see
 * it and may not write to it
 */
export async function findTarget(node: LeafNode, text: string, update: Update): Promise<UpdateTarget> {
  const { source } = update;
  if (node.type === "user") {
    const user = await source.findUser(node.username);
    if (user === undefined) throw noSuchObject(parseDn(text), update);
    if (!isOwn(update, user)) administratorsOnly(update);
    return { type: "user", user };
  }
  const group = await source.findGroup(node.name);
  if (group === undefined) throw noSuchObject(parseDn(text), update);
  administratorsOnly(update);
  return { type: "group", group };
}

/** Whether a DN is that of the root DSE or the schema. */
export function isMadeEntry(dn: DistinguishedName): boolean {
  return dn.rdns.length === 0 || dnKey(dn) === subschemaKey;
}

/** Names the entry of a leaf, for those who want to change it to take turns. */
export function turnKey(node: LeafNode): string {
  return node.type === "user" ? `user ${node.username}` : `group ${node.name}`;
}

/**
 * @throws UpdateRefusal insufficientAccessRights unless the writer may write the directory, now: not before they have
 * chosen another password, if they must
 */
export function administratorsOnly({ identity }: Update): void {
  if (identity.write !== "directory" || identity.mustChangePassword) throw insufficient();
}

/** @throws UpdateRefusal invalidDNSyntax */
export function readDn(text: string): DistinguishedName {
  try {
    return parseDn(text);
  } catch {
    throw new UpdateRefusal(LdapResultCode.invalidDNSyntax, "the name is not a distinguished name");
  }
}

/** There is no such entry, or none that the writer sees. */
export function noSuchObject(dn: DistinguishedName, { identity }: Update): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.noSuchObject, "there is no such entry", {
    matchedDN: identity.tree.nearest(dn),
  });
}

/** The writer may not do that. */
export function insufficient(message = ""): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.insufficientAccessRights, message);
}
