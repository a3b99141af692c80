import { BerReader } from "./ber-reader.ts";
import { asBuffer } from "./utf8.ts";

const andTag = 0xa0;
const equalityMatchTag = 0xa3;
/** Elements from the SearchRequest down to the value, both included: filters nested deeper have no shape. */
const maxSteps = 16;

/** An element on the way to the value. */
interface Step {
  /** Octets before it, within the element around it. */
  readonly before: Uint8Array;
  /** Its identifier octet. */
  readonly tag: number;
  /** Octets from the end of the value to its own end. */
  readonly tail: number;
}

/**
 * What is the same in SearchRequests that differ only in the assertion value of one equality test, as `(uid=ada)` and
 * `(uid=bob)` do. Whoever has understood one of them finds the value in the others by comparing octets.
 */
export class SearchShape {
  readonly #steps: readonly Step[];
  readonly #behind: Uint8Array;
  readonly #ends: Int32Array;
  #valueStart = 0;

  private constructor(steps: readonly Step[], behind: Uint8Array) {
    this.#steps = steps;
    this.#behind = behind;
    this.#ends = new Int32Array(steps.length);
  }

  /**
   * The shape of a request around its first equality test that `isAsked` takes, which is the filter itself or part of
   * a conjunction.
   *
   * @param op a protocolOp that was decoded as a SearchRequest
   * @returns `undefined` when there is no such test
   */
  static of(op: Uint8Array, isAsked: (attribute: string) => boolean): SearchShape | undefined {
    const request = elementAt(op, 0);
    let filter = request.content;
    // baseObject, scope, derefAliases, sizeLimit, timeLimit, typesOnly
    for (let i = 0; i < 6; i += 1) filter = elementAt(op, filter).end;
    const way = [request, ...(wayToValue(op, filter, isAsked) ?? [])];
    const value = way.at(-1);
    if (value === undefined || way.length === 1 || way.length > maxSteps) return undefined;
    const steps = way.map(({ tag, start, end }, i) => ({
      before: op.slice(way[i - 1]?.content ?? start, start),
      tag,
      tail: end - value.end,
    }));
    return new SearchShape(steps, op.slice(value.end));
  }

  /** Octets kept. */
  get bytes(): number {
    return this.#steps.reduce((sum, { before }) => sum + before.length, this.#behind.length);
  }

  /**
   * Whether a protocolOp is a request of this shape. If it is, its value lies between {@link SearchShape.valueStart} and
   * {@link SearchShape.valueEnd} until the next call.
   */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const steps = this.#steps;
    const ends = this.#ends;
    let at = start;
    for (let i = 0; i < steps.length; i += 1) {
      const { before, tag } = steps[i] as Step;
      if (!isAt(before, bytes, at)) return false;
      at += before.length;
      if (at + 2 > end || bytes[at] !== tag) return false;
      let length = bytes[at + 1] as number;
      at += 2;
      if (length >= 0x80) {
        // Of what a message may hold, three octets tell the length.
        const count = length - 0x80;
        if (count < 1 || count > 3 || at + count > end) return false;
        length = 0;
        for (let k = 0; k < count; k += 1) length = (length << 8) | (bytes[at + k] as number);
        at += count;
      }
      ends[i] = at + length;
    }
    const valueEnd = ends[steps.length - 1] as number;
    for (let i = 0; i < steps.length; i += 1)
      if (ends[i] !== valueEnd + (steps[i] as Step).tail) return false;
    if (ends[0] !== end || !isAt(this.#behind, bytes, valueEnd)) return false;
    this.#valueStart = at;
    return true;
  }

  /** Where the value of the last request that matched begins. */
  get valueStart(): number {
    return this.#valueStart;
  }

  /** Where it ends. */
  get valueEnd(): number {
    return this.#ends[this.#ends.length - 1] as number;
  }
}

/** Whether `part` is what lies at `at`. */
function isAt(part: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < part.length; i += 1) if (bytes[at + i] !== part[i]) return false;
  return true;
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

function elementAt(op: Uint8Array, start: number): Element {
  const reader = new BerReader(op, start);
  const tag = reader.peekTag();
  const length = reader.header(tag);
  return { tag, start, content: reader.offset, end: reader.offset + length };
}

/** The elements from a filter down to the value. */
function wayToValue(
  op: Uint8Array,
  start: number,
  isAsked: (attribute: string) => boolean,
): readonly Element[] | undefined {
  const filter = elementAt(op, start);
  if (filter.tag === equalityMatchTag) {
    const type = elementAt(op, filter.content);
    const name = asBuffer(op).toString("latin1", type.content, type.end);
    return isAsked(name) ? [filter, elementAt(op, type.end)] : undefined;
  }
  if (filter.tag !== andTag) return undefined;
  for (let at = filter.content; at < filter.end; at = elementAt(op, at).end) {
    const within = wayToValue(op, at, isAsked);
    if (within !== undefined) return [filter, ...within];
  }
  return undefined;
}
