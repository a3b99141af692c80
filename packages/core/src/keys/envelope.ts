import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import type { KeyRing } from "./key-ring.ts";

/** Where a sealed value belongs. It opens nowhere else. */
export interface EnvelopeBinding {
  /** The organization's id. */
  readonly organization: string;
  /** Id of the record that owns the value, for instance the user. */
  readonly owner: string;
  /** What the value is, for instance `totp`. */
  readonly kind: string;
  /** Id of the record that holds the envelope, for instance the credential. */
  readonly id: string;
}

const version = 1;
const ivOctets = 12;
const tagOctets = 16;
const maxPlaintextOctets = 65_536;
const maxEnvelopeText = 90_000;

/**
 * Seals a value with the ring's current key (AES-256-GCM) so that it can be read back later, and only as part of the
 * record it was sealed for: someone who can write to the store cannot move one user's secret to another.
 *
 * The envelope is base64url text of `version (1 octet) | length of key id (1) | key id | nonce (12) | ciphertext | tag
 * (16)`. Everything before the nonce and the binding are authenticated with it.
 *
 * @param ring - the keys
 * @param plaintext - up to 65,536 octets; text is sealed as UTF-8
 * @param binding - where the value belongs; repeat it exactly to open the envelope
 * @throws DirectoryError `invalid-input` when the value is too long or text is not well-formed Unicode
 */
export function seal(ring: KeyRing, plaintext: string | Uint8Array, binding: EnvelopeBinding): string {
  if (typeof plaintext === "string" && !plaintext.isWellFormed()) {
    throw new DirectoryError("invalid-input", "The value to seal is not well-formed Unicode.");
  }
  const octets = typeof plaintext === "string" ? Buffer.from(plaintext) : plaintext;
  if (octets.length > maxPlaintextOctets) {
    throw new DirectoryError(
      "invalid-input",
      `The value to seal is longer than ${maxPlaintextOctets} octets.`,
    );
  }
  const { id, key } = ring.current();
  const header = Buffer.concat([Uint8Array.of(version, id.length), Buffer.from(id, "latin1")]);
  const iv = randomBytes(ivOctets);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(associatedData(header, binding));
  return Buffer.concat([header, iv, cipher.update(octets), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  );
}

/**
 * Opens what {@link seal} made.
 *
 * @param ring - a ring that still has the key
 * @param envelope - the text {@link seal} gave
 * @param binding - the same as when it was sealed
 * @returns the octets that were sealed
 * @throws DirectoryError `store-unavailable` when the envelope is malformed, was changed, belongs to another binding, or
 * its key is gone from the ring (then `details.keyId` names the key)
 */
export function open(ring: KeyRing, envelope: string, binding: EnvelopeBinding): Uint8Array {
  const parts = parse(envelope);
  if (parts === undefined) throw unopenable();
  const key = ring.get(parts.keyId)?.key;
  if (key === undefined) throw unopenable({ keyId: parts.keyId });
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, parts.iv, { authTagLength: tagOctets })
      .setAAD(associatedData(parts.header, binding))
      .setAuthTag(parts.tag);
    return Uint8Array.from(Buffer.concat([decipher.update(parts.ciphertext), decipher.final()]));
  } catch {
    // Says nothing of the cause: node's text differs between "bad tag" and others, and there is nothing else to tell.
    throw unopenable();
  }
}

/**
 * Whether an envelope should be sealed again: its key is not the ring's current one, or it is not an envelope of the
 * current version. Does not check that it opens.
 *
 * @param envelope - the text {@link seal} gave
 */
export function needsReseal(ring: KeyRing, envelope: string): boolean {
  return parse(envelope)?.keyId !== ring.current().id;
}

function unopenable(details: Readonly<Record<string, string>> = {}): DirectoryError {
  return new DirectoryError("store-unavailable", "A sealed value in the store cannot be opened.", {
    details,
  });
}

interface Parts {
  readonly header: Buffer;
  readonly keyId: string;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

function parse(envelope: string): Parts | undefined {
  if (envelope.length > maxEnvelopeText) return undefined;
  const octets = Buffer.from(envelope, "base64url");
  // Node's decoder skips what it does not know; only the one canonical text of an envelope is one.
  if (octets.toString("base64url") !== envelope) return undefined;
  const idLength = octets[1] ?? 0;
  const headerLength = 2 + idLength;
  if (octets[0] !== version || idLength === 0 || octets.length < headerLength + ivOctets + tagOctets)
    return undefined;
  const header = octets.subarray(0, headerLength);
  return {
    header,
    keyId: header.toString("latin1", 2),
    iv: octets.subarray(headerLength, headerLength + ivOctets),
    ciphertext: octets.subarray(headerLength + ivOctets, octets.length - tagOctets),
    tag: octets.subarray(octets.length - tagOctets),
  };
}

/** Each part with its length before it, so that no two bindings have the same octets. */
function associatedData(header: Buffer, binding: EnvelopeBinding): Buffer {
  const parts = [binding.organization, binding.owner, binding.kind, binding.id].flatMap((part) => {
    if (!part.isWellFormed())
      throw new DirectoryError("invalid-input", "A binding is not well-formed Unicode.");
    const octets = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(octets.length);
    return [length, octets];
  });
  return Buffer.concat([header, ...parts]);
}
