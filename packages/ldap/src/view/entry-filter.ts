import { foldCase } from "@directorykit/core";
import { dnKey, type Filter, parseDn } from "../codec/index.ts";
import type { Entry } from "./entry.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** Three-valued truth (RFC 4511 §4.5.1.7): `undefined` is Undefined. */
type Truth = boolean | undefined;

/** Whether one of the tree's fixed entries matches. People and groups are found by query instead. */
export function matchesEntry(filter: Filter, entry: Entry, schema: Schema): boolean {
  return test(filter, entry, schema) === true;
}

function test(filter: Filter, entry: Entry, schema: Schema): Truth {
  switch (filter.type) {
    case "and":
      return filter.filters.reduce<Truth>((all, part) => and(all, test(part, entry, schema)), true);
    case "or":
      return not(filter.filters.reduce<Truth>((all, part) => and(all, not(test(part, entry, schema))), true));
    case "not":
      return not(test(filter.filter, entry, schema));
    case "extensibleMatch":
      return filter.attribute === undefined || filter.matchingRule !== undefined
        ? undefined
        : compare(filter.attribute, entry, schema, (values, type) =>
            values.includes(fold(type, filter.value)),
          );
    case "present":
      return compare(filter.attribute, entry, schema, (values) => values.length > 0);
    case "equalityMatch":
    case "approxMatch":
      return compare(filter.attribute, entry, schema, (values, type) =>
        values.includes(fold(type, filter.value)),
      );
    case "greaterOrEqual":
      return compare(filter.attribute, entry, schema, (values, type) =>
        values.some((value) => value >= fold(type, filter.value)),
      );
    case "lessOrEqual":
      return compare(filter.attribute, entry, schema, (values, type) =>
        values.some((value) => value <= fold(type, filter.value)),
      );
    case "substrings":
      return compare(filter.attribute, entry, schema, (values) =>
        values.some((value) => hasSubstrings(value, filter)),
      );
  }
}

function compare(
  description: string,
  entry: Entry,
  schema: Schema,
  holds: (values: readonly string[], type: AttributeTypeDefinition) => boolean,
): Truth {
  const type = schema.type(description);
  if (type === undefined || type.names[0] === "userPassword") return undefined;
  const values = entry.attributes
    .filter((one) => one.type === type)
    .flatMap((one) => one.values.map((value) => fold(type, value)));
  return holds(values, type);
}

function fold(type: AttributeTypeDefinition, value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : Buffer.from(value).toString("utf8");
  if (type.syntax !== "dn") return foldCase(text);
  try {
    return dnKey(parseDn(text));
  } catch {
    return "\0";
  }
}

function hasSubstrings(value: string, filter: Extract<Filter, { type: "substrings" }>): boolean {
  const piece = (octets: Uint8Array): string =>
    Buffer.from(octets).toString("utf8").normalize("NFKC").toLowerCase();
  let rest = value;
  if (filter.initial !== undefined) {
    const initial = piece(filter.initial);
    if (!rest.startsWith(initial)) return false;
    rest = rest.slice(initial.length);
  }
  for (const any of filter.any) {
    const at = rest.indexOf(piece(any));
    if (at < 0) return false;
    rest = rest.slice(at + piece(any).length);
  }
  return filter.final === undefined || rest.endsWith(piece(filter.final));
}

function and(a: Truth, b: Truth): Truth {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
}

function not(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}
