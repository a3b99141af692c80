import { LdapDecodeError } from "./ldap-error.ts";

/** An attribute type with its options (RFC 4512 §2.5). */
export interface AttributeDescription {
  /** Short name or dotted-decimal OID, as written. */
  readonly type: string;
  /** Options as written, without the semicolons. */
  readonly options: readonly string[];
}

const maxLength = 1024;
const descr = /^[A-Za-z][A-Za-z0-9-]*$/;
const numericOid = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$/;
const optionPattern = /^[A-Za-z0-9-]+$/;
const plain = /^[a-z][a-z0-9-]*$/;

/** Whether `text` is a dotted-decimal OID (numericoid of RFC 4512 §1.4). */
export function isNumericOid(text: string): boolean {
  return text.length <= maxLength && numericOid.test(text);
}

/** Whether `text` is an attribute type: a short name or a dotted-decimal OID (oid of RFC 4512 §1.4). */
export function isOid(text: string): boolean {
  return text.length <= maxLength && (descr.test(text) || numericOid.test(text));
}

/** Whether `text` is an attribute description: `parseAttributeDescription` would take it. */
export function isAttributeDescription(text: string): boolean {
  if (text.length > maxLength) return false;
  const [type, ...options] = text.split(";");
  return isOid(type as string) && options.every((option) => optionPattern.test(option));
}

/**
 * Parses an attribute description such as `cn;lang-de`.
 *
 * @throws LdapDecodeError `invalid-attribute-description` when it breaks RFC 4512 §2.5 or is over 1024
 *   characters long. The selectors `*`, `+` and `1.1` of a search are not attribute descriptions, except that
 *   `1.1` has the form of one.
 */
export function parseAttributeDescription(text: string): AttributeDescription {
  if (!isAttributeDescription(text)) {
    throw new LdapDecodeError("invalid-attribute-description", "not an attribute description");
  }
  const [type, ...options] = text.split(";");
  return { type: type as string, options };
}

/** Writes an attribute description as it was given. */
export function formatAttributeDescription(description: AttributeDescription): string {
  return [description.type, ...description.options].join(";");
}

/**
 * A form of an attribute description for comparison: lower case, options sorted and each but once, since
 * neither case nor order nor repetition of options carries meaning (RFC 4512 §2.5.2). Does not throw; text
 * that is no attribute description is only put in lower case and order.
 */
export function attributeDescriptionKey(text: string): string {
  // Names as clients mostly write them are their own key.
  if (plain.test(text)) return text;
  const lower = text.toLowerCase();
  if (!lower.includes(";")) return lower;
  const [type, ...options] = lower.split(";");
  return [type, ...new Set(options.sort())].join(";");
}
