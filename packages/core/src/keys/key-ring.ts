import { hkdfSync, randomBytes } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import { constantTimeEqual } from "./constant-time.ts";
import { keyMaterial, keyOctets } from "./key-material.ts";
import { resolveSecret, type Secret, type SecretSource } from "./secret.ts";

/** A key with its name. */
export interface RingKey {
  /** The name, stored beside everything sealed with the key: 1 to 16 of `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** 32 octets. Not enumerable in the rings of this package, so that printing the object does not print the key. */
  readonly key: Uint8Array;
}

/** The keys under which a directory keeps what it must be able to read back. */
export interface KeyRing {
  /** The key that seals from now on. */
  current(): RingKey;
  /**
   * The key with that id, current or previous.
   *
   * @param id - as read from an envelope
   */
  get(id: string): RingKey | undefined;
  /**
   * A key for one purpose: 32 octets by HKDF-SHA256 (RFC 5869), always the same for the same purpose. It comes from the
   * key the ring designates for deriving, which stays the same when a new current key is added; removing that key from
   * the ring changes everything derived, so whatever was signed or blinded with it no longer matches.
   *
   * @param purpose - what it is for, for instance `session-token`; two purposes give unrelated keys
   */
  derive(purpose: string): Uint8Array;
}

/** A key for {@link keyRing}. */
export interface KeyRingEntry<Key = Secret | Uint8Array | string> {
  /** The key's name: 1 to 16 of `A-Z a-z 0-9 . _ -`. Never give a name that was used before to another key. */
  readonly id: string;
  /** 32 random octets, as they are or as base64 text. */
  readonly key: Key;
}

/** What {@link keyRing} is made of. */
export interface KeyRingOptions<Key = Secret | Uint8Array | string> {
  /** The key that seals from now on. */
  readonly current: KeyRingEntry<Key>;
  /**
   * Keys that still open what they sealed, latest first. To rotate, put the current key at the front of this list and
   * a new one in its place; drop a key when nothing sealed with it is left. Default none.
   */
  readonly previous?: readonly KeyRingEntry<Key>[];
  /** Id of the key that {@link KeyRing.derive} uses. Default the oldest: the last of `previous`, else `current`. */
  readonly deriveFrom?: string;
}

/**
 * A ring of keys held in memory.
 *
 * One key seals at most 2^32 values, because each takes a random 96-bit nonce (NIST SP 800-38D §8.3): rotate before.
 *
 * @throws DirectoryError `misconfigured` for a key that is not 32 octets or that nobody drew at random (see
 * `keyMaterial`), for a malformed or repeated id, for one key under two ids, and when `deriveFrom` names no key
 * @example
 * ```ts
 * const ring = keyRing({ current: { id: "2026-02", key: newKey }, previous: [{ id: "2025-11", key: oldKey }] });
 * ```
 */
export function keyRing(options: KeyRingOptions): KeyRing {
  const keys = new Map<string, RingKey>();
  for (const entry of [options.current, ...(options.previous ?? [])]) {
    const added = ringKey(entry);
    if (keys.has(added.id)) throw new DirectoryError("misconfigured", `Two keys have the id "${added.id}".`);
    for (const other of keys.values()) {
      if (constantTimeEqual(other.key, added.key)) {
        throw new DirectoryError("misconfigured", `The keys "${other.id}" and "${added.id}" are the same.`);
      }
    }
    keys.set(added.id, added);
  }
  const current = requireKey(keys, options.current.id);
  const root = requireKey(keys, options.deriveFrom ?? options.previous?.at(-1)?.id ?? current.id);
  return {
    current: () => current,
    get: (id) => keys.get(id),
    derive: (purpose) => deriveKey(root.key, purpose),
  };
}

/**
 * The same as {@link keyRing} for keys that come from the environment, files or a vault.
 *
 * @throws DirectoryError `misconfigured` also when a key cannot be fetched
 */
export async function loadKeyRing(options: KeyRingOptions<SecretSource>): Promise<KeyRing> {
  const load = async ({ id, key }: KeyRingEntry<SecretSource>): Promise<KeyRingEntry> => ({
    id,
    key: await resolveSecret(key, `key "${id}"`),
  });
  return keyRing({
    ...options,
    current: await load(options.current),
    previous: await Promise.all((options.previous ?? []).map(load)),
  });
}

/** A ring with one random key that ends with the process: for stores in memory, whose content ends with it too. */
export function ephemeralKeyRing(): KeyRing {
  return keyRing({ current: { id: "ephemeral", key: randomBytes(keyOctets) } });
}

function ringKey(entry: KeyRingEntry): RingKey {
  if (!/^[A-Za-z0-9._-]{1,16}$/.test(entry.id)) {
    throw new DirectoryError(
      "misconfigured",
      "A key's id must be 1 to 16 of: letters, digits, dot, underscore, hyphen.",
    );
  }
  const named = { id: entry.id };
  return Object.freeze(
    Object.defineProperty(named, "key", { value: keyMaterial(entry.key, `key "${entry.id}"`) }),
  ) as RingKey;
}

function requireKey(keys: ReadonlyMap<string, RingKey>, id: string): RingKey {
  const found = keys.get(id);
  if (found === undefined) throw new DirectoryError("misconfigured", `No key has the id "${id}".`);
  return found;
}

function deriveKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(
    hkdfSync("sha256", key, new Uint8Array(0), `directorykit derive v1\0${purpose}`, keyOctets),
  );
}
