const smallest = "01000000-0000-0000-0000-000000000000";
const hexDigits = "0123456789abcdef";

/**
 * The form in which ids lie in the file. A UUID takes 16 bytes in place of 36. Ids may be any text, though, and pages
 * are in the order of the text, so the bytes of all ids must sort as their texts do:
 *
 * - a UUID from `01000000-…` on is its 16 bytes;
 * - text before that is a zero byte and the text;
 * - any other text is the 16 bytes of the greatest UUID before it and then the text, which puts it right behind.
 */
export function encodeId(id: string): Uint8Array {
  const uuid = bytesOfUuid(id);
  if (uuid !== undefined && uuid[0] !== 0) return uuid;
  const text = Buffer.from(id, "utf8");
  if (id < smallest) return Buffer.concat([Buffer.of(0), text]);
  return Buffer.concat([bytesOfUuid(greatestUuidBefore(id)) as Uint8Array, text]);
}

/** The id that {@link encodeId} made these bytes from. */
export function decodeId(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0) return buffer.toString("utf8", 1);
  if (buffer.length > 16) return buffer.toString("utf8", 16);
  return uuidOfHex(buffer.toString("hex"));
}

/** The id whose bytes these lower-case hexadecimal digits are. */
export function decodeHexId(hex: string): string {
  return hex.length === 32 && !hex.startsWith("00") ? uuidOfHex(hex) : decodeId(Buffer.from(hex, "hex"));
}

/** Ids as one JSON text for `unhex(value)` over `json_each(?)`: any number of them in one parameter. */
export function encodeIdList(ids: readonly string[]): string {
  return JSON.stringify(ids.map((id) => Buffer.from(encodeId(id)).toString("hex")));
}

/** Values of lower-case hexadecimal digits by their character codes; -1 for all other characters. */
const digits = Int8Array.from({ length: 128 }, (_, code) => hexDigits.indexOf(String.fromCharCode(code)));

/** The bytes of a UUID in lower case, or `undefined` for any other text. */
function bytesOfUuid(id: string): Uint8Array | undefined {
  if (id.length !== 36) return undefined;
  const bytes = new Uint8Array(16);
  for (let at = 0, i = 0; i < 16; i++, at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (id.charCodeAt(at) !== 45) return undefined;
      at += 1;
    }
    const high = digits[id.charCodeAt(at)] ?? -1;
    const low = digits[id.charCodeAt(at + 1)] ?? -1;
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

function uuidOfHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const dashes: ReadonlySet<number> = new Set([8, 13, 18, 23]);
const largestTail = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The greatest UUID whose text sorts before `text`, which is itself no UUID and sorts after `smallest`. */
function greatestUuidBefore(text: string): string {
  for (let at = 0; at < 36; at++) {
    const char = text[at];
    const allowed = dashes.has(at) ? "-" : hexDigits;
    if (char !== undefined && allowed.includes(char)) continue;
    // Nothing fits from here on: take the greatest allowed character below, and the greatest tail behind it.
    const below = char === undefined ? undefined : [...allowed].findLast((one) => one < char);
    if (below !== undefined) return text.slice(0, at) + below + largestTail.slice(at + 1);
    return greatestBelow(text.slice(0, at));
  }
  return text.slice(0, 36);
}

/** The greatest UUID that sorts before every text that begins with `prefix`, a proper beginning of a UUID. */
function greatestBelow(prefix: string): string {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const digit = hexDigits.indexOf(prefix[at] as string);
    if (digit > 0) return prefix.slice(0, at) + hexDigits[digit - 1] + largestTail.slice(at + 1);
  }
  return smallest;
}
