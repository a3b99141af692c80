import { parseArgon2Hash } from "./argon2-hash.ts";
import { refuseHash, type StoredHash } from "./stored-hash.ts";

const parsers = [parseArgon2Hash];
/** Characters a stored hash may have. */
const maxStoredLength = 1024;

export function parseStoredHash(stored: string): StoredHash {
  if (stored.length > maxStoredLength)
    throw refuseHash("stored", `it is longer than ${maxStoredLength} characters`);
  for (const parse of parsers) {
    const found = parse(stored);
    if (found !== undefined) return found;
  }
  throw refuseHash("stored", "its format is not known");
}

export function findStoredHash(stored: string): StoredHash | undefined {
  try {
    return parseStoredHash(stored);
  } catch {
    return undefined;
  }
}
