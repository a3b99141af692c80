import type { Filter as CoreFilter } from "@directorykit/core";
import { type CompareRequest, dnKey, type Filter, LdapResultCode, parseDn } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import { evaluateEntry } from "../view/entry-filter.ts";
import { rootDse, subschema } from "../view/fixed-entries.ts";
import { subschemaDn } from "../view/schema.ts";
import { translateFilter } from "../view/translate-filter.ts";
import { isStamp, treeEntry } from "../view/tree-entries.ts";
import { EntrySource } from "./entry-source.ts";
import type { OperationContext } from "./operation-context.ts";
import { timeUp } from "./search.ts";
import type { LdapIdentity, Outcome } from "./session.ts";

const subschemaKey = dnKey(parseDn(subschemaDn));

/** What compare asks, as filters: the value, and whether there is any. */
interface Asked {
  readonly equality: Filter;
  readonly present: Filter;
}

/** Answers a CompareRequest (RFC 4511 §4.10). Passwords can be compared with by nobody. */
export async function compare(request: CompareRequest, context: OperationContext): Promise<Outcome> {
  try {
    return { resultCode: await run(request, context) };
  } catch (error) {
    const { reason } = context.signal;
    return { resultCode: reason === timeUp ? LdapResultCode.timeLimitExceeded : resultCodeOfError(error) };
  }
}

async function run(request: CompareRequest, context: OperationContext): Promise<number> {
  const { session, view, signal, facts } = context;
  const { schema } = view;
  const { attribute, value } = request;
  const asked: Asked = {
    equality: { type: "equalityMatch", attribute, value },
    present: { type: "present", attribute },
  };
  if (request.entry === "") return compareEntry(asked, await rootDse(facts, schema), view);
  const { identity } = session;
  if (identity === undefined) return LdapResultCode.insufficientAccessRights;
  let dn: ReturnType<typeof parseDn>;
  try {
    dn = parseDn(request.entry);
  } catch {
    return LdapResultCode.invalidDNSyntax;
  }
  if (dnKey(dn) === subschemaKey) return compareEntry(asked, subschema(schema), view);
  if (identity.search === "none") return LdapResultCode.insufficientAccessRights;
  const { tree } = identity;
  const node = tree.locate(dn);
  if (node === undefined) return LdapResultCode.noSuchObject;
  if (node.type === "fixed") {
    const entry = await treeEntry(node.node, tree, view, isStamp(attribute, schema));
    return compareEntry(asked, entry, view);
  }
  const source = new EntrySource(view, identity, signal);
  const record =
    node.type === "user" ? await source.findUser(node.username) : await source.findGroup(node.name);
  if (record === undefined) return LdapResultCode.noSuchObject;
  const refusal = refuse(asked, view);
  if (refusal !== undefined) return refusal;
  return compareRecord(asked, node.type, record.id, identity, view, signal);
}

/** Why the type may not be compared with, whatever the entry. */
function refuse({ present }: Asked, view: DirectoryView): number | undefined {
  const type = present.type === "present" ? view.schema.type(present.attribute) : undefined;
  if (type === undefined) return LdapResultCode.undefinedAttributeType;
  return view.hidden.has(type) ? LdapResultCode.insufficientAccessRights : undefined;
}

function compareEntry(asked: Asked, entry: Entry, view: DirectoryView): number {
  const refusal = refuse(asked, view);
  if (refusal !== undefined) return refusal;
  if (evaluateEntry(asked.present, entry, view.schema) !== true) return LdapResultCode.noSuchAttribute;
  const equal = evaluateEntry(asked.equality, entry, view.schema);
  if (equal === undefined) return LdapResultCode.invalidAttributeSyntax;
  return equal ? LdapResultCode.compareTrue : LdapResultCode.compareFalse;
}

async function compareRecord(
  { equality, present }: Asked,
  owner: "user" | "group",
  id: string,
  identity: LdapIdentity,
  view: DirectoryView,
  signal: AbortSignal,
): Promise<number> {
  const source = new EntrySource(view, identity, signal);
  const { translation } = source;
  const holds = async (filter: Filter): Promise<boolean> => {
    const translated = await translateFilter(filter, owner, translation);
    const of: CoreFilter = { op: "and", of: [{ op: "ids", ids: [id] }, translated] };
    const page = await view.options.directory.query(owner, { filter: of, limit: 1 }, { signal });
    return page.records.length > 0;
  };
  if (await holds(equality)) return LdapResultCode.compareTrue;
  if (!(await holds(present))) return LdapResultCode.noSuchAttribute;
  // Neither equal nor unequal: the value is not one of this syntax (RFC 4511 §4.10).
  const isUnequal = await holds({ type: "not", filter: equality });
  return isUnequal ? LdapResultCode.compareFalse : LdapResultCode.invalidAttributeSyntax;
}
