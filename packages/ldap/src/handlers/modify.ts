import type { ModifyRequest } from "../codec/index.ts";
import { changeEntry } from "./entry-change.ts";
import { tooManyValues, wipePasswords } from "./modifications.ts";
import { groupModifier } from "./modify-group.ts";
import { userModifier } from "./modify-user.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";
import { runUpdate } from "./update.ts";

/** Answers a ModifyRequest (RFC 4511 §4.6): all of its modifications, in their order, or none. */
export async function modify(request: ModifyRequest, context: OperationContext): Promise<Outcome> {
  const modified = request.changes.map(({ modification }) => modification);
  try {
    return await runUpdate(context, async (update) => {
      const refusal = tooManyValues(modified, update);
      if (refusal !== undefined) return refusal;
      const modifyUser = userModifier(request);
      const modifyGroup = groupModifier(request);
      return changeEntry(request.object, update, ({ target, revision }, fresh) =>
        target.type === "user"
          ? modifyUser({ target, revision }, fresh)
          : modifyGroup({ target, revision }, fresh),
      );
    });
  } finally {
    wipePasswords(modified, context);
  }
}
