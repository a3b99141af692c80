import { LdapDecodeError } from "../ldap-error.ts";
import { asBuffer, decodeUtf8, encodeUtf8 } from "../utf8.ts";

/**
 * An authorization identity (RFC 4513 §5.2.1.8): nobody, an entry by name, or a user by a name that the server
 * interprets.
 */
export type AuthzId =
  | { readonly type: "anonymous" }
  | { readonly type: "dn"; readonly dn: string }
  | { readonly type: "user"; readonly user: string };

/**
 * Reads an authzId: the value of the proxied authorization control (RFC 4370 §3), without BER around it, and
 * of the answer to Who am I? (RFC 4532 §2.2).
 *
 * @throws LdapDecodeError `invalid-value` when it is not UTF-8 or starts with neither `dn:` nor `u:`.
 */
export function decodeAuthzId(value: Uint8Array): AuthzId {
  const text = decodeUtf8(asBuffer(value), 0, value.length);
  if (text === "") return { type: "anonymous" };
  if (text?.startsWith("dn:")) return { type: "dn", dn: text.slice(3) };
  if (text?.startsWith("u:")) return { type: "user", user: text.slice(2) };
  throw new LdapDecodeError("invalid-value", "not an authorization identity");
}

export function encodeAuthzId(authzId: AuthzId): Uint8Array {
  switch (authzId.type) {
    case "anonymous":
      return new Uint8Array(0);
    case "dn":
      return encodeUtf8(`dn:${authzId.dn}`);
    case "user":
      return encodeUtf8(`u:${authzId.user}`);
  }
}
