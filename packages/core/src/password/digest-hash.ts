import { createHash, timingSafeEqual } from "node:crypto";
import { decodeBase64, refuseHash, type StoredHash } from "./stored-hash.ts";

const digests: Readonly<
  Record<string, { readonly algorithm: string; readonly octets: number; readonly salted: boolean }>
> = {
  SHA: { algorithm: "sha1", octets: 20, salted: false },
  SSHA: { algorithm: "sha1", octets: 20, salted: true },
  SHA256: { algorithm: "sha256", octets: 32, salted: false },
  SSHA256: { algorithm: "sha256", octets: 32, salted: true },
  SHA384: { algorithm: "sha384", octets: 48, salted: false },
  SSHA384: { algorithm: "sha384", octets: 48, salted: true },
  SHA512: { algorithm: "sha512", octets: 64, salted: false },
  SSHA512: { algorithm: "sha512", octets: 64, salted: true },
};
const maxSaltOctets = 64;

/**
 * Reads the single digests of LDAP directories: `{SHA}` is base64 of SHA-1 of the password (RFC 2307 §5.3), `{SSHA}`
 * has 1 to 64 octets of salt, hashed after the password and stored after the digest; the same with SHA-256, 384, 512.
 *
 * @param stored - the text in the store
 * @returns the hash, or `undefined` when the text is of another family
 * @throws DirectoryError `invalid-input` when it is malformed
 */
export function parseDigestHash(stored: string): StoredHash | undefined {
  const [, name = "", body = ""] = /^\{(S?SHA(?:256|384|512)?)\}(.*)$/is.exec(stored) ?? [];
  const digest = digests[name.toUpperCase()];
  if (digest === undefined) return undefined;
  const octets = decodeBase64(body);
  if (octets === undefined) throw refuseHash("digest", "it is not base64");
  const saltOctets = octets.length - digest.octets;
  if (digest.salted ? saltOctets < 1 || saltOctets > maxSaltOctets : saltOctets !== 0) {
    throw refuseHash("digest", "it has not the length of its digest and salt");
  }
  const expected = octets.subarray(0, digest.octets);
  const salt = octets.subarray(digest.octets);
  return {
    family: "digest",
    async matches(password) {
      return timingSafeEqual(createHash(digest.algorithm).update(password).update(salt).digest(), expected);
    },
  };
}
