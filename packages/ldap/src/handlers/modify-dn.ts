import { foldCase } from "@directorykit/core";
import { LdapResultCode, type ModifyDNRequest, parseDn } from "../codec/index.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { changeEntry } from "./entry-change.ts";
import type { OperationContext } from "./operation-context.ts";
import { readEntryAfter } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import { runUpdate, type Update, updateOptions } from "./update.ts";
import { administratorsOnly, noSuchObject, readDn, type UpdateTarget } from "./update-target.ts";

/**
 * Answers a ModifyDNRequest (RFC 4511 §4.9): people and groups can be renamed where they are, by administrators. Their
 * entryUUID stays.
 */
export function modifyDN(request: ModifyDNRequest, context: OperationContext): Promise<Outcome> {
  return runUpdate(context, (update) =>
    changeEntry(request.entry, update, async ({ target, revision }, fresh) => {
      administratorsOnly(fresh);
      const name = newName(request, target, fresh);
      const { users, groups } = fresh.view.options.directory;
      if (target.type === "user") {
        const { id, version } = target.user;
        const options = updateOptions(fresh, version, revision);
        const user = await fresh.commit(() => users.update(id, { username: name }, options));
        return { controls: await readEntryAfter({ type: "user", user }, fresh) };
      }
      const { id, version } = target.group;
      const options = updateOptions(fresh, version, revision);
      const group = await fresh.commit(() => groups.update(id, { name }, options));
      return { controls: await readEntryAfter({ type: "group", group }, fresh) };
    }),
  );
}

/** The new value of the naming attribute. @throws UpdateRefusal when the entry cannot be named or placed so */
function newName(request: ModifyDNRequest, target: UpdateTarget, update: Update): string {
  const { tree } = update.identity;
  const { rdns } = readDn(request.newrdn);
  const [rdn] = rdns;
  if (rdn === undefined || rdns.length !== 1)
    throw new UpdateRefusal(
      LdapResultCode.invalidDNSyntax,
      "the new name is not one relative distinguished name",
    );
  if (request.newSuperior !== undefined) sameContainer(request.newSuperior, target, update);
  const container = parseDn(target.type === "user" ? tree.usersDn : tree.groupsDn);
  const [ava, ...more] = rdn;
  const node = tree.locate({ rdns: [rdn, ...container.rdns] });
  if (ava === undefined || more.length > 0 || node?.type !== target.type) {
    throw new UpdateRefusal(
      LdapResultCode.namingViolation,
      "entries here are named by one value of their naming attribute",
    );
  }
  const old = target.type === "user" ? target.user.username : target.group.name;
  if (!request.deleteoldrdn && foldCase(old) !== foldCase(ava.value)) {
    throw new UpdateRefusal(
      LdapResultCode.constraintViolation,
      "the naming attribute takes one value here: the old one must be deleted",
    );
  }
  return ava.value;
}

function sameContainer(newSuperior: string, target: UpdateTarget, update: Update): void {
  const dn = readDn(newSuperior);
  const { tree } = update.identity;
  const node = tree.locate(dn);
  const own = target.type === "user" ? tree.usersKey : tree.groupsKey;
  if (node?.type === "fixed" && node.node.key === own) return;
  if (!tree.holds(dn))
    throw new UpdateRefusal(LdapResultCode.affectsMultipleDSAs, "entries stay within their tree");
  if (node === undefined) throw noSuchObject(dn, update);
  throw new UpdateRefusal(LdapResultCode.unwillingToPerform, "entries stay in their container");
}
