import type { Filter } from "./filter.ts";
import { formatFilter, parseFilter } from "./filter-text.ts";
import { escapeFilterValue } from "./filter-value.ts";
import { LdapDecodeError } from "./ldap-error.ts";

/** What may stand in a `filter` template: a value, which is escaped, or a whole filter. */
export type FilterTemplateValue = string | number | bigint | boolean | Uint8Array | Filter;

/**
 * Makes a filter from a template in which every inserted value is literal, whatever it holds.
 *
 * Booleans are written `TRUE` and `FALSE` (RFC 4517 §3.3.3). A `Filter` may be inserted where a filter can
 * stand. Use `formatFilter` for the text.
 *
 * @example
 * const byName = filter`(uid=${name})`;
 * const people = filter`(&(objectClass=person)${byName})`;
 * @throws LdapDecodeError as `parseFilter`, for a fault of the template; `invalid-filter` also when a value stands
 *   anywhere but behind the operator, where it could choose the attribute.
 */
export function filter(template: TemplateStringsArray, ...values: readonly FilterTemplateValue[]): Filter {
  let text = template[0] ?? "";
  values.forEach((value, index) => {
    if (!isFilter(value)) requireValuePlace(text);
    text += textOf(value) + (template[index + 1] ?? "");
  });
  return parseFilter(text);
}

function isFilter(value: FilterTemplateValue): value is Filter {
  return typeof value === "object" && !(value instanceof Uint8Array);
}

/** Escaping guards a value only behind the operator; before it, text would choose the attribute itself. */
function requireValuePlace(before: string): void {
  const item = before.slice(before.lastIndexOf("(") + 1);
  if (!item.includes("=") || item.includes(")")) {
    throw new LdapDecodeError("invalid-filter", "value inserted where none can stand", {
      offset: before.length,
    });
  }
}

function textOf(value: FilterTemplateValue): string {
  if (isFilter(value)) return formatFilter(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return escapeFilterValue(value instanceof Uint8Array ? value : String(value));
}
