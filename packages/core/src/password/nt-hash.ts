import { md4 } from "./md4.ts";
import { preparePassword } from "./prepare-password.ts";

/**
 * The NT hash of a password: MD4 of its UTF-16, least significant octet first, without salt ([MS-NLMP] §3.3.1). Whoever has
 * it can log in with it where MS-CHAPv2 or NTLM are spoken, and finds most passwords within hours.
 *
 * @param password - as typed
 */
export function ntHash(password: string): Uint8Array {
  const octets = Buffer.from(preparePassword(password), "utf16le");
  try {
    return md4(octets);
  } finally {
    octets.fill(0);
  }
}
