import { LdapResultCode, type PartialAttribute } from "../codec/index.ts";
import { EntryBuilder } from "../view/entry.ts";
import { evaluateEntry } from "../view/entry-filter.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { WorkingAttributes } from "../view/working-attributes.ts";
import { readValue } from "../view/written-value.ts";
import { asMember, isMemberType } from "./member-writes.ts";
import { type PasswordModification, readModifications } from "./modifications.ts";
import { type Update, valueContext } from "./update.ts";

/** The attributes of an entry that is to be added, read. */
export interface NewEntry {
  readonly working: WorkingAttributes;
  readonly password: readonly PasswordModification[];
}

/**
 * Reads the attributes of a new entry; the value in its name is among them (RFC 4511 §4.7).
 * @param dn - its DN as it was sent
 * @param naming - the attribute in its name
 * @param name - the value in its name
 * @throws UpdateRefusal, also when the assertion control says otherwise of it
 */
export function readNewEntry(
  dn: string,
  owner: "user" | "group",
  naming: "uid" | "cn",
  name: string,
  attributes: readonly PartialAttribute[],
  update: Update,
): NewEntry {
  const { schema } = update.view;
  const sent = attributes.map((modification) => ({ operation: "add", modification }) as const);
  const { attributes: given, password } = readModifications(sent, owner, update);
  const working = new WorkingAttributes();
  const seen = new Set<unknown>();
  for (const { operation, type, values } of given) {
    if (seen.has(type) || password.length > 1) throw repeated(type.names[0] as string);
    seen.add(type);
    const read = isMemberType(type) ? values.map((value) => asMember(type, value)) : values;
    working.apply({ operation, type, values: read });
  }
  const type = schema.type(naming);
  if (type !== undefined) {
    const value = readValue(type, Buffer.from(name), valueContext(update, owner));
    if (!working.values(type).some(({ key }) => key === value.key))
      working.apply({ operation: "add", type, values: [value] });
  }
  const { assertion } = update.controls;
  if (assertion !== undefined) {
    const entry = new EntryBuilder(dn);
    for (const changed of working.changed())
      entry.add(
        changed,
        working.values(changed).map(({ text }) => text),
      );
    if (evaluateEntry(assertion.value, entry.build(), schema, update.view.hidden) !== true)
      throw new UpdateRefusal(LdapResultCode.assertionFailed, "");
  }
  return { working, password };
}

function repeated(name: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.attributeOrValueExists, `${name}: is given twice`);
}
