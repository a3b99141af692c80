import { SharedSecret } from "./shared-secret.ts";

/** Octets from hexadecimal digits, with spaces wherever they help. Test code: not in the package. */
export function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ""), "hex"));
}

/** Octets of a text. */
export function textOctets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A secret of a length that one should have. */
export const secret: SharedSecret = new SharedSecret("Vr6q-not-in-any-manual");

/** Of some request. */
export const requestAuthenticator: Uint8Array = octetsOf("00112233445566778899aabbccddeeff");
