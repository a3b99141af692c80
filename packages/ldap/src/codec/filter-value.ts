import { Buffer, isUtf8 } from "node:buffer";
import { LdapDecodeError } from "./ldap-error.ts";
import { encodeUtf8 } from "./utf8.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const special = /[\u0000-\u001f\u007f()*\\]/g;
const hexDigits = /^[0-9A-Fa-f]{2}$/;

/**
 * Escapes a value for use in filter text (RFC 4515 §3): whatever it holds, it stays one literal value.
 *
 * Text keeps its characters beyond ASCII. Octets that are UTF-8 are written as that text, and others have
 * every octet beyond ASCII escaped. Control characters are escaped too, though only NUL need be, so that the
 * result may go into a log line. A lone surrogate, which cannot be sent, becomes U+FFFD.
 */
export function escapeFilterValue(value: string | Uint8Array): string {
  if (typeof value === "string") return value.toWellFormed().replace(special, escapeCharacter);
  if (isUtf8(value)) return Buffer.from(value).toString("utf8").replace(special, escapeCharacter);
  let text = "";
  for (const octet of value) {
    text += octet >= 0x80 ? escapeOctet(octet) : String.fromCharCode(octet).replace(special, escapeCharacter);
  }
  return text;
}

function escapeCharacter(character: string): string {
  return escapeOctet(character.charCodeAt(0));
}

function escapeOctet(octet: number): string {
  return `\\${octet.toString(16).padStart(2, "0")}`;
}

/**
 * Reads an assertion value of filter text: UTF-8 with `\xx` for any octet.
 *
 * @param offset where the value starts in the whole text, for the error.
 * @throws LdapDecodeError `invalid-filter` for a backslash without two hexadecimal digits, an unescaped
 *   opening parenthesis or NUL.
 */
export function readFilterValue(raw: string, offset: number): Uint8Array {
  const open = raw.indexOf("(");
  const nul = raw.indexOf("\0");
  if (open >= 0 || nul >= 0) {
    throw new LdapDecodeError("invalid-filter", "character must be escaped", {
      offset: offset + Math.max(open, nul),
    });
  }
  if (!raw.includes("\\")) return encodeUtf8(raw);
  const octets: number[] = [];
  let at = 0;
  for (const part of raw.split("\\")) {
    const digits = part.slice(0, 2);
    if (at > 0) {
      if (!hexDigits.test(digits)) {
        throw new LdapDecodeError("invalid-filter", "two hexadecimal digits expected", {
          offset: offset + at,
        });
      }
      octets.push(Number.parseInt(digits, 16));
    }
    for (const octet of encodeUtf8(at > 0 ? part.slice(2) : part)) octets.push(octet);
    at += part.length + 1;
  }
  return Uint8Array.from(octets);
}
