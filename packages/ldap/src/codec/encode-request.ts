import type { BerWriter } from "./ber-writer.ts";
import { writeAttribute, writeAttributes, writeMessageId } from "./encode-components.ts";
import { encodeFilter } from "./filter-codec.ts";
import {
  type BindRequest,
  derefAliasesPolicies,
  type ModifyRequest,
  modifyOperations,
  type RequestOp,
  type SearchRequest,
  searchScopes,
} from "./message.ts";
import { BerTag, ComponentTag, OperationTag } from "./tag.ts";

/** Writes the protocolOp of a request. @throws RangeError for what has no encoding. */
export function encodeRequest(writer: BerWriter, op: RequestOp): void {
  switch (op.type) {
    case "unbindRequest":
      writer.empty(OperationTag.unbindRequest);
      return;
    case "delRequest":
      writer.string(op.entry, OperationTag.delRequest);
      return;
    case "abandonRequest":
      writeMessageId(writer, op.abandonId, OperationTag.abandonRequest);
      return;
  }
  const mark = writer.begin(OperationTag[op.type]);
  switch (op.type) {
    case "bindRequest":
      writeBind(writer, op);
      break;
    case "searchRequest":
      writeSearch(writer, op);
      break;
    case "modifyRequest":
      writeModify(writer, op);
      break;
    case "addRequest":
      writer.string(op.entry);
      writeAttributes(writer, op.attributes);
      break;
    case "modDNRequest":
      writer.string(op.entry);
      writer.string(op.newrdn);
      writer.boolean(op.deleteoldrdn);
      if (op.newSuperior !== undefined) writer.string(op.newSuperior, ComponentTag.newSuperior);
      break;
    case "compareRequest": {
      writer.string(op.entry);
      const ava = writer.begin(BerTag.sequence);
      writer.string(op.attribute);
      writer.octets(op.value);
      writer.end(ava);
      break;
    }
    case "extendedReq":
      writer.string(op.requestName, ComponentTag.requestName);
      if (op.requestValue !== undefined) writer.octets(op.requestValue, ComponentTag.requestValue);
      break;
  }
  writer.end(mark);
}

function writeBind(writer: BerWriter, op: BindRequest): void {
  writer.integer(op.version);
  writer.string(op.name);
  const choice = op.authentication;
  if (choice.type === "simple") {
    writer.octets(choice.password, ComponentTag.simple);
  } else if (choice.type === "sasl") {
    const sasl = writer.begin(ComponentTag.sasl);
    writer.string(choice.mechanism);
    if (choice.credentials !== undefined) writer.octets(choice.credentials);
    writer.end(sasl);
  } else {
    writer.octets(choice.value, choice.tag);
  }
}

function writeSearch(writer: BerWriter, op: SearchRequest): void {
  writer.string(op.baseObject);
  writer.enumerated(searchScopes.indexOf(op.scope));
  writer.enumerated(derefAliasesPolicies.indexOf(op.derefAliases));
  writer.integer(op.sizeLimit);
  writer.integer(op.timeLimit);
  writer.boolean(op.typesOnly);
  encodeFilter(writer, op.filter);
  const selection = writer.begin(BerTag.sequence);
  for (const name of op.attributes) writer.string(name);
  writer.end(selection);
}

function writeModify(writer: BerWriter, op: ModifyRequest): void {
  writer.string(op.object);
  const list = writer.begin(BerTag.sequence);
  for (const change of op.changes) {
    const mark = writer.begin(BerTag.sequence);
    writer.enumerated(modifyOperations.indexOf(change.operation));
    writeAttribute(writer, change.modification);
    writer.end(mark);
  }
  writer.end(list);
}
