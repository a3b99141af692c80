import { readAttributes } from "../decode-components.ts";
import { type DecodeLimits, resolveDecodeLimits } from "../limits.ts";
import type { PartialAttribute } from "../message.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const attrValsTag = 0xa0;
/** Attributes to follow that are read; there are no more with DN syntax in most schemas. */
const maxSpecs = 16;

/** An attribute to follow, and what to return of the entries it names (draft-masarati-ldap-deref-00 §2.2). */
export interface DereferenceSpec {
  /** An attribute of DN syntax. */
  readonly derefAttr: string;
  /** Attributes of the entries that its values name. */
  readonly attributes: readonly string[];
}

/** What one value led to (draft-masarati-ldap-deref-00 §2.3). */
export interface DereferenceResult<Attributes = readonly PartialAttribute[]> {
  readonly derefAttr: string;
  /** The value. */
  readonly derefVal: string;
  /** Attributes of the entry that it names; absent when nothing of one may be shown. */
  readonly attrVals?: Attributes;
}

/**
 * Reads the value of a dereference request.
 *
 * @throws LdapDecodeError when the value is malformed, has no spec, one without attributes or two for one attribute
 *   (`invalid-value`), over 16 specs or over `maxAttributes` attributes (`too-many`).
 */
export function decodeDereferenceRequest(value: Uint8Array, limits?: DecodeLimits): DereferenceSpec[] {
  const { maxAttributes } = resolveDecodeLimits(limits);
  return decodeWhole(value, (reader) => {
    const list = reader.open(BerTag.sequence);
    const specs: DereferenceSpec[] = [];
    let left = maxAttributes;
    while (reader.hasMore) {
      if (specs.length === maxSpecs) throw reader.error("too-many", "too many attributes to follow");
      const spec = reader.open(BerTag.sequence);
      const derefAttr = reader.string();
      const names = reader.open(BerTag.sequence);
      const attributes: string[] = [];
      while (reader.hasMore) {
        if (left === 0) throw reader.error("too-many", "too many attributes");
        left -= 1;
        attributes.push(reader.string());
      }
      if (attributes.length === 0) throw reader.error("invalid-value", "no attributes to return");
      reader.close(names);
      reader.closeSequence(spec, -1);
      if (specs.some((one) => one.derefAttr.toLowerCase() === derefAttr.toLowerCase()))
        throw reader.error("invalid-value", "an attribute is followed twice");
      specs.push({ derefAttr, attributes });
    }
    if (specs.length === 0) throw reader.error("invalid-value", "no attribute to follow");
    reader.close(list);
    return specs;
  });
}

export function encodeDereferenceRequest(specs: readonly DereferenceSpec[]): Uint8Array {
  return encodeWhole((writer) => {
    const list = writer.begin(BerTag.sequence);
    for (const { derefAttr, attributes } of specs) {
      const spec = writer.begin(BerTag.sequence);
      writer.string(derefAttr);
      const names = writer.begin(BerTag.sequence);
      for (const name of attributes) writer.string(name);
      writer.end(names);
      writer.end(spec);
    }
    writer.end(list);
  });
}

/** @throws LdapDecodeError when the value is malformed or over the limits. */
export function decodeDereferenceResponse(value: Uint8Array, limits?: DecodeLimits): DereferenceResult[] {
  const resolved = resolveDecodeLimits(limits);
  return decodeWhole(value, (reader) => {
    const list = reader.open(BerTag.sequence);
    const results: DereferenceResult[] = [];
    while (reader.hasMore) {
      if (results.length === resolved.maxValues) throw reader.error("too-many", "too many values");
      const result = reader.open(BerTag.sequence);
      const derefAttr = reader.string();
      const derefVal = reader.string();
      const attrVals =
        reader.peekTag() === attrValsTag ? readAttributes(reader, resolved, 1, attrValsTag) : undefined;
      reader.closeSequence(result, 0);
      results.push({ derefAttr, derefVal, ...(attrVals !== undefined && { attrVals }) });
    }
    reader.close(list);
    return results;
  });
}

/** @param results with attributes as `encodePartialAttribute` gives them. */
export function encodeDereferenceResponse(
  results: readonly DereferenceResult<readonly Uint8Array[]>[],
): Uint8Array {
  return encodeWhole((writer) => {
    const list = writer.begin(BerTag.sequence);
    for (const { derefAttr, derefVal, attrVals } of results) {
      const result = writer.begin(BerTag.sequence);
      writer.string(derefAttr);
      writer.string(derefVal);
      if (attrVals !== undefined) {
        const mark = writer.begin(attrValsTag);
        for (const attribute of attrVals) writer.raw(attribute);
        writer.end(mark);
      }
      writer.end(result);
    }
    writer.end(list);
  });
}
