import { cryptThread } from "./crypt-thread.ts";
import { refuseHash, type StoredHash } from "./stored-hash.ts";

/** Cost a stored bcrypt hash may have: the work is 2 to its power. */
export const maxBcryptCost = 14;
/** Rounds a stored sha256crypt or sha512crypt hash may have. */
export const maxShaCryptRounds = 500_000;

const bcryptForm = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const shaCryptForm = /^\$([56])\$(?:rounds=([1-9]\d{0,9})\$)?[!-#%-9;-~]{1,16}\$([./A-Za-z0-9]+)$/;
const shaCryptLength = { "5": 43, "6": 86 } as const;

/**
 * Reads what `crypt(3)` gives for bcrypt (`$2a$`, `$2b$`, `$2y$`), sha256crypt (`$5$`) and sha512crypt (`$6$`), also
 * with `{CRYPT}` in front as LDAP directories store it. They are verified on a thread of their own.
 *
 * bcrypt reads 72 octets of a password and no more: two longer passwords that agree in them both match, as they did
 * where the hash comes from, until the first sign-in replaces it.
 *
 * @param stored - the text in the store
 * @returns the hash, or `undefined` when the text is of another family
 * @throws DirectoryError `invalid-input` when it is malformed, of another crypt method (DES, MD5, yescrypt), costs more
 * than {@link maxBcryptCost} or {@link maxShaCryptRounds}, or has less than 1000 rounds
 */
export function parseCryptHash(stored: string): StoredHash | undefined {
  const prefixed = /^\{CRYPT\}/i.test(stored);
  const crypt = prefixed ? stored.slice("{CRYPT}".length) : stored;
  if (/^\$2[a-z]?\$/.test(crypt)) return parseBcrypt(crypt);
  if (/^\$[56]\$/.test(crypt)) return parseShaCrypt(crypt);
  if (prefixed || /^\$(1|y|gy|7|sha1|md5)\$/.test(crypt)) {
    throw refuseHash("crypt", "of crypt only bcrypt, sha256crypt and sha512crypt are supported");
  }
  return undefined;
}

function parseBcrypt(stored: string): StoredHash {
  const cost = Number(bcryptForm.exec(stored)?.[1] ?? Number.NaN);
  if (Number.isNaN(cost)) throw refuseHash("bcrypt", "it is not of the form $2a$, $2b$ or $2y$");
  if (cost < 4 || cost > maxBcryptCost) throw refuseHash("bcrypt", `its cost is not 4 to ${maxBcryptCost}`);
  return {
    family: "bcrypt",
    matches: (password) => cryptThread.verify({ family: "bcrypt", stored, password }),
  };
}

function parseShaCrypt(stored: string): StoredHash {
  const [, method, roundsText = "5000", hash = ""] = shaCryptForm.exec(stored) ?? [];
  if ((method !== "5" && method !== "6") || hash.length !== shaCryptLength[method]) {
    throw refuseHash("sha-crypt", "it has not the form of sha256crypt or sha512crypt");
  }
  const rounds = Number(roundsText);
  if (rounds < 1000 || rounds > maxShaCryptRounds) {
    throw refuseHash("sha-crypt", `it has not 1000 to ${maxShaCryptRounds} rounds`);
  }
  return {
    family: "sha-crypt",
    matches: (password) => cryptThread.verify({ family: "sha-crypt", stored, password }),
  };
}
