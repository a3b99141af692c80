import type { Buffer } from "node:buffer";
import { BerReader } from "./ber-reader.ts";
import { BerWriter, headerLength, integerOctets } from "./ber-writer.ts";
import { writeAttribute, writeAttributes } from "./encode-components.ts";
import { encodeOperation, writeControls } from "./encode-message.ts";
import type { Control, PartialAttribute, ProtocolOp } from "./message.ts";
import { BerTag, OperationTag } from "./tag.ts";

const none = new Uint8Array(0);

// Nothing here waits, so one writer serves every call and small encodings allocate nothing but their copy.
const scratch = new BerWriter(4096);

/** Copies exactly what was written, so that a cache holds no spare capacity. */
function copyOf(writer: BerWriter): Uint8Array {
  const copy = new Uint8Array(writer.finish());
  writer.reset(65_536);
  return copy;
}

/** Encodes a protocolOp to be kept and sent under any messageID by `writeEncodedOperation`. */
export function encodeOperationBytes(op: ProtocolOp): Uint8Array {
  const writer = scratch;
  writer.reset();
  encodeOperation(writer, op);
  return copyOf(writer);
}

/** Encodes a SearchResultEntry's protocolOp to be kept and sent by `writeEncodedOperation`. */
export function encodeSearchEntry(objectName: string, attributes: readonly PartialAttribute[]): Uint8Array {
  const writer = scratch;
  writer.reset();
  const op = writer.begin(OperationTag.searchResEntry);
  writer.string(objectName);
  writeAttributes(writer, attributes);
  writer.end(op);
  return copyOf(writer);
}

/** Encodes one PartialAttribute to be kept and put together with others by `writeSearchEntry`. */
export function encodePartialAttribute(type: string, vals: readonly Uint8Array[]): Uint8Array {
  const writer = scratch;
  writer.reset();
  writeAttribute(writer, { type, vals });
  return copyOf(writer);
}

/** The same for values that are text, which are written as UTF-8. */
export function encodeTextAttribute(type: string, values: readonly string[]): Uint8Array {
  const writer = scratch;
  writer.reset();
  const attribute = writer.begin(BerTag.sequence);
  writer.string(type);
  const set = writer.begin(BerTag.set);
  for (const value of values) writer.string(value);
  writer.end(set);
  writer.end(attribute);
  return copyOf(writer);
}

/** Gives an encoded PartialAttribute another attribute description. */
export function renamePartialAttribute(encoded: Uint8Array, type: string): Uint8Array {
  const reader = new BerReader(encoded);
  reader.open(BerTag.sequence);
  reader.skip();
  const writer = scratch;
  writer.reset();
  const attribute = writer.begin(BerTag.sequence);
  writer.string(type);
  writer.raw(encoded.subarray(reader.offset));
  writer.end(attribute);
  return copyOf(writer);
}

/** Encodes an LDAPDN to be kept as the `objectName` of `writeSearchEntry`. */
export function encodeObjectName(objectName: string): Uint8Array {
  const writer = scratch;
  writer.reset();
  writer.string(objectName);
  return copyOf(writer);
}

/** Encodes Controls, tag included, to be kept and sent by the functions below. */
export function encodeControls(controls: readonly Control[]): Uint8Array {
  const writer = scratch;
  writer.reset();
  writeControls(writer, controls);
  return copyOf(writer);
}

/**
 * Puts a SearchResultEntry's protocolOp together from parts that are encoded already, to be kept and sent by
 * `writeEncodedOperation`.
 *
 * @param objectName what `encodeObjectName` gave.
 * @param attributes what `encodePartialAttribute` gave, in the order to send.
 */
export function joinSearchEntry(objectName: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  let listLength = 0;
  for (const attribute of attributes) listLength += attribute.length;
  const opLength = objectName.length + headerLength(listLength) + listLength;
  const writer = scratch;
  writer.reset();
  writer.header(OperationTag.searchResEntry, opLength);
  writer.raw(objectName);
  writer.header(BerTag.sequence, listLength);
  for (const attribute of attributes) writer.raw(attribute);
  return copyOf(writer);
}

/**
 * Appends a message whose protocolOp is encoded already: two headers and one copy.
 *
 * @param op what `encodeSearchEntry` or `encodeOperationBytes` gave.
 * @param controls what `encodeControls` gave; default none.
 * @throws RangeError when `messageId` is not within 0 to 2^31-1.
 */
export function writeEncodedOperation(
  writer: BerWriter,
  messageId: number,
  op: Uint8Array,
  controls: Uint8Array = none,
): void {
  writeEnvelope(writer, messageId, op.length + controls.length);
  writer.raw(op);
  if (controls.length > 0) writer.raw(controls);
}

/**
 * Appends a message for each protocolOp of a store where they lie encoded one behind another.
 *
 * @throws RangeError when `messageId` is not within 0 to 2^31-1.
 */
export function writeEncodedOperations(
  writer: BerWriter,
  messageId: number,
  ops: Buffer,
  start: number,
  end: number,
): void {
  for (let at = start; at < end; ) {
    // They are our own, in the shortest form.
    let length = ops[at + 1] as number;
    let content = at + 2;
    if (length >= 0x80) {
      const behind = content + length - 0x80;
      for (length = 0; content < behind; content += 1) length = length * 256 + (ops[content] as number);
    }
    const next = content + length;
    writeEnvelope(writer, messageId, next - at);
    writer.rawPart(ops, at, next);
    at = next;
  }
}

/**
 * Appends a SearchResultEntry made of attributes that are encoded already, so that one cached attribute
 * serves every selection that holds it. Lengths are summed first: no octet moves.
 *
 * @param objectName what `encodeObjectName` gave.
 * @param attributes what `encodePartialAttribute` gave, in the order to send.
 * @param controls what `encodeControls` gave; default none.
 * @throws RangeError when `messageId` is not within 0 to 2^31-1.
 */
export function writeSearchEntry(
  writer: BerWriter,
  messageId: number,
  objectName: Uint8Array,
  attributes: readonly Uint8Array[],
  controls: Uint8Array = none,
): void {
  let listLength = 0;
  for (const attribute of attributes) listLength += attribute.length;
  const opLength = objectName.length + headerLength(listLength) + listLength;
  writeEnvelope(writer, messageId, headerLength(opLength) + opLength + controls.length);
  writer.header(OperationTag.searchResEntry, opLength);
  writer.raw(objectName);
  writer.header(BerTag.sequence, listLength);
  for (const attribute of attributes) writer.raw(attribute);
  if (controls.length > 0) writer.raw(controls);
}

/** Writes header and messageID of a message with `restLength` octets behind them. */
function writeEnvelope(writer: BerWriter, messageId: number, restLength: number): void {
  if ((messageId | 0) !== messageId || messageId < 0) throw new RangeError("messageID out of range");
  writer.header(BerTag.sequence, 2 + integerOctets(messageId) + restLength);
  writer.integer(messageId);
}
