import { dnKey, type Filter, LdapResultCode, parseDn } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { evaluateEntry } from "../view/entry-filter.ts";
import { rootDse, subschema } from "../view/fixed-entries.ts";
import { subschemaDn } from "../view/schema.ts";
import { translateFilter } from "../view/translate-filter.ts";
import { asksForStamp, treeEntry } from "../view/tree-entries.ts";
import { EntrySource } from "./entry-source.ts";
import type { OperationContext } from "./operation-context.ts";
import type { LdapIdentity, Outcome } from "./session.ts";

/** The condition of an assertion control is not met (RFC 4528 §3). */
export const assertionFailed: Outcome = { resultCode: LdapResultCode.assertionFailed };

const subschemaKey = dnKey(parseDn(subschemaDn));

/**
 * Reads, if what the assertion control of the request says is true of its target (RFC 4528). Where there is no target that
 * the reader sees, the work itself says so.
 */
export async function ifAsserted(
  target: string,
  context: OperationContext,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const { assertion } = context.controls;
  if (assertion === undefined) return work();
  try {
    return (await isFalseOf(target, assertion.value, context)) ? assertionFailed : await work();
  } catch (error) {
    return { resultCode: resultCodeOfError(error) };
  }
}

/** Whether a filter is true of a person or group, by what the reader may match. */
export async function isTrueOf(
  filter: Filter,
  owner: "user" | "group",
  id: string,
  source: EntrySource,
  { view, signal }: OperationContext,
): Promise<boolean> {
  const translated = await translateFilter(filter, owner, source.translation);
  const of = { op: "and", of: [{ op: "ids", ids: [id] }, translated] } as const;
  return (await view.options.directory.query(owner, { filter: of, limit: 1 }, { signal })).records.length > 0;
}

async function isFalseOf(target: string, filter: Filter, context: OperationContext): Promise<boolean> {
  const { view, session, facts } = context;
  const { schema } = view;
  if (target === "") return evaluateEntry(filter, await rootDse(facts, schema), schema, view.hidden) !== true;
  const { identity } = session;
  if (identity === undefined || identity.search === "none") return false;
  let dn: ReturnType<typeof parseDn>;
  try {
    dn = parseDn(target);
  } catch {
    return false;
  }
  if (dnKey(dn) === subschemaKey)
    return evaluateEntry(filter, subschema(schema), schema, view.hidden) !== true;
  return isFalseInTree(dn, filter, identity, context);
}

async function isFalseInTree(
  dn: ReturnType<typeof parseDn>,
  filter: Filter,
  identity: LdapIdentity,
  context: OperationContext,
): Promise<boolean> {
  const { view, signal } = context;
  const { tree } = identity;
  const node = tree.locate(dn);
  if (node === undefined) return false;
  const source = new EntrySource(view, identity, signal);
  if (node.type === "fixed") {
    const entry = await treeEntry(node.node, tree, view, asksForStamp(filter, view.schema));
    return evaluateEntry(filter, entry, view.schema, view.hidden) !== true;
  }
  const record =
    node.type === "user" ? await source.findUser(node.username) : await source.findGroup(node.name);
  return record !== undefined && !(await isTrueOf(filter, node.type, record.id, source, context));
}
