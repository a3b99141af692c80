import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { decodeBase64, refuseHash, type StoredHash } from "./stored-hash.ts";

const derive = promisify(pbkdf2);
const digestOctets = { sha1: 20, sha256: 32, sha512: 64 } as const;

/** Iterations a stored PBKDF2 hash may have. */
export const maxPbkdf2Iterations = 2_000_000;
const maxSaltOctets = 128;

// Each: digest, iterations, salt, hash.
const djangoForm = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,10})\$([!-#%-~]+)\$([^$]+)$/;
const encodedForms = [
  // passlib's ldap_pbkdf2_* and OpenLDAP's pw-pbkdf2, both with `.` for `+` and no padding.
  /^\{PBKDF2(?:-(SHA1|SHA256|SHA512))?\}(\d{1,10})\$([^$]+)\$([^$]+)$/i,
  // passlib's pbkdf2_*.
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d{1,10})\$([^$]+)\$([^$]+)$/,
  // The PHC string format.
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$i=(\d{1,10})(?:,l=\d{1,3})?\$([^$]+)\$([^$]+)$/,
];

/**
 * Reads PBKDF2 (RFC 8018) with HMAC-SHA-1, 256 or 512 as Django (`pbkdf2_sha256$...`), OpenLDAP and passlib
 * (`{PBKDF2-SHA256}...`, `$pbkdf2-sha256$...`) and the PHC string format write it.
 *
 * @param stored - the text in the store
 * @returns the hash, or `undefined` when the text is of another family
 * @throws DirectoryError `invalid-input` when it is malformed or has more than {@link maxPbkdf2Iterations}
 */
export function parsePbkdf2Hash(stored: string): StoredHash | undefined {
  if (!/^(pbkdf2_|\{PBKDF2|\$pbkdf2)/i.test(stored)) return undefined;
  const django = djangoForm.exec(stored);
  const parts = django ?? encodedForms.map((form) => form.exec(stored)).find((found) => found !== null);
  if (parts === null || parts === undefined) throw refuseHash("PBKDF2", "its form is not known");
  const [, digestName = "sha1", iterationsText = "", saltText = "", hashText = ""] = parts;
  const digest = digestName.toLowerCase() as keyof typeof digestOctets;
  const iterations = Number(iterationsText);
  if (iterations < 1 || iterations > maxPbkdf2Iterations) {
    throw refuseHash("PBKDF2", `it has not 1 to ${maxPbkdf2Iterations} iterations`);
  }
  // Django hashes the salt's text as it stands.
  const salt = django === null ? decodeBase64(saltText) : Buffer.from(saltText);
  const expected = decodeBase64(hashText);
  if (salt === undefined || expected === undefined) throw refuseHash("PBKDF2", "it is not base64");
  if (salt.length > maxSaltOctets)
    throw refuseHash("PBKDF2", `its salt has more than ${maxSaltOctets} octets`);
  // More than the digest gives multiplies the cost (RFC 8018 §5.2) and no system stores it.
  if (expected.length < 16 || expected.length > digestOctets[digest]) {
    throw refuseHash("PBKDF2", "its hash is shorter than 16 octets or longer than its digest");
  }
  return {
    family: "pbkdf2",
    matches: async (password) =>
      timingSafeEqual(await derive(password, salt, iterations, expected.length, digest), expected),
  };
}
