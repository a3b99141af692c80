import {
  ExtendedOid,
  LdapResultCode,
  OperationTag,
  type RequestOp,
  type ResponseOp,
} from "../codec/index.ts";
import type { Outcome } from "../handlers/session.ts";

/** The response that belongs to a request, or `undefined` where there is none. */
export function responseTo(op: RequestOp, outcome: Outcome): ResponseOp | undefined {
  const result = {
    resultCode: outcome.resultCode,
    matchedDN: outcome.matchedDN ?? "",
    diagnosticMessage: outcome.diagnosticMessage ?? "",
  };
  switch (op.type) {
    case "bindRequest":
      return {
        type: "bindResponse",
        ...result,
        ...(outcome.serverSaslCreds === undefined ? {} : { serverSaslCreds: outcome.serverSaslCreds }),
      };
    case "searchRequest":
      return { type: "searchResDone", ...result };
    case "compareRequest":
      return { type: "compareResponse", ...result };
    case "modifyRequest":
      return { type: "modifyResponse", ...result };
    case "addRequest":
      return { type: "addResponse", ...result };
    case "delRequest":
      return { type: "delResponse", ...result };
    case "modDNRequest":
      return { type: "modDNResponse", ...result };
    case "extendedReq":
      return {
        type: "extendedResp",
        ...result,
        // RFC 4511 §4.14.2 names StartTLS in its response; clients of RFC 2830 insist on it.
        ...(op.requestName === ExtendedOid.startTls ? { responseName: op.requestName } : {}),
        ...(outcome.responseValue === undefined ? {} : { responseValue: outcome.responseValue }),
      };
    case "unbindRequest":
    case "abandonRequest":
      return undefined;
  }
}

/**
 * The response that refuses a request of which only the kind is known, or `undefined` where there is none. A bind is
 * not among them: what it carries decides who the connection belongs to, so one that is wrong ends it.
 */
export function refusalOf(opTag: number, diagnosticMessage: string): ResponseOp | undefined {
  const result = { resultCode: LdapResultCode.protocolError, matchedDN: "", diagnosticMessage };
  switch (opTag) {
    case OperationTag.searchRequest:
      return { type: "searchResDone", ...result };
    case OperationTag.compareRequest:
      return { type: "compareResponse", ...result };
    case OperationTag.modifyRequest:
      return { type: "modifyResponse", ...result };
    case OperationTag.addRequest:
      return { type: "addResponse", ...result };
    case OperationTag.delRequest:
      return { type: "delResponse", ...result };
    case OperationTag.modDNRequest:
      return { type: "modDNResponse", ...result };
    case OperationTag.extendedReq:
      return { type: "extendedResp", ...result };
    default:
      return undefined;
  }
}
