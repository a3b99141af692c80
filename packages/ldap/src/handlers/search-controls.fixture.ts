import {
  type Control,
  ControlOid,
  decodePagedResults,
  decodeSortResponse,
  decodeVirtualListViewResponse,
  encodePagedResults,
  encodeSortRequest,
  encodeVirtualListViewRequest,
  type Filter,
  parseFilter,
  type RequestOp,
  type SearchResultDone,
  type SearchResultEntry,
  type SortKey,
  type SortResult,
  type VirtualListViewRequest,
  type VirtualListViewResponse,
} from "../codec/index.ts";
import type { LdapTestClient } from "../testing.ts";

/** A search with controls. */
export interface Asked {
  readonly base: string;
  readonly scope?: "baseObject" | "singleLevel" | "wholeSubtree";
  readonly filter?: string | Filter;
  readonly attributes?: readonly string[];
  readonly typesOnly?: boolean;
  readonly sizeLimit?: number;
  readonly timeLimit?: number;
  readonly page?: { readonly size: number; readonly cookie?: Uint8Array };
  readonly sort?: readonly (Partial<SortKey> & Pick<SortKey, "attributeType">)[];
  readonly list?: VirtualListViewRequest;
  readonly controls?: readonly Control[];
  /** Whether the controls are critical. Default true. */
  readonly critical?: boolean;
}

/** What a search with controls is answered. */
export interface Answered {
  readonly resultCode: number;
  readonly diagnosticMessage: string;
  readonly dns: readonly string[];
  readonly entries: readonly SearchResultEntry[];
  /** Controls of each entry. */
  readonly entryControls: readonly (readonly Control[] | undefined)[];
  /** Of the paged results control; `undefined` without one. */
  readonly cookie: Uint8Array | undefined;
  readonly sort: SortResult | undefined;
  readonly list: VirtualListViewResponse | undefined;
}

/** Searches with controls, all of the answer. */
export async function ask(client: LdapTestClient, asked: Asked): Promise<Answered> {
  const messages = await client.exchange(requestOf(asked), { controls: controlsOf(asked) });
  const last = messages.at(-1);
  const done = last?.protocolOp as SearchResultDone;
  const value = (oid: string): Uint8Array | undefined =>
    last?.controls?.find((control) => control.oid === oid)?.value;
  const found = messages.filter((message) => message.protocolOp.type === "searchResEntry");
  const entries = found.map((message) => message.protocolOp as SearchResultEntry);
  const [page, sort, list] = [
    value(ControlOid.pagedResults),
    value(ControlOid.sortResponse),
    value(ControlOid.virtualListViewResponse),
  ];
  return {
    resultCode: done.resultCode,
    diagnosticMessage: done.diagnosticMessage,
    entries,
    entryControls: found.map((message) => message.controls),
    dns: entries.map((entry) => entry.objectName),
    cookie: page === undefined ? undefined : decodePagedResults(page).cookie,
    sort: sort === undefined ? undefined : decodeSortResponse(sort),
    list: list === undefined ? undefined : decodeVirtualListViewResponse(list),
  };
}

/** All pages of a search, one after the other. */
export async function askPages(
  client: LdapTestClient,
  asked: Asked,
  size: number,
  between?: () => Promise<unknown>,
): Promise<readonly Answered[]> {
  const pages: Answered[] = [];
  for (let cookie = new Uint8Array(0); ; ) {
    const page = await ask(client, { ...asked, page: { size, cookie } });
    pages.push(page);
    if (page.cookie === undefined || page.cookie.length === 0) return pages;
    if (pages.length > 1000) throw new Error("the pages have no end");
    cookie = Uint8Array.from(page.cookie);
    await between?.();
  }
}

/** The request without its controls. */
export function requestOf(asked: Asked): RequestOp {
  const { filter = "(objectClass=*)" } = asked;
  return {
    type: "searchRequest",
    baseObject: asked.base,
    scope: asked.scope ?? "wholeSubtree",
    derefAliases: "neverDerefAliases",
    sizeLimit: asked.sizeLimit ?? 0,
    timeLimit: asked.timeLimit ?? 0,
    typesOnly: asked.typesOnly ?? false,
    filter: typeof filter === "string" ? parseFilter(filter) : filter,
    attributes: asked.attributes ?? ["1.1"],
  };
}

function controlsOf({ page, sort, list, controls = [], critical = true }: Asked): readonly Control[] {
  const all = [...controls];
  const add = (oid: string, value: Uint8Array): void => {
    all.push({ oid, critical, value });
  };
  if (page !== undefined)
    add(
      ControlOid.pagedResults,
      encodePagedResults({ size: page.size, cookie: page.cookie ?? new Uint8Array(0) }),
    );
  if (sort !== undefined)
    add(ControlOid.sortRequest, encodeSortRequest(sort.map((key) => ({ reverseOrder: false, ...key }))));
  if (list !== undefined) add(ControlOid.virtualListViewRequest, encodeVirtualListViewRequest(list));
  return all;
}
