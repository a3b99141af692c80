import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { decodeBase64, refuseHash, type StoredHash } from "./stored-hash.ts";

const derive: (password: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt);

/** Octets of memory a stored scrypt hash may take: 128 times N times r. */
export const maxScryptMemory: number = 64 * 1024 * 1024;
/** The same times p, which bounds the time. */
const maxWork = 4 * maxScryptMemory;

/**
 * Reads scrypt (RFC 7914) as passlib and the PHC string format write it: `$scrypt$ln=16,r=8,p=1$salt$hash`.
 *
 * @param stored - the text in the store
 * @returns the hash, or `undefined` when the text is of another family
 * @throws DirectoryError `invalid-input` when it is malformed or takes more than {@link maxScryptMemory}, or more than
 * four times as much after multiplication by p
 */
export function parseScryptHash(stored: string): StoredHash | undefined {
  if (!stored.startsWith("$scrypt$")) return undefined;
  const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)$/;
  const [whole, lnText, rText, pText, saltText = "", hashText = ""] = form.exec(stored) ?? [];
  if (whole === undefined) throw refuseHash("scrypt", "it has not the form ln, r, p, salt, hash");
  const [ln, r, p] = [Number(lnText), Number(rText), Number(pText)];
  // RFC 7914 §2: N is less than 2^(128 r / 8).
  if (ln < 1 || r < 1 || p < 1 || ln >= 16 * r)
    throw refuseHash("scrypt", "a cost parameter is out of its range");
  const memory = 128 * 2 ** ln * r;
  if (memory > maxScryptMemory)
    throw refuseHash("scrypt", `it takes more than ${maxScryptMemory} octets of memory`);
  if (memory * p > maxWork) throw refuseHash("scrypt", "it takes too much time");
  const salt = decodeBase64(saltText);
  const expected = decodeBase64(hashText);
  if (salt === undefined || expected === undefined) throw refuseHash("scrypt", "it is not base64");
  if (salt.length > 64) throw refuseHash("scrypt", "its salt has more than 64 octets");
  if (expected.length < 16 || expected.length > 64)
    throw refuseHash("scrypt", "its hash has not 16 to 64 octets");
  const cost = { N: 2 ** ln, r, p, maxmem: memory + maxScryptMemory };
  return {
    family: "scrypt",
    matches: async (password) =>
      timingSafeEqual(await derive(password, salt, expected.length, cost), expected),
  };
}
