import type { BerReader } from "./ber-reader.ts";
import type { ResolvedDecodeLimits } from "./limits.ts";
import type { Control, LdapResult, PartialAttribute } from "./message.ts";
import { BerTag, ComponentTag } from "./tag.ts";

/** How many attribute values may still be read in this message. */
export interface ValueBudget {
  left: number;
}

/** Reads Controls, already seen to be there under `tag` (RFC 4511 §4.1.11). */
export function readControls(reader: BerReader, tag: number, limits: ResolvedDecodeLimits): Control[] {
  const outer = reader.open(tag);
  const controls: Control[] = [];
  while (reader.hasMore) {
    if (controls.length === limits.maxControls) throw reader.error("too-many", "too many controls");
    const control = reader.open(BerTag.sequence);
    const oid = reader.string();
    const critical = reader.peekTag() === BerTag.boolean && reader.boolean();
    const value = optionalOctets(reader, BerTag.octetString);
    reader.closeSequence(control, -1);
    controls.push(value === undefined ? { oid, critical } : { oid, critical, value });
  }
  reader.close(outer);
  return controls;
}

/** Reads the components of an LDAPResult, up to and with the referral (RFC 4511 §4.1.9). */
export function readResult(reader: BerReader, limits: ResolvedDecodeLimits): LdapResult {
  const resultCode = reader.enumerated();
  const matchedDN = reader.string();
  const diagnosticMessage = reader.string();
  if (reader.peekTag() !== ComponentTag.referral) return { resultCode, matchedDN, diagnosticMessage };
  const outer = reader.open(ComponentTag.referral);
  const referral = readUris(reader, limits);
  reader.close(outer);
  return { resultCode, matchedDN, diagnosticMessage, referral };
}

/** Reads URIs up to the end of the open element; at least one. */
export function readUris(reader: BerReader, limits: ResolvedDecodeLimits): string[] {
  const uris: string[] = [];
  do {
    if (uris.length === limits.maxReferrals) throw reader.error("too-many", "too many URIs");
    uris.push(reader.string());
  } while (reader.hasMore);
  return uris;
}

/** Reads a list of attributes with their values (RFC 4511 §4.1.7). */
export function readAttributes(
  reader: BerReader,
  limits: ResolvedDecodeLimits,
  fewestValues: 0 | 1,
  tag: number = BerTag.sequence,
): PartialAttribute[] {
  const budget: ValueBudget = { left: limits.maxValues };
  const outer = reader.open(tag);
  const attributes: PartialAttribute[] = [];
  while (reader.hasMore) {
    if (attributes.length === limits.maxAttributes) throw reader.error("too-many", "too many attributes");
    attributes.push(readAttribute(reader, budget, fewestValues));
  }
  reader.close(outer);
  return attributes;
}

/** Reads one attribute with its values. */
export function readAttribute(reader: BerReader, budget: ValueBudget, fewestValues: 0 | 1): PartialAttribute {
  const outer = reader.open(BerTag.sequence);
  const type = reader.string();
  const set = reader.open(BerTag.set);
  const vals: Uint8Array[] = [];
  while (reader.hasMore) {
    if (budget.left === 0) throw reader.error("too-many", "too many attribute values");
    budget.left -= 1;
    vals.push(reader.octets());
  }
  if (vals.length < fewestValues) throw reader.error("invalid-value", "attribute without values");
  reader.close(set);
  reader.closeSequence(outer, -1);
  return { type, vals };
}

/** Reads an OCTET STRING when the next element has this tag. */
export function optionalOctets(reader: BerReader, tag: number): Uint8Array | undefined {
  return reader.peekTag() === tag ? reader.octets(tag) : undefined;
}

/** Reads an LDAPString when the next element has this tag. */
export function optionalString(reader: BerReader, tag: number): string | undefined {
  return reader.peekTag() === tag ? reader.string(tag) : undefined;
}
