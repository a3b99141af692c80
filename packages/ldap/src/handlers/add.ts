import { type AddRequest, type DistinguishedName, LdapResultCode, parentDn } from "../codec/index.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { addGroup } from "./add-group.ts";
import { addUser } from "./add-user.ts";
import { tooManyValues, wipePasswords } from "./modifications.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";
import { runUpdate, type Update } from "./update.ts";
import { administratorsOnly, isMadeEntry, noSuchObject, readDn } from "./update-target.ts";

/** Answers an AddRequest (RFC 4511 §4.7): administrators add people and groups to their containers. */
export async function add(request: AddRequest, context: OperationContext): Promise<Outcome> {
  const { attributes } = request;
  try {
    return await runUpdate(context, async (update) => {
      const dn = readDn(request.entry);
      administratorsOnly(update);
      const refusal = tooManyValues(attributes, update);
      if (refusal !== undefined) return refusal;
      const node = update.identity.tree.locate(dn);
      const name = dn.rdns[0]?.[0]?.value ?? "";
      if (node?.type === "user") return addUser(name, request.entry, attributes, update);
      if (node?.type === "group") return addGroup(name, request.entry, attributes, update);
      throw cannotBeThere(dn, update);
    });
  } finally {
    wipePasswords(attributes, context);
  }
}

function cannotBeThere(dn: DistinguishedName, update: Update): UpdateRefusal {
  const { tree } = update.identity;
  if (tree.locate(dn) !== undefined || isMadeEntry(dn))
    return new UpdateRefusal(LdapResultCode.entryAlreadyExists, "this entry is kept by the server");
  const above = parentDn(dn);
  const parent = above === undefined ? undefined : tree.locate(above);
  if (parent === undefined) return noSuchObject(dn, update);
  return parent.type === "fixed" && [tree.usersKey, tree.groupsKey].includes(parent.node.key)
    ? new UpdateRefusal(
        LdapResultCode.namingViolation,
        "entries here are named by one value of their naming attribute",
      )
    : new UpdateRefusal(
        LdapResultCode.unwillingToPerform,
        "entries are added to the containers of people and of groups",
      );
}
