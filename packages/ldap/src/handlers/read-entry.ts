import type { Group, User } from "@directorykit/core";
import { type Control, ControlOid, joinSearchEntry } from "../codec/index.ts";
import { Selection } from "../view/selection.ts";
import type { Update } from "./update.ts";

/** A person or group whose entry is shown. */
export type ReadRecord =
  | { readonly type: "user"; readonly user: User }
  | { readonly type: "group"; readonly group: Group };

/** The response to a pre-read control (RFC 4527), if the request has one: the entry as a search would show it now. */
export function readEntryBefore(record: ReadRecord, update: Update): Promise<readonly Control[]> {
  return readEntry("preRead", record, update);
}

/** The response to a post-read control, if the request has one and the entry is still in the writer's sight. */
export async function readEntryAfter(record: ReadRecord, update: Update): Promise<readonly Control[]> {
  if (update.controls.postRead === undefined) return [];
  const { source } = update;
  const seen =
    record.type === "user"
      ? (await source.findUser(record.user.username))?.id === record.user.id
      : (await source.findGroup(record.group.name))?.id === record.group.id;
  return seen ? readEntry("postRead", record, update) : [];
}

async function readEntry(
  copy: "preRead" | "postRead",
  record: ReadRecord,
  { controls, source, view }: Update,
): Promise<readonly Control[]> {
  const asked = controls[copy];
  if (asked === undefined) return [];
  const selection = new Selection(asked.value, false, view.schema);
  const entry =
    record.type === "user"
      ? await source.user(record.user, selection)
      : await source.group(record.group, selection);
  const isPrivate = record.type === "user" && source.seesPrivate(record.user);
  const value = joinSearchEntry(entry.objectName, selection.apply(entry, isPrivate, view.hidden));
  return [{ oid: ControlOid[copy], critical: false, value }];
}
