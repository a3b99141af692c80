import { type Control, LdapResultCode, type SearchRequest } from "../codec/index.ts";
import type { LdapLimits } from "../options.ts";
import type { SortCriterion } from "../view/sort-key.ts";
import type { EntryOrder, EntryStream, FoundEntry } from "./entry-stream.ts";
import type { OperationContext } from "./operation-context.ts";
import { openPage, type PageMark, pageControl } from "./paged-results.ts";
import type { Outcome } from "./session.ts";
import { SortedList } from "./sorted-list.ts";
import { type SortFailure, sortControl, sortCriteria, sortedEntries, sortedList } from "./sorting.ts";
import { listControl, listWindow } from "./virtual-list-view.ts";

/** The entries that one search request is answered with: all that are found, a page of them, or part of a sorted list. */
export interface SearchWindow {
  /** They, in order; possibly more than {@link SearchWindow.most}. */
  read(): AsyncGenerator<readonly FoundEntry[], void, void>;
  /** How many are given at most. */
  readonly most: number;
  /** Whether the answer begins here rather than on an earlier page. */
  readonly isFirst: boolean;
  /** The result once all are given. */
  whole(given: number): Outcome;
  /** The result when {@link SearchWindow.most} are given and there are more. */
  full(last: FoundEntry): Outcome;
}

type Refused = { readonly refusal: Outcome };

/** What stands in the way of an answer by the controls of the request. */
const unwilling = (diagnosticMessage: string): Refused => ({
  refusal: { resultCode: LdapResultCode.unwillingToPerform, diagnosticMessage },
});

/** Works out what the controls of a search make of its entries. @throws DirectoryError as `directory.query` */
export async function searchWindow(
  request: SearchRequest,
  entries: EntryStream,
  context: OperationContext,
): Promise<SearchWindow | Refused> {
  const { pagedResults, virtualListView } = context.controls;
  if (virtualListView !== undefined) {
    return pagedResults === undefined
      ? listView(request, entries, context)
      : unwilling("a virtual list view has no pages");
  }
  if (pagedResults?.value.size === 0) {
    // RFC 2696 §3: the client gives the rest up.
    return { refusal: { resultCode: 0, controls: [pageControl(undefined, request, context)] } };
  }
  const page = pagedResults === undefined ? undefined : openPage(pagedResults.value, request, context);
  if (page !== undefined && "refusal" in page) return page;
  const sorting = await sort(entries, context);
  if ("refusal" in sorting) return sorting;
  const { order, criteria, failure } = sorting;
  const mark = page?.mark;
  if (mark !== undefined && (mark.place.keys?.length ?? 0) !== criteria.length)
    return unwilling("the entries can no longer be given in the same order");

  const { maxSearchEntries } = context.view.options.limits;
  const before = mark?.given ?? 0;
  const left = request.sizeLimit > 0 ? request.sizeLimit - before : Number.POSITIVE_INFINITY;
  const size = pagedResults?.value.size ?? Number.POSITIVE_INFINITY;
  const most = Math.min(left, size, maxSearchEntries);
  const controls = (given: number, next?: PageMark): readonly Control[] => [
    // RFC 2891 §2: nothing is said of the order of nothing.
    ...(context.controls.sort === undefined || given === 0 ? [] : [sortControl(failure ?? sorted)]),
    ...(pagedResults === undefined ? [] : [pageControl(next, request, context)]),
  ];
  return {
    read: () => order.read(mark?.place, most + 1),
    most,
    isFirst: mark === undefined,
    whole: (given) => outcome(LdapResultCode.success, controls(given), failure?.limit),
    full: ({ part, id, keys }) => {
      if (most === left) return outcome(LdapResultCode.sizeLimitExceeded, controls(most), failure?.limit);
      const limit = most < size ? "maxSearchEntries" : failure?.limit;
      if (pagedResults === undefined) return outcome(LdapResultCode.sizeLimitExceeded, controls(most), limit);
      const place = keys === undefined ? { part, id } : { part, id, keys };
      return outcome(LdapResultCode.success, controls(most, { place, given: before + most }), limit);
    },
  };
}

const sorted: SortFailure = { sortResult: LdapResultCode.success };

function outcome(
  resultCode: number,
  controls: readonly Control[],
  limit: keyof LdapLimits | undefined,
): Outcome {
  return {
    resultCode,
    ...(controls.length === 0 ? {} : { controls }),
    ...(limit === undefined ? {} : { limit }),
  };
}

interface Sorting {
  readonly order: EntryOrder;
  /** What the entries are sorted by; empty when they are not. */
  readonly criteria: readonly SortCriterion[];
  /** Why they are not sorted, though they should be. */
  readonly failure?: SortFailure;
}

/** The entries in the order that was asked for (RFC 2891 §2), or as they come where that cannot be and need not be. */
async function sort(entries: EntryStream, context: OperationContext): Promise<Sorting | Refused> {
  const { sort: asked } = context.controls;
  if (asked === undefined) return { order: entries, criteria: [] };
  const criteria = sortCriteria(asked.value, context);
  const order = "sortResult" in criteria ? criteria : await sortedEntries(entries, criteria, context);
  if (!("sortResult" in order)) return { order, criteria: criteria as readonly SortCriterion[] };
  if (asked.critical) return unsortable(order);
  return { order: entries, criteria: [], failure: order };
}

function unsortable(failure: SortFailure): Refused {
  const { unavailableCriticalExtension } = LdapResultCode;
  return { refusal: outcome(unavailableCriticalExtension, [sortControl(failure)], failure.limit) };
}

/** Part of a sorted list (draft-ietf-ldapext-ldapv3-vlv-09 §5). */
async function listView(
  request: SearchRequest,
  entries: EntryStream,
  context: OperationContext,
): Promise<SearchWindow | Refused> {
  const { sort: asked, virtualListView } = context.controls;
  if (virtualListView === undefined) return unwilling("no list view was asked for");
  const failed = (
    virtualListViewResult: number,
    limit?: keyof LdapLimits,
    more: readonly Control[] = [],
    contentCount = 0,
  ) => ({
    refusal: outcome(
      LdapResultCode.virtualListViewError,
      [...more, listControl(virtualListViewResult, { targetPosition: 0, contentCount })],
      limit,
    ),
  });
  if (asked === undefined) return failed(LdapResultCode.sortControlMissing);
  const criteria = sortCriteria(asked.value, context);
  const list = "sortResult" in criteria ? criteria : await sortedList(entries, criteria, context);
  if (!(list instanceof SortedList)) {
    if (asked.critical) return unsortable(list);
    return failed(list.sortResult, list.limit, [sortControl(list)]);
  }
  const window = listWindow(
    virtualListView.value,
    list,
    (criteria as readonly SortCriterion[])[0] as SortCriterion,
  );
  if ("virtualListViewResult" in window)
    return failed(window.virtualListViewResult, undefined, [], list.places.length);

  const { maxSearchEntries } = context.view.options.limits;
  const left = request.sizeLimit > 0 ? request.sizeLimit : Number.POSITIVE_INFINITY;
  const most = Math.min(left, maxSearchEntries);
  const controls = (given: number): readonly Control[] => [
    ...(given === 0 ? [] : [sortControl(sorted)]),
    listControl(LdapResultCode.success, {
      targetPosition: window.target,
      contentCount: list.places.length,
    }),
  ];
  return {
    read: () => list.readBetween(window.start, window.end, most + 1),
    most,
    isFirst: true,
    whole: (given) => outcome(LdapResultCode.success, controls(given), undefined),
    full: () =>
      outcome(
        LdapResultCode.sizeLimitExceeded,
        controls(most),
        most === left ? undefined : "maxSearchEntries",
      ),
  };
}
