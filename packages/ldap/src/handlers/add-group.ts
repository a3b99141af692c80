import { LdapResultCode, type PartialAttribute } from "../codec/index.ts";
import { groupChanges } from "../view/group-changes.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { isMemberType, MemberReader, membersOf } from "./member-writes.ts";
import { readNewEntry } from "./new-entry.ts";
import { notWritablePassword } from "./password-change.ts";
import { readEntryAfter } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import { type Update, writeOptions } from "./update.ts";

/** Adds a group of people, with its members. */
export async function addGroup(
  name: string,
  dn: string,
  attributes: readonly PartialAttribute[],
  update: Update,
): Promise<Partial<Outcome>> {
  const { schema, options } = update.view;
  const { working, password } = readNewEntry(dn, "group", "cn", name, attributes, update);
  if (password.length > 0) throw notWritablePassword();
  if (working.values(schema.type("objectClass")).length === 0)
    throw new UpdateRefusal(LdapResultCode.objectClassViolation, "objectClass is needed");
  const { attributeChanges, posixGid, ...fields } = groupChanges({ name, attributes: {} }, working, schema);
  const named = working
    .changed()
    .filter(isMemberType)
    .flatMap((type) => working.values(type));
  const group = await options.directory.groups.create(
    {
      name,
      ...fields,
      ...(posixGid === undefined ? {} : { posixGid }),
      ...(attributeChanges === undefined ? {} : { attributes: attributeChanges }),
      members: await membersOf(named, new MemberReader(update)),
    },
    writeOptions(update),
  );
  return { controls: await readEntryAfter({ type: "group", group }, update) };
}
