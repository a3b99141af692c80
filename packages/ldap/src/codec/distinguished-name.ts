import { isNumericOid } from "./attribute-description.ts";
import { parseDnText } from "./distinguished-name-parser.ts";
import { encodeUtf8 } from "./utf8.ts";

/** An attribute of an RDN with its value. */
export interface AttributeTypeAndValue {
  /** Short name or dotted-decimal OID, as written. */
  readonly type: string;
  /** The value, unescaped. */
  readonly value: string;
}

/** A relative distinguished name: one attribute, or several where one does not tell entries apart. */
export type RelativeDistinguishedName = readonly AttributeTypeAndValue[];

/** A distinguished name; the entry's own RDN comes first, the root DSE has none. */
export interface DistinguishedName {
  readonly rdns: readonly RelativeDistinguishedName[];
}

/** Bounds on the text of a distinguished name. */
export interface DnLimits {
  /** UTF-16 code units. Default 8192. */
  readonly maxLength?: number;
  /** Relative distinguished names. Default 64. */
  readonly maxRdns?: number;
}

const defaultMaxLength = 8192;
const defaultMaxRdns = 64;
const utf8StringTag = 0x0c;

/**
 * Parses a distinguished name (RFC 4514). Accepted beyond it, as RFC 2253 §4 asks of readers: spaces around
 * `,`, `=` and `+`, a semicolon for a comma, values in quotation marks, and `OID.` before a dotted type.
 *
 * `#` with hexadecimal digits is the BER of a value; only strings (OCTET, UTF8, Printable, IA5) are taken.
 *
 * @throws LdapDecodeError `invalid-dn` with the offset of the fault, `too-large` over `maxLength`, `too-many`
 *   over `maxRdns`.
 */
export function parseDn(text: string, limits: DnLimits = {}): DistinguishedName {
  return {
    rdns: parseDnText(text, limits.maxLength ?? defaultMaxLength, limits.maxRdns ?? defaultMaxRdns),
  };
}

/**
 * Writes a distinguished name (RFC 4514 §2), which `parseDn` reads back. A value under a dotted-decimal type is
 * written as `#` and its BER, as §2.4 requires.
 */
export function formatDn(dn: DistinguishedName): string {
  return dn.rdns.map(formatRdn).join(",");
}

/** Writes one relative distinguished name. */
export function formatRdn(rdn: RelativeDistinguishedName): string {
  return rdn
    .map(({ type, value }) => `${type}=${isNumericOid(type) ? hexValue(value) : escapeDnValue(value)}`)
    .join("+");
}

function hexValue(value: string): string {
  const content = encodeUtf8(value);
  const length = content.length;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const octets = [utf8StringTag, ...header, ...content];
  return `#${octets.map((octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}

/** Nearly every name: nothing in it is special, wherever it stands. */
const plain = /^[A-Za-z0-9._@-]*$/;
const special = /[",+;<>\\]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/g;

/**
 * Escapes a value for use in the text of a distinguished name (RFC 4514 §2.4): whatever it holds, it stays one
 * value. Control characters are escaped too, though only NUL need be, so that the result may go into a log
 * line. A lone surrogate, which cannot be sent, becomes U+FFFD.
 */
export function escapeDnValue(value: string): string {
  if (plain.test(value)) return value;
  return value
    .toWellFormed()
    .replace(special, "\\$&")
    .replace(control, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replace(/ $/, "\\ ")
    .replace(/^[ #]/, "\\$&");
}

/** The name one level up, or `undefined` for the root. */
export function parentDn(dn: DistinguishedName): DistinguishedName | undefined {
  return dn.rdns.length === 0 ? undefined : { rdns: dn.rdns.slice(1) };
}
