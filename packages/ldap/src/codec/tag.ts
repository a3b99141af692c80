/** Identifier octets of the universal types that LDAP uses (X.690 §8.1.2). */
export const BerTag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octets of the protocolOp CHOICE (RFC 4511 §4.2 to §4.13), by the names of its alternatives. */
export const OperationTag = {
  bindRequest: 0x60,
  bindResponse: 0x61,
  unbindRequest: 0x42,
  searchRequest: 0x63,
  searchResEntry: 0x64,
  searchResDone: 0x65,
  searchResRef: 0x73,
  modifyRequest: 0x66,
  modifyResponse: 0x67,
  addRequest: 0x68,
  addResponse: 0x69,
  delRequest: 0x4a,
  delResponse: 0x6b,
  modDNRequest: 0x6c,
  modDNResponse: 0x6d,
  compareRequest: 0x6e,
  compareResponse: 0x6f,
  abandonRequest: 0x50,
  extendedReq: 0x77,
  extendedResp: 0x78,
  intermediateResponse: 0x79,
} as const;

/** The name of an alternative of protocolOp: the `type` of every `ProtocolOp`. */
export type OperationName = keyof typeof OperationTag;

/** Identifier octets of the context-specific components of operations, by their names in RFC 4511. */
export const ComponentTag = {
  /** LDAPMessage. */
  controls: 0xa0,
  /** LDAPResult. */
  referral: 0xa3,
  /** BindRequest, AuthenticationChoice. */
  simple: 0x80,
  /** BindRequest, AuthenticationChoice. */
  sasl: 0xa3,
  /** BindResponse. */
  serverSaslCreds: 0x87,
  /** ModifyDNRequest. */
  newSuperior: 0x80,
  /** ExtendedRequest. */
  requestName: 0x80,
  /** ExtendedRequest. */
  requestValue: 0x81,
  /** ExtendedResponse. */
  extendedName: 0x8a,
  /** ExtendedResponse. */
  extendedValue: 0x8b,
  /** IntermediateResponse. */
  intermediateName: 0x80,
  /** IntermediateResponse. */
  intermediateValue: 0x81,
} as const;
