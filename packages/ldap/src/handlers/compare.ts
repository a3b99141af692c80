import type { AttributeOwner, Filter as CoreFilter } from "@directorykit/core";
import { type CompareRequest, type Filter, LdapResultCode, parseDn } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { matchesEntry } from "../view/entry-filter.ts";
import { rootDse } from "../view/fixed-entries.ts";
import { translateFilter } from "../view/translate-filter.ts";
import { EntrySource } from "./entry-source.ts";
import { fixedEntry, hiddenTypes } from "./search.ts";
import type { LdapSession, Outcome } from "./session.ts";

/** Answers a CompareRequest (RFC 4511 §4.10). Passwords can be compared with by nobody. */
export async function compare(
  request: CompareRequest,
  session: LdapSession,
  view: DirectoryView,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return { resultCode: await run(request, session, view, signal) };
  } catch (error) {
    return { resultCode: resultCodeOfError(error) };
  }
}

async function run(
  request: CompareRequest,
  session: LdapSession,
  view: DirectoryView,
  signal: AbortSignal,
): Promise<number> {
  const { schema } = view;
  const equality: Filter = { type: "equalityMatch", attribute: request.attribute, value: request.value };
  const present: Filter = { type: "present", attribute: request.attribute };
  const { identity } = session;
  if (request.entry === "") {
    const entry = rootDse(await view.trees(), schema, false);
    if (!matchesEntry(present, entry, schema)) return LdapResultCode.noSuchAttribute;
    return matchesEntry(equality, entry, schema) ? LdapResultCode.compareTrue : LdapResultCode.compareFalse;
  }
  if (identity === undefined || identity.search === "none") return LdapResultCode.insufficientAccessRights;
  let dn: ReturnType<typeof parseDn>;
  try {
    dn = parseDn(request.entry);
  } catch {
    return LdapResultCode.invalidDNSyntax;
  }
  const { tree } = identity;
  const node = tree.locate(dn);
  if (node === undefined) return LdapResultCode.noSuchObject;
  const type = schema.type(request.attribute);
  if (type === undefined) return LdapResultCode.undefinedAttributeType;
  const hidden = hiddenTypes(view);
  if (hidden.has(type)) return LdapResultCode.insufficientAccessRights;
  if (node.type !== "user" && node.type !== "group") {
    const entry = await fixedEntry(node.type, tree, view);
    if (!matchesEntry(present, entry, schema)) return LdapResultCode.noSuchAttribute;
    return matchesEntry(equality, entry, schema) ? LdapResultCode.compareTrue : LdapResultCode.compareFalse;
  }
  const source = new EntrySource(view, tree, identity);
  const record =
    node.type === "user"
      ? await source.findUser(node.username, signal)
      : await source.findGroup(node.name, signal);
  if (record === undefined) return LdapResultCode.noSuchObject;
  const owner: Extract<AttributeOwner, "user" | "group"> = node.type;
  const context = { directory: view.options.directory, tree, schema, layout: view.options.layout, hidden };
  const holds = async (filter: Filter): Promise<boolean> => {
    const translated: CoreFilter = {
      op: "and",
      of: [{ op: "ids", ids: [record.id] }, await translateFilter(filter, owner, context)],
    };
    return (
      (await view.options.directory.query(owner, { filter: translated, limit: 1 }, { signal })).records
        .length > 0
    );
  };
  if (await holds(equality)) return LdapResultCode.compareTrue;
  return (await holds(present)) ? LdapResultCode.compareFalse : LdapResultCode.noSuchAttribute;
}
