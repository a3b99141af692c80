import type { MatchingRule } from "../model/attribute-definition.ts";
import type { AttributeValue } from "../model/record.ts";
import type { IndexValue } from "../query/filter.ts";

// Printable ASCII without upper case and without runs of spaces is its own normal form: most values by far.
const plain = /^(?! )(?!.* {2})[!-@[-~ ]*(?<! )$/;

/**
 * Folds a string so that spellings that people hold for equal compare equal: compatibility forms (NFKC), case, runs
 * of spaces and spaces at the ends (RFC 4518 §2, caseIgnoreMatch). Case goes by way of upper case so that `ß` meets
 * `SS` and final sigma meets sigma; the result does not depend on the locale.
 */
export function foldCase(text: string): string {
  if (plain.test(text)) return text;
  return squeezeSpaces(
    text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFKC"),
  );
}

/** The same without folding case (caseExactMatch). */
export function foldSpaces(text: string): string {
  return squeezeSpaces(text.normalize("NFKC"));
}

function squeezeSpaces(text: string): string {
  // Soft hyphens and zero-width marks map to nothing (RFC 4518 §2.2).
  return text
    .replace(/[\u00AD\u034F\u1806\u180B-\u180D\u200B-\u200D\u2060\uFE00-\uFE0F\uFEFF\uFFFC]/gu, "")
    .replace(/\s+/gu, " ")
    .trim();
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const integerForm = /^-?(0|[1-9][0-9]{0,15})$/;
const generalizedTime =
  /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2}))?)?(?:[.,](\d{1,9}))?(Z|[+-]\d{2}(?:\d{2})?)$/;

/**
 * The key under which a value is compared, or `undefined` when the value is not one the rule's syntax allows, which
 * makes a filter that asserts it undefined (RFC 4511 §4.5.1.7).
 */
export function normalizeValue(rule: MatchingRule, value: AttributeValue): IndexValue | undefined {
  switch (rule) {
    case "caseIgnore":
      return foldCase(String(value));
    case "caseExact":
      return foldSpaces(String(value));
    case "telephone":
      return foldCase(String(value)).replace(/[ -]/g, "");
    case "octetString":
      return String(value);
    case "uuid": {
      const text = String(value);
      return uuidForm.test(text) ? text.toLowerCase() : undefined;
    }
    case "integer": {
      if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
      return typeof value === "string" && integerForm.test(value) ? Number(value) : undefined;
    }
    case "boolean": {
      const text = String(value).toLowerCase();
      return text === "true" || text === "false" ? text : undefined;
    }
    case "time":
      return typeof value === "number" ? value : parseTime(String(value));
  }
}

/**
 * Part of a value in a substring assertion: folded like the value, but spaces at the ends of the part count, since
 * they may lie in the middle of the value (RFC 4518 §2.6.1).
 */
export function normalizeSubstring(rule: MatchingRule, part: string): string | undefined {
  switch (rule) {
    case "caseIgnore":
    case "caseExact": {
      const folded = rule === "caseIgnore" ? foldCase(part) : foldSpaces(part);
      const before = /^\s/u.test(part) ? " " : "";
      const after = /\s$/u.test(part) && folded !== "" ? " " : "";
      return before + folded + after;
    }
    case "telephone":
      return foldCase(part).replace(/[ -]/g, "");
    case "octetString":
      return part;
    default:
      return undefined;
  }
}

/** Milliseconds since the epoch of a GeneralizedTime (RFC 4517 §3.3.13) or ISO 8601 text. */
export function parseTime(text: string): number | undefined {
  const parts = generalizedTime.exec(text);
  if (parts === null) {
    const iso = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(iso) ? undefined : iso;
  }
  const [, year, month, day, hour, minute, second, fraction, zone = "Z"] = parts;
  const base = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  const check = new Date(base);
  if (check.getUTCMonth() !== Number(month) - 1 || check.getUTCDate() !== Number(day) || Number(hour) > 23)
    return undefined;
  // A fraction counts in the smallest unit given: hours, minutes or seconds.
  const unit = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const extra = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * unit);
  const offset =
    zone === "Z"
      ? 0
      : (zone[0] === "-" ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5) || 0)) * 60_000;
  return base + extra - offset;
}

/** Compares as stores do: numbers before strings, numbers numerically, strings by Unicode code point. */
export function compareIndexValues(a: IndexValue, b: IndexValue): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  if (typeof b === "number") return 1;
  return compareCodePoints(a, b);
}

/** Orders by code point (as UTF-8 octets would), where JavaScript's `<` orders by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogateX = x >= 0xd800 && x <= 0xdfff;
    const surrogateY = y >= 0xd800 && y <= 0xdfff;
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1;
  }
  return a.length - b.length;
}
