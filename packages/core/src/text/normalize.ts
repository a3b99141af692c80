import type { MatchingRule } from "../model/attribute-definition.ts";
import type { AttributeValue } from "../model/record.ts";
import type { IndexValue } from "../query/filter.ts";

// Printable ASCII without upper case and without runs of spaces is its own normal form: most values by far.
const plain = /^(?! )(?!.* {2})[!-@[-~ ]*(?<! )$/;

/** Controls and characters that only format, variation selectors and their like map to nothing (RFC 4518 §2.2). */
const invisible = /[\p{Cc}\p{Cf}\p{Variation_Selector}]|[\u034F\u1806\uFFFC]/gu;
/** Line breaks, tabs and spaces of every width map to a space. */
const separators = /[\t-\r\u0085\p{Z}]/gu;
/** A space that a mark combines with carries the mark and is none (RFC 4518 §2.6.1). */
const spaces = / +(?!\p{M})/gu;
const outerSpaces = /^ (?!\p{M})| $/gu;
/** Spaces and hyphens, which telephone numbers are the same without (RFC 4518 §2.6.3). */
const telephoneFill = /[ \u002D\u058A\u2010\u2011\u2212](?!\p{M})/gu;
// The upper case of the dotless i is that of the dotted one, but they are different letters.
const notDotless = /[^\u0131]+/gu;

/**
 * Folds a string so that spellings that people hold for equal compare equal, as RFC 4518 prepares strings for
 * caseIgnoreMatch: compatibility forms (NFKC), case, what does not show, runs of spaces and spaces at the ends. Case
 * goes by way of upper case so that `ß` meets `SS` and final sigma meets sigma, and first to lower case, since `ẞ` is its
 * own upper case. The result does not depend on the locale. Nothing is prohibited (§2.4): whoever must refuse a string
 * does so before.
 */
export function foldCase(text: string): string {
  if (plain.test(text)) return text;
  return withoutOuterSpaces(prepared(text, true));
}

/** The same without folding case (caseExactMatch). */
export function foldSpaces(text: string): string {
  return withoutOuterSpaces(prepared(text, false));
}

/** A string prepared up to the handling of spaces at its ends, of which each is left as one. */
export function prepared(text: string, foldsCase: boolean): string {
  const shown = text.replace(separators, " ").replace(invisible, "").normalize("NFKC");
  const folded = foldsCase ? folding(shown) : shown;
  return folded.replace(spaces, " ");
}

function folding(text: string): string {
  return text
    .toLowerCase()
    .replace(notDotless, (letters) => letters.toUpperCase())
    .toLowerCase()
    .replaceAll("ς", "σ")
    .normalize("NFKC");
}

function withoutOuterSpaces(text: string): string {
  return text.replace(outerSpaces, "");
}

/** Leaves out what makes no difference in a telephone number, of a string that is prepared otherwise. */
export function withoutTelephoneFill(text: string): string {
  return text.replace(telephoneFill, "");
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const integerForm = /^-?(0|[1-9][0-9]{0,15})$/;
const generalizedTime =
  /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2}))?)?(?:[.,](\d{1,9}))?(Z|[+-]\d{2}(?:\d{2})?)$/;

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2}))?$/;

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
      return withoutTelephoneFill(foldCase(String(value)));
    case "octetString":
      return String(value);
    case "uuid": {
      const text = String(value);
      return uuidForm.test(text) ? text.toLowerCase() : undefined;
    }
    case "integer": {
      if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
      const number = typeof value === "string" && integerForm.test(value) ? Number(value) : Number.NaN;
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case "boolean": {
      const text = String(value).toLowerCase();
      return text === "true" || text === "false" ? text : undefined;
    }
    case "time": {
      if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
      return parseTime(String(value));
    }
  }
}

/**
 * Milliseconds since the epoch of a GeneralizedTime (RFC 4517 §3.3.13) or of an ISO 8601 date, alone or with a time and
 * a zone. Without a zone a time would mean another moment on every server, so that is no time.
 */
export function parseTime(text: string): number | undefined {
  const parts = generalizedTime.exec(text) ?? isoTime.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = "0", minute, second, fraction, zone = "Z"] = parts;
  const given = [year, Number(month) - 1, day, hour, minute ?? 0, second ?? 0].map(Number);
  const base = Date.UTC(...(given as [number, number, number, number, number, number]));
  const check = new Date(base);
  const same = [
    check.getUTCFullYear(),
    check.getUTCMonth(),
    check.getUTCDate(),
    check.getUTCHours(),
    check.getUTCMinutes(),
    check.getUTCSeconds(),
  ];
  // What is out of range, like the 30th of February, would have rolled over.
  if (given.some((part, i) => part !== same[i])) return undefined;
  // A fraction counts in the smallest unit given: hours, minutes or seconds.
  const unit = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const extra = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * unit);
  const offset = zoneOffset(zone);
  return offset === undefined ? undefined : base + extra - offset;
}

function zoneOffset(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", ""));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
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
