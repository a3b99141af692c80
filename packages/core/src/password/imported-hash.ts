import { parseArgon2Hash } from "./argon2-hash.ts";
import { parseCryptHash } from "./crypt-hash.ts";
import { parseDigestHash } from "./digest-hash.ts";
import { parsePbkdf2Hash } from "./pbkdf2-hash.ts";
import { parseScryptHash } from "./scrypt-hash.ts";
import { refuseHash, type StoredHash } from "./stored-hash.ts";

const parsers = [parseArgon2Hash, parseDigestHash, parsePbkdf2Hash, parseScryptHash, parseCryptHash];
const maxStoredLength = 1024;

/**
 * Reads a stored hash of any supported family.
 *
 * @throws DirectoryError `invalid-input` as {@link assertSupportedHash} does
 */
export function parseStoredHash(stored: string): StoredHash {
  if (stored.length > maxStoredLength)
    throw refuseHash("stored", `it is longer than ${maxStoredLength} characters`);
  for (const parse of parsers) {
    const found = parse(stored);
    if (found !== undefined) return found;
  }
  throw refuseHash("stored", "its format is not supported");
}

/** Reads a stored hash, or gives `undefined` for one that {@link assertSupportedHash} refuses. */
export function findStoredHash(stored: string): StoredHash | undefined {
  try {
    return parseStoredHash(stored);
  } catch {
    return undefined;
  }
}

/**
 * Checks a hash from another system before it is stored, so that a user whose password could never match, or whose
 * sign-in would keep the server busy, is found at import. Supported, with limits:
 *
 * - argon2id, argon2i (PHC, also after `{ARGON2}`): 256 MiB, 10 passes, 16 lanes
 * - `{SSHA}`, `{SHA}`, and with 256, 384, 512
 * - PBKDF2 with SHA-1, 256, 512 (Django, OpenLDAP, passlib, PHC): 2,000,000 iterations
 * - scrypt (PHC): 64 MiB, times p 256 MiB
 * - bcrypt (`$2a$`, `$2b$`, `$2y$`, also after `{CRYPT}`): cost 14
 * - sha256crypt, sha512crypt (`$5$`, `$6$`, also after `{CRYPT}`): 500,000 rounds
 *
 * @param stored - the hash as the other system wrote it, up to 1024 characters
 * @throws DirectoryError `invalid-input` naming the reason, without the hash
 */
export function assertSupportedHash(stored: string): void {
  parseStoredHash(stored);
}
