import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { descriptions, filters, octets } from "../arbitrary-messages.ts";
import { encodePartialAttribute } from "../encode-search-entry.ts";
import { decodeCancelRequest, encodeCancelRequest } from "../extended/cancel.ts";
import {
  decodePasswordModifyRequest,
  decodePasswordModifyResponse,
  encodePasswordModifyRequest,
  encodePasswordModifyResponse,
} from "../extended/password-modify.ts";
import type { Filter } from "../filter.ts";
import { LdapDecodeError } from "../ldap-error.ts";
import { decodeAssertion, encodeAssertion } from "./assertion.ts";
import {
  decodeSyncDone,
  decodeSyncRequest,
  decodeSyncState,
  encodeSyncDone,
  encodeSyncRequest,
  encodeSyncState,
  syncStates,
} from "./content-sync.ts";
import {
  type DereferenceResult,
  decodeDereferenceRequest,
  decodeDereferenceResponse,
  encodeDereferenceRequest,
  encodeDereferenceResponse,
} from "./dereference.ts";
import { decodePagedResults, encodePagedResults } from "./paged-results.ts";
import { decodePasswordPolicy, encodePasswordPolicy, passwordPolicyErrors } from "./password-policy.ts";
import {
  decodeEntryChange,
  decodePersistentSearch,
  encodeEntryChange,
  encodePersistentSearch,
} from "./persistent-search.ts";
import { decodeAuthzId, encodeAuthzId } from "./proxied-authorization.ts";
import {
  decodeReadEntryRequest,
  decodeReadEntryResponse,
  encodeReadEntryRequest,
  encodeReadEntryResponse,
} from "./read-entry.ts";
import {
  decodeSortRequest,
  decodeSortResponse,
  encodeSortRequest,
  encodeSortResponse,
} from "./server-side-sort.ts";
import { decodeSubentries, encodeSubentries } from "./subentries.ts";
import { decodeSyncInfo, encodeSyncInfo } from "./sync-info.ts";
import { decodeValuesReturnFilter, encodeValuesReturnFilter } from "./values-return-filter.ts";
import {
  decodeVirtualListViewRequest,
  decodeVirtualListViewResponse,
  encodeVirtualListViewRequest,
  encodeVirtualListViewResponse,
} from "./virtual-list-view.ts";

const int = fc.nat({ max: 0x7fffffff });
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 });
const text = fc.string({ maxLength: 20 });

const isSimple = (filter: Filter): boolean =>
  filter.type === "extensibleMatch"
    ? !filter.dnAttributes
    : filter.type !== "and" && filter.type !== "or" && filter.type !== "not";

interface ValueCodec {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const codecs: readonly ValueCodec[] = [
  {
    name: "persistent search",
    values: fc.record({
      changeTypes: fc.integer({ min: 1, max: 15 }),
      changesOnly: fc.boolean(),
      returnECs: fc.boolean(),
    }),
    encode: encodePersistentSearch,
    decode: decodePersistentSearch,
  },
  {
    name: "entry change notification",
    values: fc.record(
      { changeType: fc.constantFrom("add", "delete", "modify", "modDN"), previousDN: text },
      { requiredKeys: ["changeType"] },
    ),
    encode: encodeEntryChange,
    decode: decodeEntryChange,
  },
  {
    name: "paged results",
    values: fc.record({ size: int, cookie: octets }),
    encode: encodePagedResults,
    decode: decodePagedResults,
  },
  {
    name: "sort request",
    values: fc.array(
      fc.record(
        { attributeType: descriptions, orderingRule: descriptions, reverseOrder: fc.boolean() },
        { requiredKeys: ["attributeType", "reverseOrder"] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    encode: encodeSortRequest,
    decode: decodeSortRequest,
  },
  {
    name: "sort response",
    values: fc.record({ sortResult: int, attributeType: descriptions }, { requiredKeys: ["sortResult"] }),
    encode: encodeSortResponse,
    decode: decodeSortResponse,
  },
  {
    name: "virtual list view request",
    values: fc.record(
      {
        beforeCount: int,
        afterCount: int,
        target: fc.oneof(
          fc.record({ type: fc.constant("byOffset"), offset: int, contentCount: int }),
          fc.record({ type: fc.constant("greaterThanOrEqual"), value: octets }),
        ),
        contextID: octets,
      },
      { requiredKeys: ["beforeCount", "afterCount", "target"] },
    ),
    encode: encodeVirtualListViewRequest,
    decode: decodeVirtualListViewRequest,
  },
  {
    name: "virtual list view response",
    values: fc.record(
      { targetPosition: int, contentCount: int, virtualListViewResult: int, contextID: octets },
      { requiredKeys: ["targetPosition", "contentCount", "virtualListViewResult"] },
    ),
    encode: encodeVirtualListViewResponse,
    decode: decodeVirtualListViewResponse,
  },
  { name: "subentries", values: fc.boolean(), encode: encodeSubentries, decode: decodeSubentries },
  {
    name: "values return filter",
    values: fc.array(filters.filter(isSimple), { maxLength: 4 }),
    encode: encodeValuesReturnFilter,
    decode: (bytes) => decodeValuesReturnFilter(bytes),
  },
  {
    name: "dereference request",
    values: fc.uniqueArray(
      fc.record({
        derefAttr: descriptions,
        attributes: fc.array(descriptions, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4, selector: ({ derefAttr }) => derefAttr.toLowerCase() },
    ),
    encode: encodeDereferenceRequest,
    decode: (bytes) => decodeDereferenceRequest(bytes),
  },
  {
    name: "dereference response",
    values: fc.array(
      fc.record(
        {
          derefAttr: descriptions,
          derefVal: text,
          attrVals: fc.array(
            fc.record({ type: descriptions, vals: fc.array(octets, { minLength: 1, maxLength: 2 }) }),
            { minLength: 1, maxLength: 3 },
          ),
        },
        { requiredKeys: ["derefAttr", "derefVal"] },
      ),
      { maxLength: 3 },
    ),
    encode: (results: readonly DereferenceResult[]) =>
      encodeDereferenceResponse(
        results.map(({ attrVals, ...result }) => ({
          ...result,
          ...(attrVals === undefined
            ? {}
            : { attrVals: attrVals.map(({ type, vals }) => encodePartialAttribute(type, vals)) }),
        })),
      ),
    decode: (bytes) => decodeDereferenceResponse(bytes),
  },
  { name: "assertion", values: filters, encode: encodeAssertion, decode: (bytes) => decodeAssertion(bytes) },
  {
    name: "read entry request",
    values: fc.array(descriptions, { maxLength: 4 }),
    encode: encodeReadEntryRequest,
    decode: (bytes) => decodeReadEntryRequest(bytes),
  },
  {
    name: "read entry response",
    values: fc.record({
      objectName: text,
      attributes: fc.array(fc.record({ type: descriptions, vals: fc.array(octets, { maxLength: 2 }) }), {
        maxLength: 3,
      }),
    }),
    encode: encodeReadEntryResponse,
    decode: (bytes) => decodeReadEntryResponse(bytes),
  },
  {
    name: "authorization identity",
    values: fc.oneof(
      fc.record({ type: fc.constant("anonymous") }),
      fc.record({ type: fc.constant("dn"), dn: text }),
      fc.record({ type: fc.constant("user"), user: text }),
    ),
    encode: encodeAuthzId,
    decode: decodeAuthzId,
  },
  {
    name: "sync request",
    values: fc.record(
      { mode: fc.constantFrom("refreshOnly", "refreshAndPersist"), cookie: octets, reloadHint: fc.boolean() },
      { requiredKeys: ["mode", "reloadHint"] },
    ),
    encode: encodeSyncRequest,
    decode: decodeSyncRequest,
  },
  {
    name: "sync state",
    values: fc.record(
      { state: fc.constantFrom(...syncStates), entryUUID: uuid, cookie: octets },
      { requiredKeys: ["state", "entryUUID"] },
    ),
    encode: encodeSyncState,
    decode: decodeSyncState,
  },
  {
    name: "sync done",
    values: fc.record({ cookie: octets, refreshDeletes: fc.boolean() }, { requiredKeys: ["refreshDeletes"] }),
    encode: encodeSyncDone,
    decode: decodeSyncDone,
  },
  {
    name: "sync info",
    values: fc.oneof(
      fc.record({ type: fc.constant("newcookie"), cookie: octets }),
      fc.record(
        {
          type: fc.constantFrom("refreshDelete", "refreshPresent"),
          cookie: octets,
          refreshDone: fc.boolean(),
        },
        { requiredKeys: ["type", "refreshDone"] },
      ),
      fc.record(
        {
          type: fc.constant("syncIdSet"),
          cookie: octets,
          refreshDeletes: fc.boolean(),
          syncUUIDs: fc.array(uuid, { maxLength: 3 }),
        },
        { requiredKeys: ["type", "refreshDeletes", "syncUUIDs"] },
      ),
    ),
    encode: encodeSyncInfo,
    decode: decodeSyncInfo,
  },
  {
    name: "password policy",
    values: fc
      .tuple(
        fc.oneof(
          fc.constant({}),
          int.map((timeBeforeExpiration) => ({ timeBeforeExpiration })),
          int.map((graceAuthNsRemaining) => ({ graceAuthNsRemaining })),
        ),
        fc.oneof(
          fc.constant({}),
          fc.constantFrom(...passwordPolicyErrors).map((error) => ({ error })),
        ),
      )
      .map(([warning, error]) => ({ ...warning, ...error })),
    encode: encodePasswordPolicy,
    decode: decodePasswordPolicy,
  },
  {
    name: "password modify request",
    values: fc.record({ userIdentity: octets, oldPasswd: octets, newPasswd: octets }, { requiredKeys: [] }),
    encode: encodePasswordModifyRequest,
    decode: decodePasswordModifyRequest,
  },
  {
    name: "password modify response",
    values: fc.record({ genPasswd: octets }, { requiredKeys: [] }),
    encode: encodePasswordModifyResponse,
    decode: decodePasswordModifyResponse,
  },
  { name: "cancel", values: int, encode: encodeCancelRequest, decode: decodeCancelRequest },
];

describe.each(codecs)("$name", ({ values, encode, decode }) => {
  test("a value comes back from its encoding as it was", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value as never))).toEqual(value);
      }),
    );
  });

  test("changed octets decode or throw the one typed error", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 }), (value, at, octet, more) => {
        const bytes = new Uint8Array([...encode(value as never), ...new Uint8Array(more)]);
        if (bytes.length > 0) bytes[at % bytes.length] = octet;
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof LdapDecodeError)) throw error;
        }
      }),
    );
  });
});
