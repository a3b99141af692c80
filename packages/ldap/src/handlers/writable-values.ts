import type { EntryAttributeRule } from "../view/made-attribute.ts";
import type { AttributeTypeDefinition } from "../view/schema-definitions.ts";
import { Selection } from "../view/selection.ts";
import { shownValues, type WrittenValue } from "../view/written-value.ts";
import { isMemberType } from "./member-writes.ts";
import { type Update, valueContext } from "./update.ts";
import type { UpdateTarget } from "./update-target.ts";

/** The attributes of an entry that can be written, as it shows them; the members of a group are read apart. */
export async function writableValues(
  target: UpdateTarget,
  update: Update,
): Promise<(readonly [AttributeTypeDefinition, readonly WrittenValue[]])[]> {
  const { view, source, identity } = update;
  const form = view.form(identity.tree);
  const rules: readonly Pick<EntryAttributeRule<never>, "type">[] = form[target.type].rules;
  const names = rules.flatMap(({ type }) =>
    type.operational === true || isMemberType(type) ? [] : (type.names[0] as string),
  );
  const selection = new Selection(names, false, view.schema);
  return target.type === "user"
    ? shownValues(await source.user(target.user, selection), target.user, valueContext(update, "user"))
    : shownValues(await source.group(target.group, selection), target.group, valueContext(update, "group"));
}
