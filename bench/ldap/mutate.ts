/** A generator of 32 bit numbers (mulberry32), so that a run can be had again. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Octets that lie about lengths, numbers and text more often than chance would. */
const evil = [0x00, 0x01, 0x02, 0x04, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xa0, 0xff];

/** An element of a message. */
interface Element {
  tag: number;
  /** Elements within a constructed one. */
  parts?: Element[];
  /** Octets of a primitive one. */
  content?: Buffer;
}

/** A message with a change that leaves it whole: what it says is odd, how it says it is in order. */
export function mutateElement(message: Buffer, others: readonly Buffer[], random: () => number): Buffer {
  const [root] = read(message);
  const [other] = read(others[random() % others.length] as Buffer);
  if (root === undefined || other === undefined) return message;
  for (let left = 1 + (random() % 2); left > 0; left--) {
    const all = elements(root);
    const one = all[1 + (random() % (all.length - 1))] as Element;
    const source = elements(other);
    switch (random() % 6) {
      case 0:
        one.tag = random() % 4 === 0 ? random() & 255 : (one.tag ^ (random() % 16)) & 255;
        break;
      case 1:
        one.parts?.splice(random() % (one.parts.length + 1), 1);
        break;
      case 2:
        one.parts?.push(source[random() % source.length] as Element);
        break;
      case 3:
        if (one.parts !== undefined) one.parts.push(...one.parts);
        break;
      default:
        if (one.content !== undefined) one.content = oddContent(one.content, source, random);
    }
  }
  return write(root, 0);
}

function oddContent(content: Buffer, source: readonly Element[], random: () => number): Buffer {
  const at = random() % (content.length + 1);
  switch (random() % 7) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return Buffer.alloc(random() % 5000, random() & 255);
    case 2:
      return Buffer.concat([
        content.subarray(0, at),
        Buffer.from([random() & 255]),
        content.subarray(at + 1),
      ]);
    case 3:
      return Buffer.concat([content.subarray(0, at), Buffer.from(", +=\\\0*();{"), content.subarray(at)]);
    case 4:
      return Buffer.concat([
        content.subarray(0, at),
        Buffer.from([0xc3, 0xed, 0xa0, 0x80]),
        content.subarray(at),
      ]);
    case 5:
      return content.subarray(0, at);
    default:
      return source[random() % source.length]?.content ?? content;
  }
}

function elements(root: Element): Element[] {
  return [root, ...(root.parts ?? []).flatMap(elements)];
}

/** Reads a message of this bench's own making: lengths of one to three octets, all of them true. */
function read(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] as number;
    const octets = first < 0x80 ? 0 : first & 7;
    const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
    const start = at + 2 + octets;
    const content = bytes.subarray(start, start + length);
    found.push((tag & 0x20) === 0 ? { tag, content } : { tag, parts: read(content) });
    at = start + length;
  }
  return found;
}

function write(element: Element, depth: number): Buffer {
  const content =
    element.content ??
    (depth > 200
      ? Buffer.alloc(0)
      : Buffer.concat((element.parts ?? []).map((part) => write(part, depth + 1))));
  const { length } = content;
  const header =
    length < 128
      ? [length]
      : length < 65_536
        ? [0x82, length >> 8, length & 255]
        : [0x83, length >> 16, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from([element.tag, ...header]), content]);
}

/** A message with one to four changes: octets flipped, replaced, taken out, put in, repeated, or from another message. */
export function mutate(message: Buffer, others: readonly Buffer[], random: () => number): Buffer {
  let bytes = Buffer.from(message);
  for (let left = 1 + (random() % 4); left > 0; left--) {
    const at = random() % Math.max(1, bytes.length);
    const length = 1 + (random() % 8);
    switch (random() % 8) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
        break;
      case 1:
        bytes[at] = random() & 255;
        break;
      case 2:
        bytes[at] = evil[random() % evil.length] as number;
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.alloc(length, random() & 255),
          bytes.subarray(at),
        ]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 6: {
        const other = others[random() % others.length] as Buffer;
        const from = random() % other.length;
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          other.subarray(from, from + length * 4),
          bytes.subarray(at),
        ]);
        break;
      }
      default:
        bytes = bytes.subarray(0, at + 1);
    }
  }
  return bytes.length > 0 ? mend(bytes, random) : Buffer.from([0]);
}

/** Two in three get an outer length that fits, or most would end at the door. */
function mend(bytes: Buffer, random: () => number): Buffer {
  if (random() % 3 === 0 || bytes[0] !== 0x30 || bytes.length < 2) return bytes;
  const first = bytes[1] as number;
  const content = bytes.subarray(first < 0x80 ? 2 : 2 + (first & 7));
  const { length } = content;
  const header = length < 128 ? [0x30, length] : [0x30, 0x82, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from(header), content]);
}
