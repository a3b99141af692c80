import { createHash, createHmac, createSecretKey } from "node:crypto";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { mutate } from "../ldap/mutate.ts";
import { nameOf, passwordOf, secret } from "./people.ts";

// Written and signed octet by octet, not with the package's encoder: what both sides get wrong together would never show.

/** An attribute of a packet. */
export type Attribute = readonly [type: number, value: Uint8Array];

/** A packet before it is mutated and signed. */
export interface Draft {
  readonly code: number;
  readonly attributes: readonly Attribute[];
}

/** What a login by EAP needs of the challenge before it. */
export interface Challenge {
  readonly state: Uint8Array;
  readonly eapIdentifier: number;
}

const key = createSecretKey(Buffer.from(secret));
const md5 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const text = (type: number, value: string): Attribute => [type, Buffer.from(value)];
const number = (type: number, value: number): Attribute => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return [type, octets];
};
const messageAuthenticator: Attribute = [80, Buffer.alloc(16)];

/** Hides or reveals a User-Password (RFC 2865 §5.2). */
function crypt(input: Uint8Array, authenticator: Uint8Array, isHidden: boolean): Buffer {
  const output = Buffer.alloc(Math.max(16, Math.ceil(input.length / 16) * 16));
  output.set(input);
  let before = authenticator;
  for (let at = 0; at < output.length; at += 16) {
    const hidden = isHidden ? Buffer.from(output.subarray(at, at + 16)) : output.subarray(at, at + 16);
    const mask = md5(Buffer.from(secret), before);
    for (let i = 0; i < 16; i++) output[at + i] = (output[at + i] as number) ^ (mask[i] as number);
    before = hidden;
  }
  return output;
}

/** The first flight of a client of TLS, as Node writes it. */
export async function clientHello(): Promise<Buffer> {
  const wire = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => done(void wire.emit("sent", chunk)),
  });
  const sent = once(wire, "sent");
  const socket = connect({ socket: wire, servername: "radius.example.com" });
  socket.on("error", () => {});
  const [hello] = (await sent) as [Buffer];
  socket.destroy();
  return hello;
}

/** Requests of every kind, somebody else's each time. */
export class Drafts {
  readonly #random: () => number;
  readonly #hello: Buffer;
  readonly #people: number;
  readonly #first: number;

  /** @param first - number of the first of `people` whom they name */
  constructor(random: () => number, hello: Buffer, people: number, first = 0) {
    this.#first = first;
    this.#random = random;
    this.#hello = hello;
    this.#people = people;
  }

  /** One of them. @param challenge - that a login by EAP may go on from */
  draw(authenticator: Uint8Array, challenge: Challenge | undefined): Draft {
    const random = this.#random;
    const who = this.#first + (random() % this.#people);
    const station = text(31, `02-00-00-00-${hex(random() % 64)}-${hex(random() % 256)}`);
    const place = [
      text(4, "\x7f\0\0\x01"),
      number(5, random() % 100),
      station,
      text(30, "02-00-00-00-00-01:Bench"),
    ];
    const proxied = random() % 4 === 0 ? [text(33, "a proxy"), text(33, "and another")] : [];
    switch (random() % 8) {
      case 0:
      case 1: {
        const hidden = crypt(Buffer.from(passwordOf(who)), authenticator, false);
        const more = [...place, ...proxied, messageAuthenticator];
        return { code: 1, attributes: [text(1, nameOf(who)), [2, hidden], ...more] };
      }
      case 2:
      case 3: {
        const isGoingOn = challenge !== undefined && random() % 8 > 0;
        const eap = isGoingOn
          ? this.#eapResponse(challenge.eapIdentifier)
          : identity(random() & 255, nameOf(who));
        const state: Attribute[] = isGoingOn ? [[24, challenge.state]] : [];
        const more = [...split(eap), ...state, ...place, ...proxied, messageAuthenticator];
        return { code: 1, attributes: [text(1, nameOf(who)), ...more] };
      }
      case 4:
      case 5: {
        const kind = [1, 2, 3, 3, 7, 8][random() % 6] as number;
        const session = [
          text(44, `session ${random() % 500}`),
          number(46, random() % 1000),
          number(42, random()),
        ];
        return {
          code: 4,
          attributes: [number(40, kind), text(1, nameOf(who)), ...session, ...place, ...proxied],
        };
      }
      case 6:
        return { code: 12, attributes: [messageAuthenticator, text(32, "a switch")] };
      default: {
        const code = [40, 43, 2, 3, 11, 5, 13, 26][random() % 8] as number;
        return {
          code,
          attributes: [text(1, nameOf(who)), text(44, "session 1"), number(55, random()), ...proxied],
        };
      }
    }
  }

  #eapResponse(identifier: number): Buffer {
    const random = this.#random;
    const hello = this.#hello;
    switch (random() % 6) {
      case 0:
        return eap(2, identifier, Buffer.from([3, [13, 21, 25, 26, 6, 1][random() % 6] as number]));
      case 1:
        return identity(identifier, "anonymous");
      case 2: {
        const total = Buffer.alloc(4);
        total.writeUInt32BE(random() % 3 === 0 ? random() : hello.length);
        const piece = hello.subarray(0, 1 + (random() % hello.length));
        return eap(2, identifier, Buffer.concat([Buffer.from([21, 0xc0]), total, piece]));
      }
      case 3:
        return eap(2, identifier, Buffer.from([[13, 21, 25][random() % 3] as number, 0]));
      default:
        return eap(
          2,
          identifier,
          Buffer.concat([Buffer.from([[13, 21, 25][random() % 3] as number, 0]), hello]),
        );
    }
  }
}

const hex = (value: number): string => value.toString(16).padStart(2, "0").toUpperCase();

function eap(code: number, identifier: number, data: Uint8Array): Buffer {
  const length = 4 + data.length;
  return Buffer.concat([Buffer.from([code, identifier, length >> 8, length & 255]), data]);
}

function identity(identifier: number, name: string): Buffer {
  return eap(2, identifier, Buffer.from(`\x01${name}`));
}

function split(octets: Uint8Array): Attribute[] {
  const pieces: Attribute[] = [];
  for (let at = 0; at < octets.length; at += 253) pieces.push([79, octets.subarray(at, at + 253)]);
  return pieces;
}

/** A draft that says odd things in the form of a packet. */
export function mutateDraft(draft: Draft, other: Draft, random: () => number): Draft {
  const attributes = [...draft.attributes];
  let { code } = draft;
  for (let left = 1 + (random() % 2); left > 0; left--) {
    const at = random() % Math.max(1, attributes.length);
    const [type, value] = attributes[at] ?? [1, Buffer.alloc(0)];
    const put = (one: Attribute): void => {
      attributes[at] = one;
    };
    switch (random() % 9) {
      case 0:
        attributes.splice(at, 1);
        break;
      case 1:
        attributes.push([type, value]);
        break;
      case 2:
        attributes.push(other.attributes[random() % Math.max(1, other.attributes.length)] ?? [24, value]);
        break;
      case 3:
        put([random() & 255, value]);
        break;
      case 4:
        put([type, value.subarray(0, random() % (value.length + 1))]);
        break;
      case 5:
        put([type, Buffer.alloc(random() % 254, random() & 255)]);
        break;
      case 6:
        if (random() % 4 === 0) code = random() & 255;
        else attributes.reverse();
        break;
      case 7:
        for (let i = random() % 250; i > 0; i--) attributes.push([type, value.subarray(0, 16)]);
        break;
      default:
        put([
          type,
          value.length === 0
            ? value
            : mutate(Buffer.from(value), [Buffer.from(value)], random).subarray(0, 253),
        ]);
    }
  }
  return { code, attributes };
}

/** A draft as octets, not signed. One that is too long loses its end. */
export function encode({ code, attributes }: Draft, identifier: number, authenticator: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Buffer.from([code, identifier, 0, 0]), authenticator];
  let length = 20;
  for (const [type, value] of attributes) {
    if (length + 2 + value.length > 4096) break;
    parts.push(Buffer.from([type, 2 + value.length]), value);
    length += 2 + value.length;
  }
  const packet = Buffer.concat(parts);
  packet.writeUInt16BE(packet.length, 2);
  return packet;
}

/** Signs a packet in place, as far as it has one: its length, its Message-Authenticator, its digest. */
export function sign(packet: Buffer): Buffer {
  if (packet.length < 20 || packet.length > 4096) return packet;
  packet.writeUInt16BE(packet.length, 2);
  const isDigest = [4, 40, 43].includes(packet[0] as number);
  if (isDigest) packet.fill(0, 4, 20);
  const at = find(packet, 80);
  if (at !== undefined && packet[at + 1] === 18) {
    packet.fill(0, at + 2, at + 18);
    createHmac("md5", key)
      .update(packet)
      .digest()
      .copy(packet, at + 2);
  }
  if (isDigest) md5(packet, Buffer.from(secret)).copy(packet, 4);
  return packet;
}

/** Where the first attribute of a type begins, in a packet whose attributes are whole that far. */
function find(packet: Uint8Array, wanted: number): number | undefined {
  for (let at = 20; at + 2 <= packet.length; ) {
    const length = packet[at + 1] as number;
    if (length < 2 || at + length > packet.length) return undefined;
    if (packet[at] === wanted) return at;
    at += length;
  }
  return undefined;
}

/** Value of the first attribute of a type. */
export function attributeValue(packet: Uint8Array, type: number): Uint8Array | undefined {
  const at = find(packet, type);
  return at === undefined ? undefined : packet.subarray(at + 2, at + (packet[at + 1] as number));
}

/** Whether an answer is one to a request, by its signatures. */
export function isAnswerTo(answer: Buffer, request: Uint8Array): boolean {
  if (answer.length < 20 || request.length < 20 || answer[1] !== request[1]) return false;
  if (answer.readUInt16BE(2) !== answer.length) return false;
  const authenticator = request.subarray(4, 20);
  const digest = md5(answer.subarray(0, 4), authenticator, answer.subarray(20), Buffer.from(secret));
  if (!digest.equals(answer.subarray(4, 20))) return false;
  if (answer[0] === 5) return true;
  // Everything but an Accounting-Response begins with a Message-Authenticator.
  if (answer[20] !== 80 || answer[21] !== 18) return false;
  const bare = Buffer.from(answer);
  bare.set(authenticator, 4);
  bare.fill(0, 22, 38);
  return createHmac("md5", key).update(bare).digest().equals(answer.subarray(22, 38));
}

/** Whether a request proves that its client wrote it, and may get any answer: nobody else's does. */
export function isProven(sent: Buffer): boolean {
  if (sent.length < 20) return false;
  const packet = sent.subarray(0, sent.readUInt16BE(2));
  const at = find(packet, 80);
  const isDigest = packet[0] === 4;
  if (isDigest) {
    const zeros = Buffer.alloc(16);
    const digest = md5(packet.subarray(0, 4), zeros, packet.subarray(20), Buffer.from(secret));
    if (!digest.equals(packet.subarray(4, 20))) return false;
    if (at === undefined) return true;
  }
  if (at === undefined || packet[at + 1] !== 18) return false;
  const bare = Buffer.from(packet);
  bare.fill(0, at + 2, at + 18);
  if (isDigest) bare.fill(0, 4, 20);
  return createHmac("md5", key)
    .update(bare)
    .digest()
    .equals(packet.subarray(at + 2, at + 18));
}

/** Whether somebody may be let in for this: it says the right password, or asks for the server's status. */
export function mayBeAccepted(sent: Buffer): boolean {
  const packet = sent.subarray(0, sent.readUInt16BE(2));
  if (packet[0] === 12) return true;
  const hidden = attributeValue(packet, 2);
  if (packet[0] !== 1 || hidden === undefined || find(packet, 79) !== undefined) return false;
  const password = crypt(hidden, packet.subarray(4, 20), true).toString("latin1").replace(/\0+$/, "");
  // Names are compared as RFC 4518 prepares them: without control characters.
  const name = Buffer.from(attributeValue(packet, 1) ?? [])
    .toString("utf8")
    .replace(/\p{Cc}|\p{Cf}|\p{Variation_Selector}/gu, "")
    .normalize("NFKC")
    .trim()
    .toLowerCase();
  return /^user\d{6}$/.test(name) && password === passwordOf(Number(name.slice(4)));
}
