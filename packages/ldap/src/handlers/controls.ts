import {
  type AuthzId,
  type Control,
  ControlOid,
  type DereferenceSpec,
  decodeAssertion,
  decodeAuthzId,
  decodeDereferenceRequest,
  decodePagedResults,
  decodePersistentSearch,
  decodeReadEntryRequest,
  decodeSortRequest,
  decodeSubentries,
  decodeSyncRequest,
  decodeVirtualListViewRequest,
  ExtendedOid,
  type Filter,
  isLdapDecodeError,
  LdapResultCode,
  type PagedResultsValue,
  type PersistentSearchRequest,
  type RequestOp,
  type SortKey,
  type SyncRequest,
  type VirtualListViewRequest,
} from "../codec/index.ts";
import type { Outcome } from "./session.ts";

/** A control of a request, read. */
export interface ReadControl<T> {
  /** Whether the operation must not be done without it. */
  readonly critical: boolean;
  /** What it says. */
  readonly value: T;
}

/** The controls of a request that are understood and go with its operation, by the names of their specifications. */
export interface RequestControls {
  /** RFC 4370: on whose behalf to act. */
  readonly proxiedAuthorization?: ReadControl<AuthzId>;
  /** draft-behera-ldap-password-policy-10: whoever sends it wants to be told of the state of the password. */
  readonly passwordPolicy?: ReadControl<undefined>;
  /** RFC 2696: a page of the answer. */
  readonly pagedResults?: ReadControl<PagedResultsValue>;
  /** RFC 2891: the keys to sort by, first criterion first; none when there are too many. */
  readonly sort?: ReadControl<readonly SortKey[]>;
  /** draft-ietf-ldapext-ldapv3-vlv-09: part of a sorted list. */
  readonly virtualListView?: ReadControl<VirtualListViewRequest>;
  /** RFC 4533: to be told what has changed, and what changes. */
  readonly syncRequest?: ReadControl<SyncRequest>;
  /** draft-masarati-ldap-deref-00: attributes to return of the entries that an entry names. */
  readonly dereference?: ReadControl<readonly DereferenceSpec[]>;
  /** RFC 3672: whether subentries are visible and other entries are not, or the other way round. */
  readonly subentries?: ReadControl<boolean>;
  /** draft-ietf-ldapext-psearch-03: to be told what changes. */
  readonly persistentSearch?: ReadControl<PersistentSearchRequest>;
  /** RFC 4528: what must be true of the target. */
  readonly assertion?: ReadControl<Filter>;
  /** RFC 4527: attributes of the entry to show as they were before the change. */
  readonly preRead?: ReadControl<readonly string[]>;
  /** RFC 4527: attributes of the entry to show as they are after it. */
  readonly postRead?: ReadControl<readonly string[]>;
  /** RFC 3296: there are no referral entries here, so treating them as ordinary entries changes nothing. */
  readonly manageDsaIT?: ReadControl<undefined>;
  /** Active Directory: answer without referrals, as is always done here. */
  readonly domainScope?: ReadControl<undefined>;
}

type Name = keyof RequestControls;
type Value<N extends Name> = NonNullable<RequestControls[N]>["value"];

/** How one control is read, and the operations it goes with. */
interface Definition<T> {
  readonly oid: string;
  readonly operations: readonly RequestOp["type"][];
  /** @throws LdapDecodeError when the value is malformed */
  read(value: Uint8Array | undefined): T;
}

const updates = ["addRequest", "modifyRequest", "delRequest", "modDNRequest"] as const;
/**
 * Extended operations that controls go with: those done in somebody's name. StartTLS is about the connection, and RFC 4370
 * §3 excepts it by name from what may be done in that of another; a cancel looks at nothing but the messageID.
 */
const extended: readonly string[] = [ExtendedOid.whoAmI, ExtendedOid.passwordModify];
const nothing = (): undefined => undefined;
const none = new Uint8Array(0);

/** More keys than are taken are no fault of form: then there are none. */
function readSortKeys(value: Uint8Array): readonly SortKey[] {
  try {
    return decodeSortRequest(value);
  } catch (error) {
    if (isLdapDecodeError(error) && error.code === "too-many") return [];
    throw error;
  }
}

const definitions: { readonly [N in Name]-?: Definition<Value<N>> } = {
  manageDsaIT: {
    oid: ControlOid.manageDsaIT,
    operations: ["searchRequest", "compareRequest", ...updates],
    read: nothing,
  },
  proxiedAuthorization: {
    oid: ControlOid.proxiedAuthorization,
    operations: ["searchRequest", "compareRequest", "extendedReq", ...updates],
    read: (value = none) => decodeAuthzId(value),
  },
  passwordPolicy: {
    oid: ControlOid.passwordPolicy,
    operations: ["bindRequest", "searchRequest", "compareRequest", "extendedReq", ...updates],
    read: nothing,
  },
  pagedResults: {
    oid: ControlOid.pagedResults,
    operations: ["searchRequest"],
    read: (value = none) => decodePagedResults(value),
  },
  sort: {
    oid: ControlOid.sortRequest,
    operations: ["searchRequest"],
    read: (value = none) => readSortKeys(value),
  },
  virtualListView: {
    oid: ControlOid.virtualListViewRequest,
    operations: ["searchRequest"],
    read: (value = none) => decodeVirtualListViewRequest(value),
  },
  syncRequest: {
    oid: ControlOid.syncRequest,
    operations: ["searchRequest"],
    read: (value = new Uint8Array(0)) => decodeSyncRequest(value),
  },
  dereference: {
    oid: ControlOid.dereference,
    operations: ["searchRequest"],
    read: (value = none) => decodeDereferenceRequest(value),
  },
  subentries: {
    oid: ControlOid.subentries,
    operations: ["searchRequest"],
    read: (value = none) => decodeSubentries(value),
  },
  persistentSearch: {
    oid: ControlOid.persistentSearch,
    operations: ["searchRequest"],
    read: (value = new Uint8Array(0)) => decodePersistentSearch(value),
  },
  assertion: {
    oid: ControlOid.assertion,
    operations: ["searchRequest", "compareRequest", ...updates],
    read: (value = none) => decodeAssertion(value),
  },
  preRead: {
    oid: ControlOid.preRead,
    operations: ["modifyRequest", "delRequest", "modDNRequest"],
    read: (value = none) => decodeReadEntryRequest(value),
  },
  postRead: {
    oid: ControlOid.postRead,
    operations: ["addRequest", "modifyRequest", "modDNRequest"],
    read: (value = none) => decodeReadEntryRequest(value),
  },
  domainScope: { oid: ControlOid.domainScope, operations: ["searchRequest"], read: nothing },
};

const byOid: ReadonlyMap<string, Name> = new Map(
  Object.entries(definitions).map(([name, { oid }]) => [oid, name as Name]),
);

/** OIDs of the controls that are understood, for the root DSE. */
export const supportedControls: readonly string[] = [...byOid.keys()];

const noControls: RequestControls = {};

/**
 * Reads the controls of a request (RFC 4511 §4.1.11). One that is not understood, or does not go with the operation, is
 * passed over, or refuses the request where it is critical. None goes with an abandon, and none keeps an unbind from
 * being done.
 */
export function readControls(
  op: RequestOp,
  controls: readonly Control[] | undefined,
): { readonly controls: RequestControls } | { readonly refusal: Outcome } {
  if (controls === undefined || op.type === "unbindRequest") return { controls: noControls };
  const read: { -readonly [N in Name]?: ReadControl<unknown> } = {};
  for (const { oid, critical, value } of controls) {
    const name = byOid.get(oid);
    if (name === undefined || !goesWith(definitions[name], op)) {
      if (critical) return refusal(LdapResultCode.unavailableCriticalExtension, `control ${oid}`);
      continue;
    }
    if (read[name] !== undefined) return refusal(LdapResultCode.protocolError, `control ${oid} given twice`);
    try {
      read[name] = { critical, value: definitions[name].read(value) };
    } catch (error) {
      if (!isLdapDecodeError(error)) throw error;
      return refusal(LdapResultCode.protocolError, `control ${oid}: ${error.message}`);
    }
  }
  return { controls: read as RequestControls };
}

function goesWith({ operations }: Pick<Definition<unknown>, "operations">, op: RequestOp): boolean {
  return operations.includes(op.type) && (op.type !== "extendedReq" || extended.includes(op.requestName));
}

/** Controls that say how an answer is given that has an end, or whether it is at all. */
const ofAnswers = ["pagedResults", "sort", "virtualListView", "dereference", "assertion"] as const;

/**
 * Why a search that follows changes cannot be done: a control that does not go with it is critical, or it is to be done
 * in two ways at once. Others that do not go with it are passed over.
 */
export function refusalOfOthers(controls: RequestControls): Outcome | undefined {
  if (controls.syncRequest !== undefined && controls.persistentSearch?.critical === true)
    return refusal(LdapResultCode.unavailableCriticalExtension, "not with content synchronization").refusal;
  const critical = ofAnswers.find((name) => controls[name]?.critical === true);
  return critical === undefined
    ? undefined
    : refusal(LdapResultCode.unavailableCriticalExtension, `control ${definitions[critical].oid}`).refusal;
}

function refusal(resultCode: number, diagnosticMessage: string): { readonly refusal: Outcome } {
  return { refusal: { resultCode, diagnosticMessage } };
}
