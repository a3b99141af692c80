import { Buffer } from "node:buffer";
import { BerTag } from "./tag.ts";

const shortStringLength = 32;
const smallTake = 2048;

/**
 * Writes BER into one growing buffer, front to back, so that answers to several requests follow one another
 * and leave in a single write.
 *
 * `begin` reserves one length octet and hands back its place; `end` fills it in, and moves the content up by
 * one to four octets when it is 128 octets or longer. The move is a memmove of octets that are in cache, and
 * cheaper than keeping an object per element or measuring everything twice; output is minimal and definite.
 */
export class BerWriter {
  #bytes: Buffer;
  #length = 0;
  readonly #initialCapacity: number;

  /** @param initialCapacity octets to allocate at first, default 4096. */
  constructor(initialCapacity: number = 4096) {
    this.#initialCapacity = Math.max(16, initialCapacity);
    this.#bytes = Buffer.allocUnsafeSlow(this.#initialCapacity);
  }

  /** Octets written since the last `reset` or `take`. */
  get length(): number {
    return this.#length;
  }

  /** Octets allocated. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** What was written, as a view that further writing invalidates. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written, given away: further writing does not touch it. */
  take(): Buffer {
    const view = this.finish();
    if (view.length <= smallTake) {
      // A copy into Node's pool costs less than a new buffer of our own, and leaves nothing large to collect.
      this.#length = 0;
      return Buffer.from(view);
    }
    this.#bytes = Buffer.allocUnsafeSlow(this.#initialCapacity);
    this.#length = 0;
    return view;
  }

  /**
   * Forgets what was written.
   *
   * @param keepAtMost capacity in octets to keep for next time, default 1 MiB: one large answer must not hold
   *   its memory for as long as a connection lives.
   */
  reset(keepAtMost: number = 1_048_576): void {
    this.#length = 0;
    if (this.#bytes.length > keepAtMost && this.#bytes.length > this.#initialCapacity) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#initialCapacity);
    }
  }

  /** Drops what was written behind `length`, for an answer that is given up half way. */
  truncate(length: number): void {
    if (length >= 0 && length < this.#length) this.#length = length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  /** Starts a constructed element; pass the answer to `end`. */
  begin(tag: number): number {
    this.#reserve(2);
    this.#bytes[this.#length] = tag;
    this.#length += 2;
    return this.#length;
  }

  /** Ends the element that `begin` started. */
  end(mark: number): void {
    const length = this.#length - mark;
    if (length < 0x80) {
      this.#bytes[mark - 1] = length;
      return;
    }
    const extra = lengthOctets(length);
    this.#reserve(extra);
    const bytes = this.#bytes;
    bytes.copyWithin(mark + extra, mark, this.#length);
    this.#length += extra;
    bytes[mark - 1] = 0x80 | extra;
    for (let i = extra - 1, rest = length; i >= 0; i -= 1, rest >>>= 8) bytes[mark + i] = rest & 0xff;
  }

  /** Writes identifier and length octets of an element whose content, of `length` octets, follows. */
  header(tag: number, length: number): void {
    this.#reserve(6);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at] = tag;
    if (length < 0x80) {
      bytes[at + 1] = length;
      this.#length = at + 2;
      return;
    }
    const extra = lengthOctets(length);
    bytes[at + 1] = 0x80 | extra;
    at += 2;
    for (let i = extra - 1, rest = length; i >= 0; i -= 1, rest >>>= 8) bytes[at + i] = rest & 0xff;
    this.#length = at + extra;
  }

  /** Appends octets that are encoded already. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  /** Appends part of a store of octets that are encoded already. */
  rawPart(encoded: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    encoded.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** Writes an OCTET STRING. */
  octets(value: Uint8Array, tag: number = BerTag.octetString): void {
    this.header(tag, value.length);
    this.raw(value);
  }

  /** Writes an LDAPString as UTF-8; a lone surrogate becomes U+FFFD. */
  string(text: string, tag: number = BerTag.octetString): void {
    const count = text.length;
    if (count > shortStringLength) {
      this.#longString(text, tag);
      return;
    }
    // Short ASCII, that is nearly every string, is copied here: a call into native code costs more.
    this.#reserve(count + 2);
    const bytes = this.#bytes;
    const at = this.#length + 2;
    for (let i = 0; i < count; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#longString(text, tag);
        return;
      }
      bytes[at + i] = unit;
    }
    bytes[at - 2] = tag;
    bytes[at - 1] = count;
    this.#length = at + count;
  }

  #longString(text: string, tag: number): void {
    this.#reserve(text.length * 3 + 2);
    const mark = this.begin(tag);
    this.#length += this.#bytes.write(text, mark, "utf8");
    this.end(mark);
  }

  /** Writes a BOOLEAN, true as 0xFF (RFC 4511 §5.1). */
  boolean(value: boolean, tag: number = BerTag.boolean): void {
    this.#reserve(3);
    const bytes = this.#bytes;
    bytes[this.#length] = tag;
    bytes[this.#length + 1] = 1;
    bytes[this.#length + 2] = value ? 0xff : 0;
    this.#length += 3;
  }

  /**
   * Writes an INTEGER in as few octets as possible.
   *
   * @throws RangeError when `value` is no integer of 32 bits with sign.
   */
  integer(value: number, tag: number = BerTag.integer): void {
    if ((value | 0) !== value) throw new RangeError("an LDAP INTEGER must fit 32 bits");
    const count = integerOctets(value);
    this.#reserve(count + 2);
    const bytes = this.#bytes;
    const at = this.#length + 2;
    bytes[at - 2] = tag;
    bytes[at - 1] = count;
    for (let i = count - 1, rest = value; i >= 0; i -= 1, rest >>= 8) bytes[at + i] = rest & 0xff;
    this.#length = at + count;
  }

  /**
   * Writes an ENUMERATED.
   *
   * @throws RangeError when `value` is negative (also what `indexOf` says of an unknown name) or over 31 bits.
   */
  enumerated(value: number): void {
    if (!(value >= 0)) throw new RangeError("an enumeration has no such value");
    this.integer(value, BerTag.enumerated);
  }

  /** Writes an element without content, such as NULL. */
  empty(tag: number): void {
    this.header(tag, 0);
  }
}

/** How many octets follow the first length octet of an element this long; 0 for the short form. */
function lengthOctets(length: number): number {
  if (length < 0x80) return 0;
  if (length < 0x100) return 1;
  if (length < 0x1_0000) return 2;
  return length < 0x100_0000 ? 3 : 4;
}

/** How many octets identifier and length of an element with content of `length` octets take. */
export function headerLength(length: number): number {
  return 2 + lengthOctets(length);
}

/** How many octets the content of an INTEGER takes. */
export function integerOctets(value: number): number {
  if (value >= -0x80 && value < 0x80) return 1;
  if (value >= -0x8000 && value < 0x8000) return 2;
  return value >= -0x80_0000 && value < 0x80_0000 ? 3 : 4;
}
