export {
  type AttributeDescription,
  attributeDescriptionKey,
  formatAttributeDescription,
  isAttributeDescription,
  isNumericOid,
  isOid,
  parseAttributeDescription,
} from "./attribute-description.ts";
export { attributeTypeKey } from "./attribute-type-name.ts";
export { BerReader } from "./ber-reader.ts";
export { BerWriter } from "./ber-writer.ts";
export { decodeAssertion, encodeAssertion } from "./controls/assertion.ts";
export {
  decodeSyncDone,
  decodeSyncRequest,
  decodeSyncState,
  encodeSyncDone,
  encodeSyncRequest,
  encodeSyncState,
  type SyncDoneValue,
  type SyncMode,
  type SyncRequest,
  type SyncState,
  type SyncStateValue,
  syncStates,
} from "./controls/content-sync.ts";
export {
  type DereferenceResult,
  type DereferenceSpec,
  decodeDereferenceRequest,
  decodeDereferenceResponse,
  encodeDereferenceRequest,
  encodeDereferenceResponse,
} from "./controls/dereference.ts";
export { decodePagedResults, encodePagedResults, type PagedResultsValue } from "./controls/paged-results.ts";
export {
  decodePasswordPolicy,
  encodePasswordPolicy,
  type PasswordPolicyError,
  type PasswordPolicyResponse,
  passwordPolicyErrors,
} from "./controls/password-policy.ts";
export {
  decodeEntryChange,
  decodePersistentSearch,
  type EntryChangeNotification,
  encodeEntryChange,
  encodePersistentSearch,
  type PersistentSearchChange,
  type PersistentSearchRequest,
  persistentSearchChanges,
} from "./controls/persistent-search.ts";
export { type AuthzId, decodeAuthzId, encodeAuthzId } from "./controls/proxied-authorization.ts";
export {
  decodeReadEntryRequest,
  decodeReadEntryResponse,
  encodeReadEntryRequest,
  encodeReadEntryResponse,
  type ReadEntry,
} from "./controls/read-entry.ts";
export {
  decodeSortRequest,
  decodeSortResponse,
  encodeSortRequest,
  encodeSortResponse,
  type SortKey,
  type SortResult,
} from "./controls/server-side-sort.ts";
export { decodeSubentries, encodeSubentries } from "./controls/subentries.ts";
export { decodeSyncInfo, encodeSyncInfo, type SyncInfo } from "./controls/sync-info.ts";
export {
  decodeValuesReturnFilter,
  encodeValuesReturnFilter,
  type SimpleFilterItem,
} from "./controls/values-return-filter.ts";
export {
  decodeVirtualListViewRequest,
  decodeVirtualListViewResponse,
  encodeVirtualListViewRequest,
  encodeVirtualListViewResponse,
  type VirtualListViewRequest,
  type VirtualListViewResponse,
  type VirtualListViewTarget,
} from "./controls/virtual-list-view.ts";
export { decodeMessage } from "./decode-message.ts";
export {
  type AttributeTypeAndValue,
  type DistinguishedName,
  type DnLimits,
  escapeDnValue,
  formatDn,
  formatRdn,
  parentDn,
  parseDn,
  type RelativeDistinguishedName,
} from "./distinguished-name.ts";
export {
  dnEquals,
  dnKey,
  isDescendantDn,
  isDescendantKey,
  parentKey,
  rdnKey,
} from "./distinguished-name-key.ts";
export { encodeMessage, isRequest, isResponse, writeMessage } from "./encode-message.ts";
export {
  encodeControls,
  encodeObjectName,
  encodeOperationBytes,
  encodePartialAttribute,
  encodeSearchEntry,
  encodeTextAttribute,
  joinSearchEntry,
  renamePartialAttribute,
  writeEncodedOperation,
  writeEncodedOperations,
  writeSearchEntry,
} from "./encode-search-entry.ts";
export { decodeCancelRequest, encodeCancelRequest } from "./extended/cancel.ts";
export {
  decodePasswordModifyRequest,
  decodePasswordModifyResponse,
  encodePasswordModifyRequest,
  encodePasswordModifyResponse,
  type PasswordModifyRequest,
  type PasswordModifyResponse,
} from "./extended/password-modify.ts";
export type {
  AndFilter,
  ComparisonFilter,
  ExtensibleMatchFilter,
  Filter,
  NotFilter,
  OrFilter,
  PresentFilter,
  SubstringsFilter,
} from "./filter.ts";
export { type FilterTemplateValue, filter } from "./filter-template.ts";
export { formatFilter, parseFilter } from "./filter-text.ts";
export { escapeFilterValue } from "./filter-value.ts";
export {
  LdapFramer,
  type LdapFramerOptions,
  maxFrameBytesAfterBind,
  maxFrameBytesBeforeBind,
} from "./frame.ts";
export {
  isLdapDecodeError,
  LdapDecodeError,
  type LdapDecodeErrorCode,
  type LdapDecodeErrorPlace,
} from "./ldap-error.ts";
export { type DecodeLimits, defaultDecodeLimits, type ResolvedDecodeLimits } from "./limits.ts";
export {
  type AbandonRequest,
  type AddRequest,
  type AddResponse,
  type BindRequest,
  type BindResponse,
  type CompareRequest,
  type CompareResponse,
  type Control,
  type DelRequest,
  type DelResponse,
  type DerefAliases,
  derefAliasesPolicies,
  type ExtendedRequest,
  type ExtendedResponse,
  type IntermediateResponse,
  type LdapMessage,
  type LdapResult,
  type Modification,
  type ModifyDNRequest,
  type ModifyDNResponse,
  type ModifyOperation,
  type ModifyRequest,
  type ModifyResponse,
  modifyOperations,
  type OtherAuthentication,
  type PartialAttribute,
  type ProtocolOp,
  type RequestOp,
  type ResponseOp,
  type SaslAuthentication,
  type SearchRequest,
  type SearchResultDone,
  type SearchResultEntry,
  type SearchResultReference,
  type SearchScope,
  type SimpleAuthentication,
  searchScopes,
  type UnbindRequest,
} from "./message.ts";
export { ControlOid, ExtendedOid, FeatureOid } from "./oid.ts";
export { type PeekedMessage, peekMessage } from "./peek-message.ts";
export { LdapResultCode, type LdapResultCodeName, resultCodeName } from "./result-code.ts";
export { decodeSaslPlain, encodeSaslPlain, type SaslPlainMessage } from "./sasl-plain.ts";
export { SearchShape } from "./search-shape.ts";
export { isProhibited, prepareCaseIgnore } from "./string-preparation.ts";
export { BerTag, type OperationName, OperationTag } from "./tag.ts";
