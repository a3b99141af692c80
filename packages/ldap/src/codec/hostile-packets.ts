import { encodeMessage } from "./encode-message.ts";
import { parseFilter } from "./filter-text.ts";
import type { ProtocolOp } from "./message.ts";

/** Octets that a client has no business sending, or that look right and lie. Test code: not in the package. */
export interface HostilePacket {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One request of every kind, as material for lies. */
const requests: readonly ProtocolOp[] = [
  {
    type: "bindRequest",
    version: 3,
    name: "uid=ada,dc=example,dc=com",
    authentication: { type: "simple", password: octets("secret") },
  },
  {
    type: "bindRequest",
    version: 3,
    name: "",
    authentication: { type: "sasl", mechanism: "PLAIN", credentials: octets("\0ada\0secret") },
  },
  { type: "unbindRequest" },
  {
    type: "searchRequest",
    baseObject: "dc=example,dc=com",
    scope: "wholeSubtree",
    derefAliases: "neverDerefAliases",
    sizeLimit: 10,
    timeLimit: 5,
    typesOnly: false,
    filter: parseFilter("(&(uid=ada)(|(cn=a*b*c)(!(sn:dn:caseIgnoreMatch:=x)))(mail=*)(age>=3))"),
    attributes: ["cn", "mail"],
  },
  {
    type: "modifyRequest",
    object: "uid=ada,dc=example",
    changes: [{ operation: "replace", modification: { type: "cn", vals: [octets("Ada"), octets("A")] } }],
  },
  { type: "addRequest", entry: "uid=eve,dc=example", attributes: [{ type: "cn", vals: [octets("Eve")] }] },
  { type: "delRequest", entry: "uid=eve,dc=example" },
  { type: "modDNRequest", entry: "uid=a,dc=b", newrdn: "uid=c", deleteoldrdn: true, newSuperior: "dc=d" },
  { type: "compareRequest", entry: "uid=a,dc=b", attribute: "cn", value: octets("x") },
  { type: "abandonRequest", abandonId: 3 },
  { type: "extendedReq", requestName: "1.3.6.1.4.1.1466.20037" },
];

const controls = [{ oid: "1.2.840.113556.1.4.319", critical: true, value: Uint8Array.of(0x30, 3, 2, 1, 5) }];

/** A generator of 32 bit numbers (mulberry32), so that a failure can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

interface ElementPlace {
  /** Where the identifier octet is. */
  readonly tagAt: number;
  /** Where the octet is that says the length, the second of the long form. */
  readonly lengthAt: number;
}

/** Finds every element of a well-formed message whose lengths take one or two octets. */
function elementPlaces(bytes: Uint8Array, start: number = 0, end: number = bytes.length): ElementPlace[] {
  const places: ElementPlace[] = [];
  for (let at = start; at < end; ) {
    const lengthAt = bytes[at + 1] === 0x81 ? at + 2 : at + 1;
    places.push({ tagAt: at, lengthAt });
    const contentEnd = lengthAt + 1 + (bytes[lengthAt] as number);
    if (((bytes[at] as number) & 0x20) !== 0) places.push(...elementPlaces(bytes, lengthAt + 1, contentEnd));
    at = contentEnd;
  }
  return places;
}

function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

/** Replaces one octet by several and leaves all lengths as they are. */
function replaced(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...values, ...bytes.subarray(at + 1)]);
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

function length(value: number): number[] {
  if (value < 0x80) return [value];
  if (value < 0x10000) return [0x82, value >> 8, value & 0xff];
  return [0x83, value >> 16, (value >> 8) & 0xff, value & 0xff];
}

function element(tag: number, content: readonly number[]): number[] {
  return [tag, ...length(content.length), ...content];
}

/** A search with this filter, filter given as BER. */
function searchWith(filter: readonly number[], scope = 2): Uint8Array {
  const head = [4, 0, 0x0a, 1, scope, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
  const op = element(0x63, [...head, ...filter, 0x30, 0]);
  return Uint8Array.from(element(0x30, [2, 1, 7, ...op]));
}

/** A search whose filter is nested `depth` deep; built from the inside without recursion, in linear time. */
function nestedSearch(depth: number, tag: number): Uint8Array {
  const present = [0x87, 1, 0x61];
  const headers: number[][] = [];
  let size = present.length;
  for (let level = 1; level < depth; level += 1) {
    const header = [tag, ...length(size)];
    headers.push(header);
    size += header.length;
  }
  return searchWith([...headers.reverse().flat(), ...present]);
}

function* lies(name: string, message: Uint8Array): Generator<HostilePacket> {
  for (let cut = 1; cut < message.length; cut += 1) {
    yield { name: `${name} cut to ${cut} octets`, bytes: message.subarray(0, cut) };
  }
  for (const { tagAt, lengthAt } of elementPlaces(message)) {
    const announced = message[lengthAt] as number;
    for (const delta of [-3, -1, 1, 3, 60]) {
      if (announced + delta < 0) continue;
      yield {
        name: `${name} length at ${lengthAt} off by ${delta}`,
        bytes: changed(message, lengthAt, announced + delta),
      };
    }
    yield { name: `${name} indefinite length at ${lengthAt}`, bytes: changed(message, tagAt + 1, 0x80) };
    yield {
      name: `${name} 4 GiB announced at ${lengthAt}`,
      bytes: replaced(message, tagAt + 1, 0x84, 0xff, 0xff, 0xff, 0xff),
    };
    yield {
      name: `${name} eight length octets at ${lengthAt}`,
      bytes: replaced(message, tagAt + 1, 0x88, 0, 0, 0, 0, 0, 0, 0, 1),
    };
    for (const tag of [0x00, 0x1f, 0x24, 0x31, 0xbf, 0xff]) {
      yield { name: `${name} tag ${tag} at ${tagAt}`, bytes: changed(message, tagAt, tag) };
    }
  }
  yield { name: `${name} with junk behind`, bytes: Uint8Array.from([...message, 0xde, 0xad, 0xbe, 0xef]) };
}

const special: readonly (readonly [name: string, hex: string])[] = [
  ["4 GiB announced", "30 84 ff ff ff ff"],
  ["2 GiB announced", "30 84 7f ff ff ff"],
  ["2 GiB less one octet announced, sign bit set", "30 84 80 00 00 00"],
  ["five length octets", "30 85 01 00 00 00 00"],
  ["127 length octets", "30 ff"],
  ["indefinite message", "30 80 02 01 01 42 00 00 00"],
  ["empty message", "30 00"],
  ["messageID alone", "30 03 02 01 01"],
  ["no messageID", "30 02 42 00"],
  ["empty messageID", "30 04 02 00 42 00"],
  ["negative messageID", "30 05 02 01 ff 42 00"],
  ["messageID 0", "30 05 02 01 00 42 00"],
  ["messageID of 2^31", "30 09 02 05 00 80 00 00 00 42 00"],
  ["messageID of -2^31", "30 08 02 04 80 00 00 00 42 00"],
  ["messageID of nine octets", "30 0d 02 09 01 00 00 00 00 00 00 00 00 42 00"],
  ["messageID as a string", "30 05 04 01 01 42 00"],
  ["unknown operation 26", "30 05 02 01 01 5a 00"],
  ["unknown operation 31, long form", "30 06 02 01 01 7f 1f 00"],
  ["universal operation", "30 05 02 01 01 30 00"],
  ["unbind with content", "30 06 02 01 01 42 01 00"],
  ["abandon without content", "30 05 02 01 01 50 00"],
  ["abandon of a negative messageID", "30 06 02 01 01 50 01 ff"],
  ["bind of version 0", "30 0c 02 01 01 60 07 02 01 00 04 00 80 00"],
  ["bind of version 128", "30 0d 02 01 01 60 08 02 02 00 80 04 00 80 00"],
  ["bind without authentication", "30 0a 02 01 01 60 05 02 01 03 04 00"],
  ["bind with constructed name", "30 0c 02 01 01 60 07 02 01 03 24 00 80 00"],
  ["bind with a name that is not UTF-8", "30 0e 02 01 01 60 09 02 01 03 04 02 c3 28 80 00"],
  ["bind with a name of an encoded surrogate", "30 0f 02 01 01 60 0a 02 01 03 04 03 ed a0 80 80 00"],
  ["bind with a name in overlong UTF-8", "30 0e 02 01 01 60 09 02 01 03 04 02 c0 80 80 00"],
  ["controls that are no list", "30 08 02 01 01 42 00 a0 01 00"],
  ["control without OID", "30 09 02 01 01 42 00 a0 02 30 00"],
  ["controls twice", "30 09 02 01 01 42 00 a0 00 a0 00"],
  ["TLS client hello", "16 03 01 02 00 01 00 01 fc 03 03"],
  ["HTTP request", "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a 0d 0a"],
  ["SSH banner", "53 53 48 2d 32 2e 30 2d 78 0d 0a"],
  ["zero octets", "00 00 00 00 00 00 00 00"],
  ["ones", "ff ff ff ff ff ff ff ff"],
];

const filterLies: readonly (readonly [name: string, filter: string])[] = [
  ["filter missing", ""],
  ["filter of unknown choice", "ab 00"],
  ["not of nothing", "a2 00"],
  ["not of two", "a2 06 87 01 61 87 01 62"],
  ["equality without value", "a3 03 04 01 61"],
  ["equality of three", "a3 09 04 01 61 04 01 62 04 01 63"],
  ["substrings of nothing", "a4 05 04 01 61 30 00"],
  ["substrings of an empty piece", "a4 07 04 01 61 30 02 80 00"],
  ["substrings with initial last", "a4 0b 04 01 61 30 06 81 01 62 80 01 63"],
  ["substrings with two finals", "a4 0b 04 01 61 30 06 82 01 62 82 01 63"],
  ["substrings of unknown choice", "a4 08 04 01 61 30 03 83 01 62"],
  ["extensible match of nothing", "a9 00"],
  ["extensible match of a value alone", "a9 03 83 01 61"],
  ["extensible match without value", "a9 03 82 01 61"],
  ["present as a list", "a7 03 04 01 61"],
];

function* filterPackets(): Generator<HostilePacket> {
  for (const [name, filter] of filterLies) yield { name, bytes: searchWith([...hex(filter)]) };
  for (const scope of [4, 0x7f, 0x80, 0xff]) {
    yield { name: `scope ${scope}`, bytes: searchWith([0x87, 1, 0x61], scope) };
  }
  for (const depth of [100, 101, 500, 5000, 50_000]) {
    yield { name: `not nested ${depth} deep`, bytes: nestedSearch(depth, 0xa2) };
    yield { name: `and nested ${depth} deep`, bytes: nestedSearch(depth, 0xa0) };
  }
  yield {
    name: "not nested deep with a lie inside",
    bytes: searchWith(Array.from({ length: 2000 }, () => [0xa2, 0x02]).flat()),
  };
  const many = Array.from({ length: 20_000 }, () => [0x87, 1, 0x61]).flat();
  yield { name: "and of 20000 filters", bytes: searchWith(element(0xa0, many)) };
  const pieces = Array.from({ length: 20_000 }, () => [0x81, 1, 0x61]).flat();
  yield {
    name: "substrings of 20000 pieces",
    bytes: searchWith(element(0xa4, [4, 1, 0x61, ...element(0x30, pieces)])),
  };
}

/**
 * A fixed set of hostile packets for a seed: every request cut at every octet and with every length and tag
 * made a lie, known killers of LDAP servers, filters of great depth and breadth, and random changes.
 *
 * @param seed for the random part, default 1.
 */
export function hostilePackets(seed: number = 1): HostilePacket[] {
  const packets: HostilePacket[] = [];
  const messages = requests.map((protocolOp, index) => ({
    name: `${protocolOp.type} ${index}`,
    bytes: encodeMessage({ messageId: 5, protocolOp, ...(index % 3 === 0 && { controls }) }),
  }));
  for (const { name, bytes } of messages) packets.push(...lies(name, bytes));
  for (const [name, text] of special) packets.push({ name, bytes: hex(text) });
  packets.push(...filterPackets());
  const random = randomFrom(seed);
  for (let round = 0; round < 400; round += 1) {
    const { name, bytes } = messages[random() % messages.length] as HostilePacket;
    const copy = Uint8Array.from(bytes);
    for (let count = 1 + (random() % 4); count > 0; count -= 1) {
      copy[random() % copy.length] = random() & 0xff;
    }
    packets.push({ name: `${name} changed at random, round ${round}`, bytes: copy });
  }
  return packets;
}
