import { BerReader } from "./ber-reader.ts";
import { readControls } from "./decode-components.ts";
import {
  readAddRequest,
  readBindRequest,
  readCompareRequest,
  readExtendedRequest,
  readModifyDNRequest,
  readModifyRequest,
  readSearchRequest,
} from "./decode-request.ts";
import {
  readBindResponse,
  readExtendedResponse,
  readIntermediateResponse,
  readPlainResponse,
  readSearchResultEntry,
  readSearchResultReference,
} from "./decode-response.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { type DecodeLimits, type ResolvedDecodeLimits, resolveDecodeLimits } from "./limits.ts";
import type { LdapMessage, ProtocolOp } from "./message.ts";
import { BerTag, ComponentTag, OperationTag } from "./tag.ts";

/**
 * Decodes one LDAPMessage (RFC 4511 §4), of either direction.
 *
 * Octet values are views of `frame`: copy those that outlive it, for a view keeps the whole chunk in memory.
 * Whether a request makes sense (version, messageID 0, DN syntax) is for the server to judge.
 *
 * @param frame exactly one message, as `LdapFramer` gives it.
 * @param limits bounds on what the message may hold; see `DecodeLimits`.
 * @throws LdapDecodeError and nothing else for any octets. It carries `messageId` and `opTag` as soon as they
 *   could be read; the code is `unknown-operation` when the protocolOp is not one of RFC 4511.
 * @throws RangeError when `limits` are unusable.
 */
export function decodeMessage(frame: Uint8Array, limits?: DecodeLimits): LdapMessage {
  const resolved = resolveDecodeLimits(limits);
  const reader = new BerReader(frame);
  let messageId: number | undefined;
  let opTag: number | undefined;
  try {
    const whole = reader.open(BerTag.sequence);
    messageId = reader.integer();
    const tag = reader.peekTag();
    if (tag >= 0) opTag = tag;
    const protocolOp = readOperation(reader, tag, resolved);
    const controls =
      reader.peekTag() === ComponentTag.controls
        ? readControls(reader, ComponentTag.controls, resolved)
        : undefined;
    reader.closeSequence(whole, 0);
    if (reader.hasMore) throw reader.error("trailing-data", "octets behind the message");
    return controls === undefined ? { messageId, protocolOp } : { messageId, protocolOp, controls };
  } catch (error) {
    if (error instanceof LdapDecodeError && messageId !== undefined) {
      throw new LdapDecodeError(error.code, error.message, { offset: error.offset, messageId, opTag });
    }
    throw error;
  }
}

function readOperation(reader: BerReader, tag: number, limits: ResolvedDecodeLimits): ProtocolOp {
  switch (tag) {
    case OperationTag.searchRequest:
      return readSearchRequest(reader, limits);
    case OperationTag.bindRequest:
      return readBindRequest(reader);
    case OperationTag.unbindRequest:
      if (reader.header(tag) !== 0) throw reader.error("bad-length", "NULL with content");
      return { type: "unbindRequest" };
    case OperationTag.modifyRequest:
      return readModifyRequest(reader, limits);
    case OperationTag.addRequest:
      return readAddRequest(reader, limits);
    case OperationTag.delRequest:
      return { type: "delRequest", entry: reader.string(tag) };
    case OperationTag.modDNRequest:
      return readModifyDNRequest(reader);
    case OperationTag.compareRequest:
      return readCompareRequest(reader);
    case OperationTag.abandonRequest:
      return { type: "abandonRequest", abandonId: reader.integer(tag) };
    case OperationTag.extendedReq:
      return readExtendedRequest(reader);
    case OperationTag.searchResEntry:
      return readSearchResultEntry(reader, limits);
    case OperationTag.searchResRef:
      return readSearchResultReference(reader, limits);
    case OperationTag.searchResDone:
      return readPlainResponse(reader, "searchResDone", tag, limits);
    case OperationTag.bindResponse:
      return readBindResponse(reader, limits);
    case OperationTag.modifyResponse:
      return readPlainResponse(reader, "modifyResponse", tag, limits);
    case OperationTag.addResponse:
      return readPlainResponse(reader, "addResponse", tag, limits);
    case OperationTag.delResponse:
      return readPlainResponse(reader, "delResponse", tag, limits);
    case OperationTag.modDNResponse:
      return readPlainResponse(reader, "modDNResponse", tag, limits);
    case OperationTag.compareResponse:
      return readPlainResponse(reader, "compareResponse", tag, limits);
    case OperationTag.extendedResp:
      return readExtendedResponse(reader, limits);
    case OperationTag.intermediateResponse:
      return readIntermediateResponse(reader);
    case -1:
      throw reader.error("truncated", "protocolOp missing");
    default:
      throw reader.error("unknown-operation", "protocolOp of no known type");
  }
}
