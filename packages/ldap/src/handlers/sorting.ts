import {
  type Control,
  ControlOid,
  encodeSortResponse,
  LdapResultCode,
  type SortKey,
} from "../codec/index.ts";
import type { LdapLimits } from "../options.ts";
import { type SortCriterion, sortCriterion } from "../view/sort-key.ts";
import type { EntryOrder, EntryStream } from "./entry-stream.ts";
import { KeptOrder } from "./kept-order.ts";
import type { OperationContext } from "./operation-context.ts";
import { sortRoom } from "./sort-room.ts";
import { SortedList } from "./sorted-list.ts";

/** Why entries are not sorted. */
export interface SortFailure {
  /** For the sortResult (RFC 2891 §1.2). */
  readonly sortResult: number;
  /** The attribute at fault. */
  readonly attributeType?: string;
  /** The limit of the server that is to be counted. */
  readonly limit?: keyof LdapLimits;
}

/** How entries are to be sorted, key by key, or why they cannot be. */
export function sortCriteria(
  keys: readonly SortKey[],
  { view, session }: OperationContext,
): readonly SortCriterion[] | SortFailure {
  // The codec reads no more keys than are taken.
  if (keys.length === 0) return { sortResult: LdapResultCode.unwillingToPerform };
  const { schema, hidden, options } = view;
  const { registry } = options.directory.attributes;
  const form = session.identity === undefined ? undefined : view.form(session.identity.tree);
  const criteria: SortCriterion[] = [];
  const types = new Set<unknown>();
  for (const key of keys) {
    const { attributeType } = key;
    const criterion = sortCriterion(key, { schema, registry, hidden, form });
    if ("sortResult" in criterion) return { ...criterion, attributeType };
    const type = schema.type(attributeType);
    if (types.has(type)) return { sortResult: LdapResultCode.unwillingToPerform, attributeType };
    types.add(type);
    criteria.push(criterion);
  }
  return criteria;
}

/** The entries in order: as the directory keeps them where it does, else sorted in memory. */
export async function sortedEntries(
  entries: EntryStream,
  criteria: readonly SortCriterion[],
  context: OperationContext,
): Promise<EntryOrder | SortFailure> {
  const [first, ...others] = criteria;
  if (first !== undefined && others.length === 0 && KeptOrder.serves(entries, first))
    return new KeptOrder(entries, first);
  return sortedList(entries, criteria, context);
}

/** The entries sorted in memory, as far as `maxSortedEntries` allows. */
export async function sortedList(
  entries: EntryStream,
  criteria: readonly SortCriterion[],
  { view, signal }: OperationContext,
): Promise<SortedList | SortFailure> {
  const { maxSortedEntries } = view.options.limits;
  const list = await sortRoom(view).use(signal, () => SortedList.of(entries, criteria, maxSortedEntries));
  return list ?? { sortResult: LdapResultCode.adminLimitExceeded, limit: "maxSortedEntries" };
}

/** The control that says whether the entries are sorted. */
export function sortControl({ sortResult, attributeType }: SortFailure): Control {
  const value = { sortResult, ...(attributeType === undefined ? {} : { attributeType }) };
  return { oid: ControlOid.sortResponse, critical: false, value: encodeSortResponse(value) };
}
