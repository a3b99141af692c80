import { BerWriter } from "./ber-writer.ts";
import { writeMessageId } from "./encode-components.ts";
import { encodeRequest } from "./encode-request.ts";
import { encodeResponse } from "./encode-response.ts";
import type { Control, LdapMessage, ProtocolOp, RequestOp, ResponseOp } from "./message.ts";
import { BerTag, ComponentTag } from "./tag.ts";

/**
 * Encodes one LDAPMessage (RFC 4511 §4) into octets of its own.
 *
 * @throws RangeError for numbers out of range and values without an encoding: programmer's mistakes.
 */
export function encodeMessage(message: LdapMessage): Uint8Array {
  const writer = new BerWriter(512);
  writeMessage(writer, message);
  const bytes = writer.finish();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Appends one LDAPMessage to what `writer` holds; nothing of it stays when this throws.
 *
 * @throws RangeError as `encodeMessage`.
 */
export function writeMessage(writer: BerWriter, message: LdapMessage): void {
  const start = writer.length;
  try {
    const whole = writer.begin(BerTag.sequence);
    writeMessageId(writer, message.messageId);
    encodeOperation(writer, message.protocolOp);
    if (message.controls !== undefined) writeControls(writer, message.controls);
    writer.end(whole);
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
}

/** Writes the protocolOp alone, for keeping it encoded; see `writeEncodedOperation`. */
export function encodeOperation(writer: BerWriter, op: ProtocolOp): void {
  if (isRequest(op)) encodeRequest(writer, op);
  else encodeResponse(writer, op);
}

/** Writes Controls with their tag (RFC 4511 §4.1.11). */
export function writeControls(writer: BerWriter, controls: readonly Control[]): void {
  const list = writer.begin(ComponentTag.controls);
  for (const control of controls) {
    const mark = writer.begin(BerTag.sequence);
    writer.string(control.oid);
    // DEFAULT FALSE is left out (RFC 4511 §5.1).
    if (control.critical) writer.boolean(true);
    if (control.value !== undefined) writer.octets(control.value);
    writer.end(mark);
  }
  writer.end(list);
}

const requestTypes: Readonly<Record<RequestOp["type"], true>> = {
  bindRequest: true,
  unbindRequest: true,
  searchRequest: true,
  modifyRequest: true,
  addRequest: true,
  delRequest: true,
  modDNRequest: true,
  compareRequest: true,
  abandonRequest: true,
  extendedReq: true,
};

/** Whether an operation is one that clients send. */
export function isRequest(op: ProtocolOp): op is RequestOp {
  return Object.hasOwn(requestTypes, op.type);
}

/** Whether an operation is one that servers send. */
export function isResponse(op: ProtocolOp): op is ResponseOp {
  return !isRequest(op);
}
