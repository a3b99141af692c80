import { LdapDecodeError } from "./ldap-error.ts";
import { asBuffer, decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** The message of the SASL mechanism PLAIN (RFC 4616 §2). */
export interface SaslPlainMessage {
  /** As whom to act; empty for oneself. */
  readonly authzid: string;
  /** Who logs in. */
  readonly authcid: string;
  /** The password's octets, a view into the message. */
  readonly passwd: Uint8Array;
}

/** @throws LdapDecodeError `invalid-value` when there are not three parts, or a name is empty or no UTF-8. */
export function decodeSaslPlain(message: Uint8Array): SaslPlainMessage {
  const octets = asBuffer(message);
  const first = octets.indexOf(0);
  const second = first < 0 ? -1 : octets.indexOf(0, first + 1);
  const authzid = second < 0 ? undefined : decodeUtf8(octets, 0, first);
  const authcid = second < 0 ? undefined : decodeUtf8(octets, first + 1, second);
  const passwd = octets.subarray(second + 1);
  if (authzid === undefined || authcid === undefined || authcid === "" || passwd.includes(0))
    throw new LdapDecodeError("invalid-value", "not a message of PLAIN");
  return { authzid, authcid, passwd };
}

/** @throws RangeError when a part holds NUL, which separates them. */
export function encodeSaslPlain({ authzid, authcid, passwd }: SaslPlainMessage): Uint8Array {
  if (authzid.includes("\0") || authcid.includes("\0") || passwd.includes(0))
    throw new RangeError("a part of a PLAIN message may not hold NUL");
  return Buffer.concat([encodeUtf8(`${authzid}\0${authcid}\0`), passwd]);
}
