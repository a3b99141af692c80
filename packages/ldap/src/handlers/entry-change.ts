import type { Filter } from "../codec/index.ts";
import { LdapResultCode } from "../codec/index.ts";
import { Selection } from "../view/selection.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { isTrueOf } from "./assertion.ts";
import { EntrySource } from "./entry-source.ts";
import { inTurn } from "./entry-turns.ts";
import { readEntryBefore } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import type { Update } from "./update.ts";
import { findTarget, leafOf, turnKey, type UpdateTarget } from "./update-target.ts";

/** One attempt at a change: the entry as it is, and what the change is to hold on to. */
export interface Attempt {
  /** The entry. */
  readonly target: UpdateTarget;
  /** The revision of the directory that the entry was read at, where the change hangs on more than its own record. */
  readonly revision: number | undefined;
}

/**
 * Changes the entry that a DN names, by what it is: sees to access, to the assertion control and to pre-read, and lets
 * the change be worked out anew when somebody else changes the entry meanwhile.
 * @param change - works the change out and makes it, on the condition that nothing has changed since
 */
export function changeEntry(
  dn: string,
  update: Update,
  change: (attempt: Attempt, update: Update) => Promise<Partial<Outcome>>,
): Promise<Partial<Outcome>> {
  const { view, identity, signal, controls } = update;
  const node = leafOf(dn, update);
  const hangs = hangsOnOthers(update);
  return inTurn(view, turnKey(node), signal, async () => {
    const fresh = { ...update, source: new EntrySource(view, identity, signal) };
    const revision = hangs ? await view.options.directory.catchUp({ signal }) : undefined;
    const target = await findTarget(node, dn, fresh);
    const { id } = target.type === "user" ? target.user : target.group;
    const { assertion } = controls;
    if (assertion !== undefined && !(await isTrueOf(assertion.value, target.type, id, fresh.source, fresh)))
      throw new UpdateRefusal(LdapResultCode.assertionFailed, "");
    const before = await readEntryBefore(target, fresh);
    const done = await change({ target, revision }, fresh);
    return { ...done, controls: [...before, ...(done.controls ?? [])] };
  });
}

/** Attributes that follow from other records than the entry's own. */
const relational: readonly string[] = ["manager", "member", "memberOf", "memberUid", "uniqueMember"];

/** Whether the controls of the update look at more than the record that changes. */
function hangsOnOthers({ controls, view }: Update): boolean {
  const { assertion, preRead } = controls;
  const types = relational.map((name) => view.schema.type(name));
  const isAsked = (filter: Filter): boolean => {
    switch (filter.type) {
      case "and":
      case "or":
        return filter.filters.some(isAsked);
      case "not":
        return isAsked(filter.filter);
      default:
        return filter.attribute === undefined || types.includes(view.schema.type(filter.attribute));
    }
  };
  if (assertion !== undefined && isAsked(assertion.value)) return true;
  if (preRead === undefined) return false;
  const selection = new Selection(preRead.value, false, view.schema);
  return types.some((type) => selection.has(type));
}
