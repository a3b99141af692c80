/** A password and a one-time code that came in one field. */
export interface PasswordAndCode {
  /** Everything before the last comma. Never empty. */
  readonly password: string;
  /** The six digits after it. */
  readonly code: string;
}

/**
 * Splits `password,123456`, the way to give a TOTP code over protocols that have one field for the password (LDAP
 * simple bind, RADIUS PAP). The last comma counts, since the password may contain others.
 *
 * @param field - as typed
 * @returns both parts, or `undefined` when the field does not end in a comma and six ASCII digits, or starts with them
 */
export function splitPasswordAndCode(field: string): PasswordAndCode | undefined {
  const at = field.length - 7;
  if (at < 1 || !/^,[0-9]{6}$/.test(field.slice(at))) return undefined;
  return { password: field.slice(0, at), code: field.slice(at + 1) };
}
