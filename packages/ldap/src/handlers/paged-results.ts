import { isDirectoryError } from "@directorykit/core";
import {
  type Control,
  ControlOid,
  encodeOperationBytes,
  encodePagedResults,
  encodeSortRequest,
  LdapResultCode,
  type PagedResultsValue,
  type SearchRequest,
} from "../codec/index.ts";
import { type EntryPlace, entryParts } from "./entry-stream.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";

/** How far a search has come that is answered page by page (RFC 2696). */
export interface PageMark {
  /** The last entry that was given. */
  readonly place: EntryPlace;
  /** How many entries were given, on all pages. */
  readonly given: number;
}

/**
 * Where a page begins; `undefined` for the first one. Nothing is kept between pages: the cookie says all, so it works on
 * every node with the same keys, after a restart, and for as long as the keys are kept.
 *
 * @returns unwillingToPerform for a cookie that was made for another query, person, organization or tree, or by no one
 */
export function openPage(
  { cookie }: PagedResultsValue,
  request: SearchRequest,
  context: OperationContext,
): { readonly mark: PageMark | undefined } | { readonly refusal: Outcome } {
  if (cookie.length === 0) return { mark: undefined };
  const { directory } = context.view.options;
  try {
    const sealed = Buffer.from(cookie).toString("latin1");
    const [part, id, given, ...keys] = directory.openCursor(
      sealed,
      bindingOf(request, context),
    ) as unknown as [number, string, number, ...(string | number | null)[]];
    const place = { part: entryParts[part] ?? "fixed", id };
    return { mark: { place: keys.length === 0 ? place : { ...place, keys }, given } };
  } catch (error) {
    if (!isDirectoryError(error)) throw error;
    return {
      refusal: {
        resultCode: LdapResultCode.unwillingToPerform,
        diagnosticMessage: "the cookie does not belong to this search",
      },
    };
  }
}

/**
 * The control that goes with the result of a page.
 * @param mark - where the next page begins; `undefined` when this was the last
 */
export function pageControl(
  mark: PageMark | undefined,
  request: SearchRequest,
  context: OperationContext,
): Control {
  // How many entries there are in all nobody knows without reading them: 0 says so.
  const value = { size: 0, cookie: mark === undefined ? new Uint8Array(0) : seal(mark, request, context) };
  return { oid: ControlOid.pagedResults, critical: false, value: encodePagedResults(value) };
}

function seal({ place, given }: PageMark, request: SearchRequest, context: OperationContext): Uint8Array {
  const { part, id } = place;
  const content = [entryParts.indexOf(part), id, given, ...(place.keys ?? [])];
  return Buffer.from(
    context.view.options.directory.sealCursor(content, bindingOf(request, context)),
    "latin1",
  );
}

/** What a cookie belongs to: who asks, in which tree, and all of the query that may not change between pages. */
function bindingOf(request: SearchRequest, { session, controls }: OperationContext): string {
  const { identity } = session;
  const sortKeys = controls.sort?.value;
  return JSON.stringify([
    "ldap page",
    identity?.user ?? "",
    identity?.tree.suffixKey ?? "",
    Buffer.from(encodeOperationBytes(request)).toString("base64"),
    sortKeys === undefined ? "" : Buffer.from(encodeSortRequest(sortKeys)).toString("base64"),
  ]);
}
