import type { UserChanges, UserId } from "@directorykit/core";
import { LdapResultCode, type ModifyRequest } from "../codec/index.ts";
import { passwordWrites, readPassword } from "../view/password-writes.ts";
import { turn } from "../view/turn.ts";
import { userChanges } from "../view/user-changes.ts";
import { WorkingAttributes } from "../view/working-attributes.ts";
import type { WrittenValue } from "../view/written-value.ts";
import type { Attempt } from "./entry-change.ts";
import { type Modifications, ownAttributesOnly, readModifications } from "./modifications.ts";
import { commitUser, confidentialOnly, type PreparedChange, preparePassword } from "./password-change.ts";
import { readEntryAfter } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import { type Update, updateOptions } from "./update.ts";
import { becameMarked } from "./update-errors.ts";
import { writableValues } from "./writable-values.ts";

type UserAttempt = Attempt & { readonly target: Extract<Attempt["target"], { type: "user" }> };

/** What is worked out but once, however often others are quicker. */
interface Prepared {
  modifications?: Modifications;
  managers?: ReadonlyMap<string, UserId>;
  password?: PreparedChange;
}

/** @returns makes the modifications of a person, in any number of attempts */
export function userModifier(
  request: ModifyRequest,
): (attempt: UserAttempt, update: Update) => Promise<Partial<Outcome>> {
  const prepared: Prepared = {};
  return async ({ target, revision }, update) => {
    const { user } = target;
    const { directory } = update.view.options;
    prepared.modifications ??= readModifications(request.changes, "user", update);
    const { attributes, password } = prepared.modifications;
    if (update.identity.write !== "directory") ownAttributesOnly(prepared.modifications, update);
    if (password.length > 0) confidentialOnly(update);
    const working = new WorkingAttributes(await writableValues(target, update));
    for (const modification of attributes) {
      working.apply(modification);
      await turn();
    }
    const { schema } = update.view;
    const named = attributes.filter(({ type }) => type === schema.type("manager"));
    prepared.managers ??= await managersIn(
      named.flatMap(({ values }) => values),
      update,
    );
    const naming = update.view.options.layout.userNaming;
    const { managers } = prepared;
    const changes = userChanges(user, working, { schema, naming, userId: (name) => managers.get(name) });
    if (password.length > 0) {
      const credentials = await directory.credentials.list(user.id, { signal: update.signal });
      const writes = passwordWrites(
        password,
        credentials.some(({ kind }) => kind === "password"),
      );
      const renamed = { ...user, ...names(changes) };
      if (writes !== undefined) {
        const { old } = writes;
        const asked = { old, next: writes.next === null ? null : readPassword(writes.next) };
        prepared.password ??= await preparePassword(renamed, asked, update, LdapResultCode.noSuchAttribute);
      }
    }
    const all = { ...changes, ...prepared.password?.fields };
    const options = updateOptions(update, user.version, revision);
    const after = await commitUser(user, prepared.password ?? {}, update, (held) =>
      directory.users.update(user.id, all, { ...options, ...held }),
    ).catch((error: unknown) => {
      // The new password was not compared with the one that must be changed by now.
      if (becameMarked(error)) delete prepared.password;
      throw error;
    });
    return { controls: await readEntryAfter({ type: "user", user: after }, update) };
  };
}

function names({ username, name, emails }: UserChanges): object {
  return {
    ...(username === undefined ? {} : { username }),
    ...(name === undefined ? {} : { name }),
    ...(emails === undefined ? {} : { emails }),
  };
}

/** Ids of the people whom values of manager name, as far as the writer sees them. */
export async function managersIn(
  values: readonly WrittenValue[],
  { source }: Update,
): Promise<ReadonlyMap<string, UserId>> {
  const ids = new Map<string, UserId>();
  for (const { node } of values) {
    const user = node?.type === "user" ? await source.findUser(node.username) : undefined;
    if (node?.type === "user" && user !== undefined) ids.set(node.username, user.id);
  }
  return ids;
}
