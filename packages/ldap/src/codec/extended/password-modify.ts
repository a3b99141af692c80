import { optionalOctets } from "../decode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const userIdentityTag = 0x80;
const oldPasswdTag = 0x81;
const newPasswdTag = 0x82;
const genPasswdTag = 0x80;

/** Value of a password modify request; every member may be missing, and the value too (RFC 3062 §2). */
export interface PasswordModifyRequest {
  /** A name or anything else that the server takes for one; absent means whoever is bound. */
  readonly userIdentity?: Uint8Array;
  readonly oldPasswd?: Uint8Array;
  /** Absent when the server shall make one up. */
  readonly newPasswd?: Uint8Array;
}

/** Value of a password modify response (RFC 3062 §2). */
export interface PasswordModifyResponse {
  /** The password that the server made up. */
  readonly genPasswd?: Uint8Array;
}

/**
 * @param value the requestValue; `undefined` when it was absent.
 * @throws LdapDecodeError when the value is malformed.
 */
export function decodePasswordModifyRequest(value: Uint8Array | undefined): PasswordModifyRequest {
  if (value === undefined) return {};
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const userIdentity = optionalOctets(reader, userIdentityTag);
    const oldPasswd = optionalOctets(reader, oldPasswdTag);
    const newPasswd = optionalOctets(reader, newPasswdTag);
    reader.closeSequence(outer, 2);
    return {
      ...(userIdentity !== undefined && { userIdentity }),
      ...(oldPasswd !== undefined && { oldPasswd }),
      ...(newPasswd !== undefined && { newPasswd }),
    };
  });
}

export function encodePasswordModifyRequest(request: PasswordModifyRequest): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    if (request.userIdentity !== undefined) writer.octets(request.userIdentity, userIdentityTag);
    if (request.oldPasswd !== undefined) writer.octets(request.oldPasswd, oldPasswdTag);
    if (request.newPasswd !== undefined) writer.octets(request.newPasswd, newPasswdTag);
    writer.end(mark);
  });
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodePasswordModifyResponse(value: Uint8Array): PasswordModifyResponse {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const genPasswd = optionalOctets(reader, genPasswdTag);
    reader.closeSequence(outer, 0);
    return { ...(genPasswd !== undefined && { genPasswd }) };
  });
}

export function encodePasswordModifyResponse(response: PasswordModifyResponse): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    if (response.genPasswd !== undefined) writer.octets(response.genPasswd, genPasswdTag);
    writer.end(mark);
  });
}
