import { Buffer } from "node:buffer";
import { LdapDecodeError } from "./ldap-error.ts";
import { BerTag } from "./tag.ts";
import { asBuffer } from "./utf8.ts";

/** Octets a client may send in one message before it has bound: 256 KiB. */
export const maxFrameBytesBeforeBind: number = 256 * 1024;
/** Octets a client may send in one message once it has bound: 4 MiB. */
export const maxFrameBytesAfterBind: number = 4 * 1024 * 1024;

const smallestFrameBytes = 64;
/** Chunks below this are copied together: as Buffers of their own a slow sender's octets cost 100 times more. */
const smallChunk = 2048;
const maxLengthOctets = 4;

export interface LdapFramerOptions {
  /** Octets of a whole message, header included. Default `maxFrameBytesBeforeBind`; at least 64. */
  readonly maxFrameBytes?: number;
}

/**
 * Cuts a stream of octets into LDAPMessages (RFC 4511 §5.2).
 *
 * Give it chunks with `push`, take messages with `next` until that answers `undefined`. Nothing is allocated
 * for an announced length: memory follows what has arrived. A message that lies in one chunk comes as a view
 * of it; one that is spread over several is joined once it is whole, so any way of cutting the stream costs
 * linear time.
 *
 * After a fault everything buffered is dropped and every further `next` throws it again: no later message of
 * that stream is trustworthy.
 */
export class LdapFramer {
  #maxFrameBytes: number;
  readonly #chunks: Buffer[] = [];
  /** Octets of the first chunk that are consumed. */
  #start = 0;
  #buffered = 0;
  /** Octets of the message at the front, header included; 0 until its header is complete. */
  #frameBytes = 0;
  /** Octets used of the last chunk, when that is our own block for small chunks; otherwise -1. */
  #blockUsed = -1;
  #fault: LdapDecodeError | undefined;

  constructor(options: LdapFramerOptions = {}) {
    this.#maxFrameBytes = checkedMaximum(options.maxFrameBytes ?? maxFrameBytesBeforeBind);
  }

  /** The limit on whole messages, in octets. May change at any time; holds from the next `next`. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  set maxFrameBytes(value: number) {
    this.#maxFrameBytes = checkedMaximum(value);
  }

  /** Octets received and not yet handed out. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** Whether octets wait that `next` has not handed out; after it answered `undefined`, a partial message. */
  get hasPartialFrame(): boolean {
    return this.#buffered > 0;
  }

  /** Adds what the stream gave. The chunk may be kept and handed out in parts, so it must not be reused. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#fault !== undefined) return;
    const bytes = asBuffer(chunk);
    const partial = this.#buffered > 0;
    this.#buffered += bytes.length;
    if (partial && bytes.length < smallChunk) this.#collect(bytes);
    else this.#append(bytes);
  }

  /**
   * The next complete message, or `undefined` until more octets come.
   *
   * @throws LdapDecodeError `unexpected-tag` when a message starts with anything but 0x30, `bad-length` for an
   *   indefinite length or more than four length octets, `too-large` over the limit; each as soon as the
   *   octet that shows it is there.
   */
  next(): Buffer | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#frameBytes === 0) this.#readHeader();
    if (this.#frameBytes > this.#maxFrameBytes) this.#fail("too-large", "message over the limit");
    if (this.#frameBytes === 0 || this.#buffered < this.#frameBytes) return undefined;
    const frame = this.#shift(this.#frameBytes);
    this.#frameBytes = 0;
    return frame;
  }

  /**
   * Hands back every octet not yet handed out and forgets them: what arrived in clear behind a StartTLS
   * request must be seen and refused, never decoded (RFC 4511 §4.14.1).
   */
  takeRest(): Buffer {
    const rest = this.#buffered === 0 ? Buffer.alloc(0) : this.#shift(this.#buffered);
    this.#frameBytes = 0;
    return rest;
  }

  #append(bytes: Buffer): void {
    this.#seal();
    this.#chunks.push(bytes);
  }

  /** Copies a small chunk into the block at the end, of which a new one is started when it is full. */
  #collect(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      let block = this.#chunks.at(-1);
      if (block === undefined || this.#blockUsed < 0 || this.#blockUsed === block.length) {
        this.#seal();
        // Blocks grow with what was received, so spare room is never more than that.
        block = Buffer.allocUnsafeSlow(Math.min(65_536, Math.max(256, this.#buffered)));
        this.#chunks.push(block);
        this.#blockUsed = 0;
      }
      const copied = bytes.copy(block, this.#blockUsed, offset);
      this.#blockUsed += copied;
      offset += copied;
    }
  }

  /** Cuts our own block to what is used of it, so that it is a chunk like any other. */
  #seal(): void {
    const last = this.#chunks.length - 1;
    const block = this.#chunks[last];
    if (block !== undefined && this.#blockUsed >= 0) this.#chunks[last] = block.subarray(0, this.#blockUsed);
    this.#blockUsed = -1;
  }

  #readHeader(): void {
    if (this.#buffered === 0) return;
    if (this.#octet(0) !== BerTag.sequence) this.#fail("unexpected-tag", "not an LDAPMessage");
    if (this.#buffered < 2) return;
    const first = this.#octet(1);
    if (first < 0x80) {
      this.#frameBytes = 2 + first;
      return;
    }
    const count = first & 0x7f;
    if (count === 0) this.#fail("bad-length", "indefinite length");
    if (count > maxLengthOctets) this.#fail("bad-length", "more than four length octets");
    // Leading octets decide already: a slow sender need not be waited for to see that it announces too much.
    const known = Math.min(count, this.#buffered - 2);
    let length = 0;
    for (let i = 0; i < known; i += 1) length = length * 256 + this.#octet(2 + i);
    const least = length * 256 ** (count - known);
    if (2 + count + least > this.#maxFrameBytes) this.#fail("too-large", "message over the limit");
    if (known === count) this.#frameBytes = 2 + count + length;
  }

  /** The octet at `index` from the front; only for the few of a header. */
  #octet(index: number): number {
    let rest = index + this.#start;
    for (const chunk of this.#chunks) {
      if (rest < chunk.length) return chunk[rest] as number;
      rest -= chunk.length;
    }
    throw new RangeError("octet not buffered");
  }

  /** Takes `count` octets, known to be there, from the front. */
  #shift(count: number): Buffer {
    this.#seal();
    const chunks = this.#chunks;
    const first = chunks[0] as Buffer;
    const start = this.#start;
    this.#buffered -= count;
    if (first.length - start > count) {
      this.#start = start + count;
      return first.subarray(start, start + count);
    }
    if (first.length - start === count) {
      chunks.shift();
      this.#start = 0;
      return first.subarray(start);
    }
    const joined = Buffer.allocUnsafeSlow(count);
    let filled = first.copy(joined, 0, start);
    let used = 1;
    while (filled < count) {
      const chunk = chunks[used] as Buffer;
      const copied = chunk.copy(joined, filled, 0, Math.min(chunk.length, count - filled));
      filled += copied;
      if (copied < chunk.length) {
        this.#start = copied;
        chunks.splice(0, used);
        return joined;
      }
      used += 1;
    }
    this.#start = 0;
    chunks.splice(0, used);
    return joined;
  }

  #fail(code: "unexpected-tag" | "bad-length" | "too-large", message: string): never {
    this.#chunks.length = 0;
    this.#blockUsed = -1;
    this.#start = 0;
    this.#buffered = 0;
    this.#fault = new LdapDecodeError(code, message, { offset: 0 });
    throw this.#fault;
  }
}

function checkedMaximum(value: number): number {
  if (!Number.isSafeInteger(value) || value < smallestFrameBytes) {
    throw new RangeError(`maxFrameBytes must be an integer of at least ${smallestFrameBytes}`);
  }
  return value;
}
