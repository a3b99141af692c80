import { RadiusDecodeError } from "./radius-decode-error.ts";

/** The longest TLS message that is put together from fragments: 64 KiB. Certificate chains stay far below. */
export const maxTlsMessageOctets = 65_536;

const flags = { length: 0x80, more: 0x40, start: 0x20, version: 0x07 } as const;

/** The data of one packet of a method that carries TLS (RFC 5216 §3.1, RFC 5281 §9.1). */
export interface TlsFragment {
  /** S: the server asks the peer to begin. */
  readonly start: boolean;
  /** M: more fragments of the same message follow. */
  readonly more: boolean;
  /** The version of EAP-TTLS or PEAP; 0 in EAP-TLS. */
  readonly version: number;
  /** L: octets of the whole message, on its first fragment. */
  readonly totalOctets?: number;
  /** Octets of TLS; none in an acknowledgement. */
  readonly data: Uint8Array;
}

/**
 * Reads the data of a packet. Its TLS octets are a view of `octets`.
 * @throws RadiusDecodeError `truncated` for one without flags or without the length that its flags announce
 */
export function decodeTlsFragment(octets: Uint8Array): TlsFragment {
  const first = octets[0];
  if (first === undefined) throw new RadiusDecodeError("truncated", "a TLS fragment without flags");
  const common = {
    start: (first & flags.start) !== 0,
    more: (first & flags.more) !== 0,
    version: first & flags.version,
  };
  if ((first & flags.length) === 0) return { ...common, data: octets.subarray(1) };
  if (octets.length < 5) throw new RadiusDecodeError("truncated", "a TLS fragment without its length");
  const totalOctets = new DataView(octets.buffer, octets.byteOffset, octets.length).getUint32(1);
  return { ...common, totalOctets, data: octets.subarray(5) };
}

/** Writes the data of a packet. */
export function encodeTlsFragment({ start, more, version, totalOctets, data }: TlsFragment): Uint8Array {
  const room = totalOctets === undefined ? 1 : 5;
  const octets = new Uint8Array(room + data.length);
  octets[0] =
    (totalOctets === undefined ? 0 : flags.length) |
    (more ? flags.more : 0) |
    (start ? flags.start : 0) |
    (version & flags.version);
  if (totalOctets !== undefined) new DataView(octets.buffer).setUint32(1, totalOctets);
  octets.set(data, room);
  return octets;
}

/** An acknowledgement of a fragment: no flags, no data. */
export function isAcknowledgement(fragment: TlsFragment): boolean {
  return !fragment.start && !fragment.more && fragment.data.length === 0;
}

/** Puts messages together from the fragments that a peer sends, never more than 64 KiB at a time. */
export class FragmentAssembler {
  #parts: Uint8Array[] = [];
  #octets = 0;
  #total: number | undefined;

  /**
   * Takes the next fragment.
   *
   * @returns the whole message after its last fragment, otherwise `undefined`
   * @throws RadiusDecodeError `oversized` for a message of more than 64 KiB, announced or sent; `bad-length` when the
   *   fragments are not what was announced; `bad-value` for one that brings nothing and says that more follows
   */
  add({ more, totalOctets, data }: TlsFragment): Uint8Array | undefined {
    if (totalOctets !== undefined) this.#announce(totalOctets);
    if (more && data.length === 0)
      throw new RadiusDecodeError("bad-value", "an empty TLS fragment is not the last");
    this.#octets += data.length;
    if (this.#octets > maxTlsMessageOctets)
      throw new RadiusDecodeError("oversized", "a TLS message over 64 KiB");
    if (this.#total !== undefined && this.#octets > this.#total)
      throw new RadiusDecodeError("bad-length", "more TLS octets than were announced");
    if (more) {
      this.#parts.push(Uint8Array.from(data));
      return undefined;
    }
    if (this.#total !== undefined && this.#octets !== this.#total)
      throw new RadiusDecodeError("bad-length", "fewer TLS octets than were announced");
    return this.#take(data);
  }

  #announce(totalOctets: number): void {
    if (totalOctets > maxTlsMessageOctets)
      throw new RadiusDecodeError("oversized", "a TLS message over 64 KiB");
    if (this.#total !== undefined && this.#total !== totalOctets)
      throw new RadiusDecodeError("bad-length", "two lengths are announced for one TLS message");
    this.#total = totalOctets;
  }

  #take(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#octets);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#octets = 0;
    this.#total = undefined;
    return whole;
  }
}

/** Cuts a message into fragments. An empty message is one empty fragment: an acknowledgement. */
export class FragmentSplitter {
  readonly #message: Uint8Array;
  readonly #fragmentOctets: number;
  #at = 0;

  /**
   * @param fragmentOctets - octets of TLS in one fragment
   * @throws RangeError unless that is a whole number above 0
   */
  constructor(message: Uint8Array, fragmentOctets: number) {
    if (!Number.isSafeInteger(fragmentOctets) || fragmentOctets < 1)
      throw new RangeError("a fragment has at least one octet");
    this.#message = message;
    this.#fragmentOctets = fragmentOctets;
  }

  /** Whether the last fragment is given out. */
  get isDone(): boolean {
    return this.#at >= this.#message.length;
  }

  /** The next fragment. The first of several tells the length of all (RFC 5216 §3.1). */
  next(): TlsFragment {
    const start = this.#at;
    const end = Math.min(start + this.#fragmentOctets, this.#message.length);
    this.#at = end;
    const more = end < this.#message.length;
    const fragment = { start: false, more, version: 0, data: this.#message.subarray(start, end) };
    return more && start === 0 ? { ...fragment, totalOctets: this.#message.length } : fragment;
  }
}
