import type { Filter } from "./filter.ts";

/** A control (RFC 4511 §4.1.11). */
export interface Control {
  readonly oid: string;
  /** FALSE by default on the wire. */
  readonly critical: boolean;
  readonly value?: Uint8Array;
}

/** The envelope of every operation (RFC 4511 §4.1.1). */
export interface LdapMessage {
  /** 1 to 2^31-1; 0 only in unsolicited notifications of a server. */
  readonly messageId: number;
  readonly protocolOp: ProtocolOp;
  /** Absent when none were sent. */
  readonly controls?: readonly Control[];
}

/** What most responses carry (RFC 4511 §4.1.9). */
export interface LdapResult {
  /** One of `LdapResultCode`, or a number that this package does not know: the enumeration is open. */
  readonly resultCode: number;
  readonly matchedDN: string;
  readonly diagnosticMessage: string;
  /** URIs; at least one when present. */
  readonly referral?: readonly string[];
}

/** An attribute description with values; none in an entry when only types were asked for. */
export interface PartialAttribute {
  readonly type: string;
  readonly vals: readonly Uint8Array[];
}

/** Simple authentication (RFC 4511 §4.2); an empty password with a name must not count as a login. */
export interface SimpleAuthentication {
  readonly type: "simple";
  readonly password: Uint8Array;
}

/** SASL authentication. Absent credentials are not the same as empty ones (RFC 4513 §5.2.1.1). */
export interface SaslAuthentication {
  readonly type: "sasl";
  readonly mechanism: string;
  readonly credentials?: Uint8Array;
}

/** A choice outside RFC 4511, to be answered by authMethodNotSupported (§4.2). */
export interface OtherAuthentication {
  readonly type: "other";
  /** Identifier octet. */
  readonly tag: number;
  readonly value: Uint8Array;
}

export interface BindRequest {
  readonly type: "bindRequest";
  /** 1 to 127; anything but 3 is to be refused. */
  readonly version: number;
  readonly name: string;
  readonly authentication: SimpleAuthentication | SaslAuthentication | OtherAuthentication;
}

export interface BindResponse extends LdapResult {
  readonly type: "bindResponse";
  readonly serverSaslCreds?: Uint8Array;
}

export interface UnbindRequest {
  readonly type: "unbindRequest";
}

/** How far below the base object a search reaches, in the order of the wire values. */
export const searchScopes = ["baseObject", "singleLevel", "wholeSubtree"] as const;
export type SearchScope = (typeof searchScopes)[number];

/** When aliases are followed, in the order of the wire values. */
export const derefAliasesPolicies = [
  "neverDerefAliases",
  "derefInSearching",
  "derefFindingBaseObj",
  "derefAlways",
] as const;
export type DerefAliases = (typeof derefAliasesPolicies)[number];

export interface SearchRequest {
  readonly type: "searchRequest";
  readonly baseObject: string;
  readonly scope: SearchScope;
  readonly derefAliases: DerefAliases;
  /** Entries; 0 is no limit of the client's. */
  readonly sizeLimit: number;
  /** Seconds; 0 is no limit of the client's. */
  readonly timeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: Filter;
  /** Attribute descriptions, `*`, `+` or `1.1`; none at all means all user attributes. */
  readonly attributes: readonly string[];
}

export interface SearchResultEntry {
  readonly type: "searchResEntry";
  readonly objectName: string;
  readonly attributes: readonly PartialAttribute[];
}

export interface SearchResultReference {
  readonly type: "searchResRef";
  /** At least one. */
  readonly uris: readonly string[];
}

export interface SearchResultDone extends LdapResult {
  readonly type: "searchResDone";
}

/** Kinds of modification, in the order of the wire values; increment comes from RFC 4525. */
export const modifyOperations = ["add", "delete", "replace", "increment"] as const;
export type ModifyOperation = (typeof modifyOperations)[number];

export interface Modification {
  readonly operation: ModifyOperation;
  readonly modification: PartialAttribute;
}

export interface ModifyRequest {
  readonly type: "modifyRequest";
  readonly object: string;
  readonly changes: readonly Modification[];
}

export interface ModifyResponse extends LdapResult {
  readonly type: "modifyResponse";
}

export interface AddRequest {
  readonly type: "addRequest";
  readonly entry: string;
  /** Every attribute has at least one value. */
  readonly attributes: readonly PartialAttribute[];
}

export interface AddResponse extends LdapResult {
  readonly type: "addResponse";
}

export interface DelRequest {
  readonly type: "delRequest";
  readonly entry: string;
}

export interface DelResponse extends LdapResult {
  readonly type: "delResponse";
}

export interface ModifyDNRequest {
  readonly type: "modDNRequest";
  readonly entry: string;
  readonly newrdn: string;
  readonly deleteoldrdn: boolean;
  readonly newSuperior?: string;
}

export interface ModifyDNResponse extends LdapResult {
  readonly type: "modDNResponse";
}

export interface CompareRequest {
  readonly type: "compareRequest";
  readonly entry: string;
  /** attributeDesc of the assertion. */
  readonly attribute: string;
  /** assertionValue of the assertion. */
  readonly value: Uint8Array;
}

export interface CompareResponse extends LdapResult {
  readonly type: "compareResponse";
}

export interface AbandonRequest {
  readonly type: "abandonRequest";
  /** messageID of the operation to give up. */
  readonly abandonId: number;
}

export interface ExtendedRequest {
  readonly type: "extendedReq";
  readonly requestName: string;
  readonly requestValue?: Uint8Array;
}

export interface ExtendedResponse extends LdapResult {
  readonly type: "extendedResp";
  readonly responseName?: string;
  readonly responseValue?: Uint8Array;
}

export interface IntermediateResponse {
  readonly type: "intermediateResponse";
  readonly responseName?: string;
  readonly responseValue?: Uint8Array;
}

/** What a client may send. */
export type RequestOp =
  | BindRequest
  | UnbindRequest
  | SearchRequest
  | ModifyRequest
  | AddRequest
  | DelRequest
  | ModifyDNRequest
  | CompareRequest
  | AbandonRequest
  | ExtendedRequest;

/** What a server may send. */
export type ResponseOp =
  | BindResponse
  | SearchResultEntry
  | SearchResultReference
  | SearchResultDone
  | ModifyResponse
  | AddResponse
  | DelResponse
  | ModifyDNResponse
  | CompareResponse
  | ExtendedResponse
  | IntermediateResponse;

/** The protocolOp CHOICE; `type` is the name of the alternative in RFC 4511 §4.1.1. */
export type ProtocolOp = RequestOp | ResponseOp;
