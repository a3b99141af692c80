import type { BerWriter } from "./ber-writer.ts";
import { writeAttributes, writeResult } from "./encode-components.ts";
import type { ResponseOp } from "./message.ts";
import { ComponentTag, OperationTag } from "./tag.ts";

/** Writes the protocolOp of a response. @throws RangeError for what has no encoding. */
export function encodeResponse(writer: BerWriter, op: ResponseOp): void {
  const mark = writer.begin(OperationTag[op.type]);
  switch (op.type) {
    case "searchResEntry":
      writer.string(op.objectName);
      writeAttributes(writer, op.attributes);
      break;
    case "searchResRef":
      if (op.uris.length === 0) throw new RangeError("a search reference needs a URI");
      for (const uri of op.uris) writer.string(uri);
      break;
    case "bindResponse":
      writeResult(writer, op);
      if (op.serverSaslCreds !== undefined) writer.octets(op.serverSaslCreds, ComponentTag.serverSaslCreds);
      break;
    case "extendedResp":
      writeResult(writer, op);
      if (op.responseName !== undefined) writer.string(op.responseName, ComponentTag.extendedName);
      if (op.responseValue !== undefined) writer.octets(op.responseValue, ComponentTag.extendedValue);
      break;
    case "intermediateResponse":
      if (op.responseName !== undefined) writer.string(op.responseName, ComponentTag.intermediateName);
      if (op.responseValue !== undefined) writer.octets(op.responseValue, ComponentTag.intermediateValue);
      break;
    default:
      writeResult(writer, op);
  }
  writer.end(mark);
}
