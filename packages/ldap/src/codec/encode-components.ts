import type { BerWriter } from "./ber-writer.ts";
import type { LdapResult, PartialAttribute } from "./message.ts";
import { BerTag, ComponentTag } from "./tag.ts";

/** Writes a messageID. @throws RangeError outside 0 to 2^31-1. */
export function writeMessageId(writer: BerWriter, messageId: number, tag: number = BerTag.integer): void {
  if (!(messageId >= 0)) throw new RangeError("messageID must not be negative");
  writer.integer(messageId, tag);
}

/** Writes one attribute with its values (RFC 4511 §4.1.7). */
export function writeAttribute(writer: BerWriter, attribute: PartialAttribute): void {
  const mark = writer.begin(BerTag.sequence);
  writer.string(attribute.type);
  const set = writer.begin(BerTag.set);
  for (const value of attribute.vals) writer.octets(value);
  writer.end(set);
  writer.end(mark);
}

/** Writes a list of attributes. */
export function writeAttributes(writer: BerWriter, attributes: readonly PartialAttribute[]): void {
  const list = writer.begin(BerTag.sequence);
  for (const attribute of attributes) writeAttribute(writer, attribute);
  writer.end(list);
}

/** Writes the components of an LDAPResult (RFC 4511 §4.1.9). */
export function writeResult(writer: BerWriter, result: LdapResult): void {
  if (!(result.resultCode >= 0)) throw new RangeError("resultCode must not be negative");
  writer.enumerated(result.resultCode);
  writer.string(result.matchedDN);
  writer.string(result.diagnosticMessage);
  if (result.referral === undefined) return;
  const referral = writer.begin(ComponentTag.referral);
  for (const uri of result.referral) writer.string(uri);
  writer.end(referral);
}
