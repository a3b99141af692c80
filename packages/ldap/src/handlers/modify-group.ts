import { DirectoryError, isDirectoryError } from "@directorykit/core";
import type { ModifyRequest } from "../codec/index.ts";
import { groupChanges } from "../view/group-changes.ts";
import { turn } from "../view/turn.ts";
import { WorkingAttributes, type WrittenModification } from "../view/working-attributes.ts";
import type { Attempt } from "./entry-change.ts";
import { asMember, isMemberType, MemberReader, memberWrites } from "./member-writes.ts";
import { readModifications } from "./modifications.ts";
import { notWritablePassword } from "./password-change.ts";
import { readEntryAfter } from "./read-entry.ts";
import type { Outcome } from "./session.ts";
import { type Update, updateOptions } from "./update.ts";
import { writableValues } from "./writable-values.ts";

type GroupAttempt = Attempt & { readonly target: Extract<Attempt["target"], { type: "group" }> };

/** @returns makes the modifications of a group, in any number of attempts */
export function groupModifier(
  request: ModifyRequest,
): (attempt: GroupAttempt, update: Update) => Promise<Partial<Outcome>> {
  let modifications: readonly WrittenModification[] | undefined;
  return async ({ target, revision }, update) => {
    const { group } = target;
    const { directory } = update.view.options;
    modifications ??= groupModifications(request, update);
    const members = modifications.filter(({ type }) => isMemberType(type));
    const types = [...new Set(members.map(({ type }) => type))];
    const reader = new MemberReader(update);
    const present = members.length === 0 ? [] : await reader.initial(group, members);
    const working = new WorkingAttributes([
      ...(await writableValues(target, update)),
      ...types.map((type) => [type, shownIn(type, group.posixGid, present)] as const),
    ]);
    for (const modification of modifications) {
      working.apply(modification);
      await turn();
    }
    const changes = groupChanges(group, working, update.view.schema);
    const writes = await memberWrites(group, working, members, present, reader);
    const after = await update.commit(() =>
      directory.groups
        .update(group.id, { ...changes, ...writes }, updateOptions(update, group.version, revision))
        .catch(overtaken),
    );
    return { controls: await readEntryAfter({ type: "group", group: after }, update) };
  };
}

/** Reads the modifications of a request; those of members so that they can be compared across attributes. */
function groupModifications(request: ModifyRequest, update: Update): readonly WrittenModification[] {
  const { attributes, password } = readModifications(request.changes, "group", update);
  if (password.length > 0) throw notWritablePassword();
  return attributes.map(({ operation, type, values }) =>
    isMemberType(type)
      ? { operation, type, values: values.map((value) => asMember(type, value)) }
      : { operation, type, values },
  );
}

/** memberUid is there for groups with a number, and names people. */
function shownIn(
  type: WrittenModification["type"],
  posixGid: number | undefined,
  present: Awaited<ReturnType<MemberReader["initial"]>>,
): typeof present {
  if (type.names[0] !== "memberUid") return present;
  return posixGid === undefined ? [] : present.filter(({ node }) => node?.type === "user");
}

/** Members that came or went since they were read are a reason to read again. */
function overtaken(error: unknown): never {
  const reason = isDirectoryError(error) ? error.details["reason"] : undefined;
  if (reason === "already-a-member" || reason === "not-a-member")
    throw new DirectoryError("stale-write", "the group's members changed since they were read", {
      cause: error,
    });
  throw error;
}
