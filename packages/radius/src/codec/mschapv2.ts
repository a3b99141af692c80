import { createCipheriv, createHash } from "node:crypto";
import { md4 } from "./md4.ts";
import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Octets of an NT hash. */
export const ntHashOctets = 16;
/** Octets of each challenge. */
export const challengeOctets = 16;
/** Octets of an answer. */
const responseOctets = 24;

/** What an answer is computed over. */
export interface MsChapInput {
  /** The server's challenge, 16 octets. */
  readonly authenticatorChallenge: Uint8Array;
  /** The peer's, 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** The peer's name; a Windows domain before it does not count. */
  readonly name: string;
}

/** The answer to a challenge (RFC 2759 §8.1). @param ntHash - of the password, 16 octets */
export function ntResponse(ntHash: Uint8Array, input: MsChapInput): Uint8Array {
  const challenge = challengeHash(input);
  const keys = new Uint8Array(21);
  keys.set(ntHash);
  const response = new Uint8Array(responseOctets);
  for (let i = 0; i < 3; i++) response.set(des(challenge, keys.subarray(i * 7, i * 7 + 7)), i * 8);
  keys.fill(0);
  return response;
}

/** By what a server proves that it knows the password too: `S=` and 40 digits (RFC 2759 §8.7). */
export function authenticatorResponse(
  ntHash: Uint8Array,
  input: MsChapInput & { readonly ntResponse: Uint8Array },
): string {
  const hashHash = md4(ntHash);
  const digest = sha1(hashHash, input.ntResponse, magicServer);
  hashHash.fill(0);
  return `S=${sha1(digest, challengeHash(input), magicPad).toString("hex").toUpperCase()}`;
}

/** The keys of a session that MS-CHAPv2 alone protects (RFC 3079 §3.4), 16 octets each, from the server's side. */
export function msChapSessionKeys(
  ntHash: Uint8Array,
  response: Uint8Array,
): { readonly sendKey: Uint8Array; readonly recvKey: Uint8Array } {
  const hashHash = md4(ntHash);
  const master = sha1(hashHash, response, magicMaster).subarray(0, 16);
  hashHash.fill(0);
  const key = (magic: Uint8Array): Uint8Array =>
    Uint8Array.from(sha1(master, shaPad1, magic, shaPad2).subarray(0, 16));
  const keys = { sendKey: key(magicServerSend), recvKey: key(magicClientSend) };
  master.fill(0);
  return keys;
}

/** What MS-CHAP2-Response carries (RFC 2548 §2.3.2). */
export interface Chap2Response {
  /** Belongs to the challenge. */
  readonly identifier: number;
  /** 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** 24 octets. */
  readonly ntResponse: Uint8Array;
}

/** Reads the value of an MS-CHAP2-Response. @throws RadiusDecodeError `bad-length` unless it has 50 octets */
export function decodeChap2Response(value: Uint8Array): Chap2Response {
  if (value.length !== 50) throw new RadiusDecodeError("bad-length", "an MS-CHAP2-Response has 50 octets");
  return {
    identifier: value[0] as number,
    peerChallenge: value.subarray(2, 18),
    ntResponse: value.subarray(26, 50),
  };
}

/** Both challenges and the name in 8 octets (RFC 2759 §8.2). */
function challengeHash({ authenticatorChallenge, peerChallenge, name }: MsChapInput): Uint8Array {
  const bare = name.slice(name.indexOf("\\") + 1);
  return sha1(peerChallenge, authenticatorChallenge, encoder.encode(bare)).subarray(0, 8);
}

/**
 * One block of DES. OpenSSL 3 has single DES no more unless it is told to, but triple DES, which is the same when its
 * three keys are one.
 */
function des(block: Uint8Array, key: Uint8Array): Uint8Array {
  const wide = withParityBits(key);
  const triple = Buffer.concat([wide, wide, wide]);
  const cipher = createCipheriv("des-ede3", triple, null).setAutoPadding(false);
  wide.fill(0);
  triple.fill(0);
  return cipher.update(block);
}

/** Spreads 56 bits over 8 octets, whose lowest bits DES ignores. */
function withParityBits(key: Uint8Array): Uint8Array {
  const wide = new Uint8Array(8);
  for (let i = 0; i < 8; i++) {
    const before = i === 0 ? 0 : (key[i - 1] as number) << (8 - i);
    const own = i === 7 ? 0 : (key[i] as number) >> i;
    wide[i] = (before | own) & 0xfe;
  }
  return wide;
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const encoder = new TextEncoder();
const magicServer = encoder.encode("Magic server to client signing constant");
const magicPad = encoder.encode("Pad to make it do more than one iteration");
const magicMaster = encoder.encode("This is the MPPE Master Key");
const magicClientSend = encoder.encode(
  "On the client side, this is the send key; on the server side, it is the receive key.",
);
const magicServerSend = encoder.encode(
  "On the client side, this is the receive key; on the server side, it is the send key.",
);
const shaPad1 = new Uint8Array(40);
const shaPad2 = new Uint8Array(40).fill(0xf2);
