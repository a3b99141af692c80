import { isUtf8 } from "node:buffer";
import {
  type Control,
  ControlOid,
  encodeVirtualListViewResponse,
  LdapResultCode,
  type VirtualListViewRequest,
} from "../codec/index.ts";
import type { SortCriterion } from "../view/sort-key.ts";
import { heldKey, type SortedList } from "./sorted-list.ts";
import { compareValues } from "./sorted-order.ts";

/** The part of a list that is shown. */
export interface ListWindow {
  /** Number of the target, from 1; one more than there are entries when no entry is. */
  readonly target: number;
  /** Number of the first entry shown, counted from 0. */
  readonly start: number;
  /** Number of the first one behind those that are shown. */
  readonly end: number;
}

/** Where the window that was asked for lies (draft-ietf-ldapext-ldapv3-vlv-09 §5), or why nowhere. */
export function listWindow(
  request: VirtualListViewRequest,
  list: SortedList,
  primary: SortCriterion,
): ListWindow | { readonly virtualListViewResult: number } {
  const count = list.places.length;
  const target =
    request.target.type === "byOffset"
      ? targetByOffset(request.target.offset, request.target.contentCount, count)
      : targetByValue(request.target.value, list, primary);
  if (typeof target !== "number") return target;
  return {
    target,
    start: Math.max(0, target - 1 - request.beforeCount),
    end: Math.min(count, target + request.afterCount),
  };
}

/**
 * The control that goes with the result.
 * @param shown - where the target lies in how long a list, as far as there are any; 0 otherwise
 */
export function listControl(
  virtualListViewResult: number,
  shown: { readonly targetPosition: number; readonly contentCount: number },
): Control {
  const value = encodeVirtualListViewResponse({ ...shown, virtualListViewResult });
  return { oid: ControlOid.virtualListViewResponse, critical: false, value };
}

/** Clients give their offset in a list as long as they believe it to be; what counts is the ratio. */
function targetByOffset(
  offset: number,
  contentCount: number,
  count: number,
): number | { readonly virtualListViewResult: number } {
  const believed = contentCount === 0 ? count : contentCount;
  if (offset >= 1 && offset === contentCount) return count;
  if (offset === 1) return Math.min(1, count);
  if (offset < 1 || offset > believed) return { virtualListViewResult: LdapResultCode.offsetRangeError };
  return Math.min(count, Math.max(1, Math.round((count * offset) / believed)));
}

function targetByValue(
  value: Uint8Array,
  list: SortedList,
  primary: SortCriterion,
): number | { readonly virtualListViewResult: number } {
  const asserted = isUtf8(value) ? primary.asserted(Buffer.from(value).toString("utf8")) : undefined;
  if (asserted === undefined) return { virtualListViewResult: LdapResultCode.inappropriateMatching };
  const wanted = heldKey(asserted);
  const direction = primary.reverse ? -1 : 1;
  const first = list.firstBehind(({ keys }) => compareValues(keys?.[0] ?? null, wanted) * direction < 0);
  return first + 1;
}
