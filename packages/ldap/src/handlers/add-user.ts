import { foldCase, type NewUser } from "@directorykit/core";
import { LdapResultCode, type PartialAttribute } from "../codec/index.ts";
import { passwordWrites, readPassword } from "../view/password-writes.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { blankUser, userChanges } from "../view/user-changes.ts";
import { managersIn } from "./modify-user.ts";
import { readNewEntry } from "./new-entry.ts";
import { confidentialOnly } from "./password-change.ts";
import { readEntryAfter } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import { type Update, writeOptions } from "./update.ts";

/** What inetOrgPerson and its superclasses demand. */
const required = ["cn", "sn"] as const;

/** Adds a person, who is active at once. */
export async function addUser(
  name: string,
  dn: string,
  attributes: readonly PartialAttribute[],
  update: Update,
): Promise<Partial<Outcome>> {
  const { schema, options } = update.view;
  const { directory, layout } = options;
  const naming = layout.userNaming;
  const { working, password } = readNewEntry(dn, "user", naming, name, attributes, update);
  for (const one of required)
    if (working.values(schema.type(one)).length === 0)
      throw new UpdateRefusal(LdapResultCode.objectClassViolation, `${one} is needed`);
  if (working.values(schema.type("objectClass")).length === 0)
    throw new UpdateRefusal(LdapResultCode.objectClassViolation, "objectClass is needed");
  const username = schema.type("uid");
  if (naming === "cn" && working.values(username).some(({ text }) => foldCase(text) !== foldCase(name))) {
    throw new UpdateRefusal(
      LdapResultCode.constraintViolation,
      "uid: is the same as the value of cn in the name here",
    );
  }
  const managers = await managersIn(working.values(schema.type("manager")), update);
  const context = { schema, naming, userId: (username: string) => managers.get(username) };
  const {
    attributeChanges,
    posix,
    password: _,
    passwordHash: __,
    ...fields
  } = userChanges(blankUser(name), working, context);
  const user = await directory.users.create(
    {
      username: name,
      ...fields,
      ...(posix === undefined ? {} : { posix }),
      ...(attributeChanges === undefined ? {} : { attributes: attributeChanges }),
      ...firstPassword(password, update),
    },
    writeOptions(update),
  );
  return { controls: await readEntryAfter({ type: "user", user }, update) };
}

function firstPassword(
  sent: Parameters<typeof passwordWrites>[0],
  update: Update,
): Pick<NewUser, "password" | "passwordHash"> {
  const next = passwordWrites(sent, false)?.next;
  if (next === undefined || next === null) return {};
  confidentialOnly(update);
  const read = readPassword(next);
  return "hash" in read ? { passwordHash: read.hash } : { password: read.plain };
}
