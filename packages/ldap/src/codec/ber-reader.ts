import type { Buffer } from "node:buffer";
import { LdapDecodeError, type LdapDecodeErrorCode } from "./ldap-error.ts";
import { BerTag } from "./tag.ts";
import { asBuffer, decodeUtf8 } from "./utf8.ts";

const maxLengthOctets = 4;

/**
 * Reads the subset of BER that LDAP allows (RFC 4511 §5.1): definite lengths, primitive strings. Lengths may
 * be longer than needed, up to four length octets, because some servers always send the long form.
 *
 * The reader is a cursor: `open` narrows `end` to the content of an element and hands back the end that
 * `close` restores, so nesting costs no object. Values are views of the input, valid as long as its memory is
 * not reused. Every method throws `LdapDecodeError` and nothing else.
 */
export class BerReader {
  readonly #bytes: Buffer;
  #offset: number;
  #end: number;

  /**
   * @param bytes what to read; not copied.
   * @param start first octet to read, default 0.
   * @param end octet behind the last one, default the length of `bytes`.
   */
  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length) {
    this.#bytes = asBuffer(bytes);
    this.#offset = start;
    this.#end = end;
  }

  /** The octet that is read next. */
  get offset(): number {
    return this.#offset;
  }

  /** The octet behind the last one of the element that is open. */
  get end(): number {
    return this.#end;
  }

  /** Whether the open element holds more. */
  get hasMore(): boolean {
    return this.#offset < this.#end;
  }

  /** The identifier octet of the next element, or -1 at the end of the open one. */
  peekTag(): number {
    return this.#offset < this.#end ? (this.#bytes[this.#offset] as number) : -1;
  }

  /** Reads identifier and length octets of an element with this tag; answers the length of its content. */
  header(tag: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let offset = this.#offset;
    if (offset >= end) throw this.error("truncated", "element missing");
    if (bytes[offset] !== tag) throw this.error("unexpected-tag", "element of another type expected");
    offset += 1;
    if (offset >= end) throw this.error("truncated", "length missing");
    let length = bytes[offset] as number;
    offset += 1;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0) throw this.error("bad-length", "indefinite length");
      if (count > maxLengthOctets) throw this.error("bad-length", "more than four length octets");
      if (end - offset < count) throw this.error("truncated", "length octets missing");
      length = 0;
      // Multiplied, not shifted: four octets with the high bit set must not turn negative.
      for (let i = 0; i < count; i += 1) length = length * 256 + (bytes[offset + i] as number);
      offset += count;
    }
    if (length > end - offset) throw this.error("truncated", "element longer than what encloses it");
    this.#offset = offset;
    return length;
  }

  /** Enters a constructed element. Pass the answer to `close` or `closeSequence`. */
  open(tag: number): number {
    const length = this.header(tag);
    const outer = this.#end;
    this.#end = this.#offset + length;
    return outer;
  }

  /** Leaves an element whose content must have been read whole. */
  close(outer: number): void {
    if (this.#offset !== this.#end) throw this.error("trailing-data", "octets behind the last component");
    this.#end = outer;
  }

  /**
   * Leaves a SEQUENCE, passing over components that a later edition may have added: RFC 4511 §4 asks to ignore
   * those whose tags are not recognised. These must be context-specific elements numbered over
   * `highestKnown`; a known component at the wrong place, or octets that are no element, are refused.
   *
   * @param highestKnown highest context-specific number that the SEQUENCE defines; -1 when none.
   */
  closeSequence(outer: number, highestKnown: number): void {
    while (this.#offset < this.#end) {
      const tag = this.peekTag();
      const number = tag & 0x1f;
      if ((tag & 0xc0) !== 0x80 || number === 0x1f || number <= highestKnown) {
        throw this.error("trailing-data", "component at the wrong place");
      }
      this.skip();
    }
    this.#end = outer;
  }

  /** Passes over the next element, whatever its type. */
  skip(): void {
    const length = this.header(this.peekTag());
    this.#offset += length;
  }

  /** Reads an OCTET STRING as a view of the input. */
  octets(tag: number = BerTag.octetString): Uint8Array {
    const length = this.header(tag);
    const bytes = this.#bytes;
    const start = this.#offset;
    this.#offset = start + length;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  }

  /** Reads an LDAPString: strict UTF-8, otherwise `invalid-value`. */
  string(tag: number = BerTag.octetString): string {
    const length = this.header(tag);
    const start = this.#offset;
    const text = decodeUtf8(this.#bytes, start, start + length);
    if (text === undefined) throw this.error("invalid-value", "string is not UTF-8");
    this.#offset = start + length;
    return text;
  }

  /** Reads a BOOLEAN; every octet but zero is true (X.690 §8.2.2). */
  boolean(tag: number = BerTag.boolean): boolean {
    if (this.header(tag) !== 1) throw this.error("bad-length", "BOOLEAN of other than one octet");
    const value = this.#bytes[this.#offset] !== 0;
    this.#offset += 1;
    return value;
  }

  /**
   * Reads an INTEGER of at most four octets, or with another tag an ENUMERATED. Superfluous leading octets are
   * accepted within these four: they change no value and some encoders write them.
   *
   * @param min lowest value allowed, default 0.
   * @param max highest value allowed, default 2^31-1 (maxInt of RFC 4511 §4.1.1).
   */
  integer(tag: number = BerTag.integer, min: number = 0, max: number = 0x7fffffff): number {
    const length = this.header(tag);
    if (length < 1 || length > 4) throw this.error("bad-length", "INTEGER of other than one to four octets");
    const bytes = this.#bytes;
    const start = this.#offset;
    let value = ((bytes[start] as number) << 24) >> 24;
    for (let i = start + 1; i < start + length; i += 1) value = (value << 8) | (bytes[i] as number);
    if (value < min || value > max) throw this.error("invalid-value", "number out of range");
    this.#offset = start + length;
    return value;
  }

  /** Reads an ENUMERATED of at most four octets between `min` and `max`. */
  enumerated(max: number = 0x7fffffff, min: number = 0): number {
    return this.integer(BerTag.enumerated, min, max);
  }

  /** Makes the error for a fault at the present place. */
  error(code: LdapDecodeErrorCode, message: string): LdapDecodeError {
    return new LdapDecodeError(code, message, { offset: this.#offset });
  }
}
