import type { Filter } from "./filter.ts";
import { formatFilter, parseFilter } from "./filter-text.ts";
import { escapeFilterValue } from "./filter-value.ts";

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
 * @throws LdapDecodeError as `parseFilter`, for a fault of the template.
 */
export function filter(template: TemplateStringsArray, ...values: readonly FilterTemplateValue[]): Filter {
  let text = template[0] ?? "";
  values.forEach((value, index) => {
    text += textOf(value) + (template[index + 1] ?? "");
  });
  return parseFilter(text);
}

function textOf(value: FilterTemplateValue): string {
  if (typeof value === "string" || value instanceof Uint8Array) return escapeFilterValue(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return typeof value === "object" ? formatFilter(value) : String(value);
}
