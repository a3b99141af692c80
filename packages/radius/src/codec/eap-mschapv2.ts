import { maxIdentityOctets } from "./eap-packet.ts";
import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Op codes of EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02 §2). */
export const MsChapOpCode = { challenge: 1, response: 2, success: 3, failure: 4 } as const;

/** A peer's answer to a challenge. */
export interface MsChapResponse {
  /** That of the challenge. */
  readonly identifier: number;
  /** The peer's own challenge, 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** Its answer, 24 octets. */
  readonly ntResponse: Uint8Array;
  /** Its name. */
  readonly name: string;
}

const headerOctets = 4;
/** Octets of the value in a response: challenge, 8 that are zero, answer, flags. */
const valueOctets = 49;

/** Writes a challenge (§2.1). */
export function encodeMsChapChallenge(identifier: number, challenge: Uint8Array, name: string): Uint8Array {
  return encode(MsChapOpCode.challenge, identifier, [
    Uint8Array.of(challenge.length),
    challenge,
    encoder.encode(name),
  ]);
}

/** Writes a success or failure request (§2.3, §2.5) with its text. */
export function encodeMsChapResult(opCode: 3 | 4, identifier: number, text: string): Uint8Array {
  return encode(opCode, identifier, [encoder.encode(text)]);
}

/**
 * Reads a response (§2.2).
 * @throws RadiusDecodeError for another op code, lengths that cannot be, or a name that is none
 */
export function decodeMsChapAnswer(data: Uint8Array): MsChapResponse {
  if (data.length < headerOctets + 1 + valueOctets)
    throw new RadiusDecodeError("truncated", "shorter than an MS-CHAPv2 response");
  const [opCode, identifier, high, low, size] = data as unknown as [number, number, number, number, number];
  if (opCode !== MsChapOpCode.response) throw new RadiusDecodeError("bad-value", "no MS-CHAPv2 response");
  if (((high << 8) | low) !== data.length || size !== valueOctets)
    throw new RadiusDecodeError("bad-length", "an MS-CHAPv2 response has a length that cannot be");
  const value = data.subarray(headerOctets + 1, headerOctets + 1 + valueOctets);
  const name = data.subarray(headerOctets + 1 + valueOctets);
  if (name.length > maxIdentityOctets)
    throw new RadiusDecodeError("oversized", "an MS-CHAPv2 name is too long");
  return {
    identifier,
    peerChallenge: value.subarray(0, 16),
    ntResponse: value.subarray(24, 48),
    name: decoder.decode(name),
  };
}

function encode(opCode: number, identifier: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const data = new Uint8Array(headerOctets + body.length);
  const length = data.length;
  data.set([opCode, identifier, length >> 8, length & 255]);
  data.set(body, headerOctets);
  return data;
}

const encoder = new TextEncoder();
// The name only goes into a digest: what is no text makes a wrong one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
