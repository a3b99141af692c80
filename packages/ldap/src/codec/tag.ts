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

/** Identifier octet of a primitive context-specific element, for example `[1]` of an OCTET STRING. */
export function contextTag(number: number): number {
  return 0x80 | number;
}

/** Identifier octet of a constructed context-specific element, for example `[0]` of a SEQUENCE. */
export function constructedTag(number: number): number {
  return 0xa0 | number;
}
