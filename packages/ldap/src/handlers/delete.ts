import { type DelRequest, LdapResultCode } from "../codec/index.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import { changeEntry } from "./entry-change.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";
import { isOwn, runUpdate, updateOptions } from "./update.ts";
import { administratorsOnly } from "./update-target.ts";

/** Answers a DelRequest (RFC 4511 §4.8): people and groups can be deleted, by administrators. */
export function deleteEntry(request: DelRequest, context: OperationContext): Promise<Outcome> {
  return runUpdate(context, (update) =>
    changeEntry(request.entry, update, async ({ target, revision }, fresh) => {
      administratorsOnly(fresh);
      const { users, groups } = fresh.view.options.directory;
      if (target.type === "user") {
        const { user } = target;
        if (isOwn(fresh, user)) {
          throw new UpdateRefusal(
            LdapResultCode.unwillingToPerform,
            "nobody deletes the entry they are bound as",
          );
        }
        await fresh.commit(() => users.delete(user.id, updateOptions(fresh, user.version, revision)));
      } else {
        const { group } = target;
        await fresh.commit(() => groups.delete(group.id, updateOptions(fresh, group.version, revision)));
      }
      return {};
    }),
  );
}
