import { DirectoryError } from "../errors.ts";

/** Longest name of anything, in Unicode code points. */
export const maxNameLength = 256;
/** Longest free text or attribute value, in UTF-16 units. */
export const maxValueLength = 65_536;
/** Most values of one attribute. */
export const maxValues = 1000;

// Printable ASCII without spaces at the ends: nearly every name, and nothing to look for in it.
const plain = /^[!-~](?:[ -~]*[!-~])?$/;
const controls = /[\p{Cc}\p{Cs}\p{Co}\u2028\u2029]/u;
// Marks that reorder what a reader sees; in a name they serve only deceit.
const bidirectional = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const invisible =
  /\u034F|[\u17B4\u17B5]|[\u180B-\u180F]|[\uFE00-\uFE0F]|[\u00AD\u115F\u1160\u200B-\u200D\u2060-\u2064\u3164\uFEFF\uFFA0\uFFF0-\uFFFC]/u;

/** A value that breaks a rule. `path` says where, as in `users[3].email`. */
export function invalid(path: string, message: string): DirectoryError {
  return new DirectoryError("invalid-input", `${path}: ${message}`, { details: { path } });
}

/** A name people see: not empty, no control, bidirectional or invisible characters, not too long. Returned in NFC, trimmed. */
export function checkName(path: string, value: unknown, maxLength: number = maxNameLength): string {
  if (typeof value !== "string") throw invalid(path, "must be text");
  if (value.length <= maxLength && plain.test(value)) return value;
  if (value.length > maxLength * 2 || [...value].length > maxLength)
    throw invalid(path, `is longer than ${maxLength} characters`);
  const name = value.normalize("NFC").trim();
  if (name === "") throw invalid(path, "must not be empty");
  if (controls.test(name) || bidirectional.test(name) || invisible.test(name)) {
    throw invalid(path, "holds control, direction or invisible characters");
  }
  return name;
}

/** A login name: a name without spaces, or characters that some protocol treats as syntax. */
export function checkUsername(path: string, value: unknown): string {
  const name = checkName(path, value, 128);
  if (/[\s:,;"\\<>=/*()[\]{}|]/u.test(name)) {
    throw invalid(path, 'must not hold spaces or any of : , ; " \\ < > = / * ( ) [ ] { } |');
  }
  return name;
}

/** Free text without control characters except line breaks and tabs. */
export function checkText(path: string, value: unknown, maxLength: number = maxValueLength): string {
  if (typeof value !== "string") throw invalid(path, "must be text");
  if (value.length > maxLength) throw invalid(path, `is longer than ${maxLength} characters`);
  if (controls.test(value.replace(/[\r\n\t]/g, "")) || bidirectional.test(value)) {
    throw invalid(path, "holds control or direction characters");
  }
  return value.normalize("NFC");
}

/** An e-mail address: something, `@`, a domain; at most 254 characters (RFC 5321 §4.5.3.1). */
export function checkEmail(path: string, value: unknown): string {
  const text = checkName(path, value, 254);
  if (!/^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/u.test(text))
    throw invalid(path, "is not an e-mail address");
  return text;
}

/** A whole number within bounds. */
export function checkInteger(path: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw invalid(path, "must be a whole number");
  if (value < min || value > max) throw invalid(path, `must be between ${min} and ${max}`);
  return value;
}

/** An absolute Unix path. */
export function checkPath(path: string, value: unknown): string {
  const text = checkText(path, value, 4096);
  if (!text.startsWith("/") || /[:\r\n\t]/.test(text))
    throw invalid(path, "must be an absolute path without colons");
  return text;
}

/** One line of an authorized_keys file: an algorithm, base64, an optional comment. */
export function checkSshKey(path: string, value: unknown): string {
  const text = checkText(path, value, 16_384).trim();
  if (!/^[a-z0-9@.-]{3,64} [A-Za-z0-9+/]{16,}={0,3}( [^\r\n]{0,1000})?$/.test(text)) {
    throw invalid(path, "is not a public SSH key: an algorithm, base64 and an optional comment");
  }
  return text;
}

/** One of a few words. */
export function checkOneOf<const T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value !== "string" || !allowed.includes(value as T)) {
    throw invalid(path, `must be one of ${allowed.join(", ")}`);
  }
  return value as T;
}

/** A true or false. */
export function checkBoolean(path: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw invalid(path, "must be true or false");
  return value;
}

/** A list, each part checked. */
export function checkList<T>(
  path: string,
  value: unknown,
  check: (path: string, value: unknown) => T,
  max: number = maxValues,
): readonly T[] {
  if (!Array.isArray(value)) throw invalid(path, "must be a list");
  if (value.length > max) throw invalid(path, `holds more than ${max} values`);
  return value.map((part, i) => check(`${path}[${i}]`, part));
}

/** An object with no other keys than these. */
export function checkObject(
  path: string,
  value: unknown,
  allowed?: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(path, "must be an object");
  for (const key of Object.keys(value)) {
    if (allowed !== undefined && !allowed.includes(key)) {
      throw invalid(path === "" ? key.slice(0, 64) : `${path}.${key.slice(0, 64)}`, "is not a known field");
    }
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Applies a check to a field that may be absent. */
export function optional<T>(
  path: string,
  value: unknown,
  check: (path: string, value: unknown) => T,
): T | undefined {
  return value === undefined || value === null ? undefined : check(path, value);
}
