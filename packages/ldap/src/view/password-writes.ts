import { isUtf8 } from "node:buffer";
import { LdapResultCode, type ModifyOperation } from "../codec/index.ts";
import { badPassword, UpdateRefusal } from "./update-refusal.ts";

/** A new value of userPassword, read. */
export type WrittenPassword =
  /** As typed. */
  | { readonly plain: string }
  /** A hash from elsewhere, as other directories store it. */
  | { readonly hash: string };

/** What modifications of userPassword come to. */
export interface PasswordWrites {
  /** What must be the password now, for the change to be made. */
  readonly old?: Uint8Array;
  /** The new one; `null` when it is taken away. */
  readonly next: Uint8Array | null;
}

/** RFC 2307 §5.3 and what OpenLDAP's modules add, and the forms of crypt(3) and PHC that are stored without a scheme. */
const hashForm =
  /^(?:\{[A-Za-z][A-Za-z0-9./_-]{0,31}\}|\$(?:argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*|2[abxy]?|[156])\$)/;

/**
 * Reads a value of userPassword. What begins with a scheme in braces is a hash, known or not: taken for a password, a hash
 * would be one that everybody can read.
 * @throws UpdateRefusal for octets that are no text
 */
export function readPassword(octets: Uint8Array): WrittenPassword {
  if (!isUtf8(octets)) throw badPassword("userPassword: is not text");
  const text = Buffer.from(octets).toString("utf8");
  return hashForm.test(text) ? { hash: text } : { plain: text };
}

/**
 * What modifications of userPassword, made one after another, come to: there is one password at most, and nobody is shown
 * it. Deleting a value asks for the old password, as changing it by deleting the old and adding the new one does.
 * @param hasPassword - whether there is one now
 * @returns `undefined` when nothing changes
 * @throws UpdateRefusal
 */
export function passwordWrites(
  modifications: readonly { readonly operation: ModifyOperation; readonly values: readonly Uint8Array[] }[],
  hasPassword: boolean,
): PasswordWrites | undefined {
  let isThere = hasPassword;
  let old: Uint8Array | undefined;
  let next: Uint8Array | undefined;
  for (const { operation, values } of modifications) {
    const [value, ...more] = values;
    if (more.length > 0 || operation === "increment")
      throw new UpdateRefusal(LdapResultCode.constraintViolation, "userPassword: takes one value here");
    switch (operation) {
      case "add":
        if (value === undefined)
          throw new UpdateRefusal(LdapResultCode.protocolError, "userPassword: no values to add");
        if (isThere) {
          throw new UpdateRefusal(
            LdapResultCode.attributeOrValueExists,
            "userPassword: there is one, to be replaced or deleted first",
          );
        }
        next = value;
        isThere = true;
        break;
      case "delete":
        if (!isThere || (value !== undefined && next !== undefined && !Buffer.from(value).equals(next)))
          throw new UpdateRefusal(LdapResultCode.noSuchAttribute, "userPassword: there is none such");
        if (next === undefined) old = value;
        next = undefined;
        isThere = false;
        break;
      case "replace":
        next = value;
        isThere = value !== undefined;
    }
  }
  const proof = old === undefined ? {} : { old };
  if (next !== undefined) return { ...proof, next };
  return hasPassword && !isThere ? { ...proof, next: null } : undefined;
}
