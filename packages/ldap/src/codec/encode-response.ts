import type { BerWriter } from "./ber-writer.ts";
import { writeAttributes, writeResult } from "./encode-components.ts";
import type { ResponseOp } from "./message.ts";
import { OperationTag } from "./tag.ts";

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
      if (op.serverSaslCreds !== undefined) writer.octets(op.serverSaslCreds, 0x87);
      break;
    case "extendedResp":
      writeResult(writer, op);
      if (op.responseName !== undefined) writer.string(op.responseName, 0x8a);
      if (op.responseValue !== undefined) writer.octets(op.responseValue, 0x8b);
      break;
    case "intermediateResponse":
      if (op.responseName !== undefined) writer.string(op.responseName, 0x80);
      if (op.responseValue !== undefined) writer.octets(op.responseValue, 0x81);
      break;
    default:
      writeResult(writer, op);
  }
  writer.end(mark);
}
