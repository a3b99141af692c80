import { compareIndexValues, foldCase, normalizeValue } from "@directorykit/core";
import { dnKey, type Filter, parseDn, prepareCaseIgnore } from "../codec/index.ts";
import { decodeText, isDefined, type Test } from "./attribute-test.ts";
import type { Entry } from "./entry.ts";
import { assertedDn, assertedValue } from "./relation-test.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** Three-valued truth (RFC 4511 §4.5.1.7): `undefined` is Undefined. */
export type Truth = boolean | undefined;

/** Whether one of the tree's fixed entries matches. People and groups are found by query instead. */
export function matchesEntry(filter: Filter, entry: Entry, schema: Schema): boolean {
  return evaluateEntry(filter, entry, schema) === true;
}

/** What a filter is for a fixed entry. */
export function evaluateEntry(filter: Filter, entry: Entry, schema: Schema): Truth {
  switch (filter.type) {
    case "and":
      return filter.filters.reduce<Truth>((all, part) => and(all, evaluateEntry(part, entry, schema)), true);
    case "or":
      return not(
        filter.filters.reduce<Truth>((all, part) => and(all, not(evaluateEntry(part, entry, schema))), true),
      );
    case "not":
      return not(evaluateEntry(filter.filter, entry, schema));
    default:
      return test(filter, entry, schema);
  }
}

function test(filter: Test, entry: Entry, schema: Schema): Truth {
  const type = filter.attribute === undefined ? undefined : schema.type(filter.attribute);
  if (type === undefined || type.names[0] === "userPassword" || !isDefined(filter, type)) return undefined;
  const values = entry.attributes.flatMap((one) => (one.type === type ? one.values : []));
  if (filter.type === "present") return values.length > 0;
  const own = testValues(filter, type, values, schema);
  if (filter.type !== "extensibleMatch" || !filter.dnAttributes || filter.matchingRule !== undefined)
    return own;
  return own === true || isInDn(type, filter.value, entry, schema) ? true : own;
}

function testValues(
  filter: Exclude<Test, { type: "present" }>,
  type: AttributeTypeDefinition,
  values: readonly string[],
  schema: Schema,
): Truth {
  if (filter.type === "substrings") {
    if (type.syntax === "dn" || type.syntax === "oid") return undefined;
    return values.some((value) => hasSubstrings(foldCase(value), filter));
  }
  if (type.syntax === "dn") {
    const dn = assertedDn(filter);
    return dn === undefined ? undefined : values.some((value) => dnKey(parseDn(value)) === dnKey(dn));
  }
  const text = decodeText(filter.value);
  if (text === undefined) return undefined;
  if (assertedValue(filter) !== undefined) {
    if (type.names[0] === "objectClass") {
      const name = schema.objectClass(text)?.name;
      return name !== undefined && values.includes(name);
    }
    const folded = fold(type, text);
    return folded === undefined ? undefined : values.some((value) => fold(type, value) === folded);
  }
  if (filter.type === "extensibleMatch" || type.syntax === "oid") return undefined;
  const bound = fold(type, text);
  if (bound === undefined) return undefined;
  return values.some((value) => {
    const order = compareIndexValues(fold(type, value) ?? "", bound);
    return filter.type === "greaterOrEqual" ? order >= 0 : order <= 0;
  });
}

/** A value as it is compared; `undefined` when it is none of this syntax. */
function fold(type: AttributeTypeDefinition, text: string): string | number | undefined {
  const { syntax } = type;
  return syntax === "boolean" || syntax === "integer" ? normalizeValue(syntax, text) : foldCase(text);
}

function isInDn(type: AttributeTypeDefinition, value: Uint8Array, entry: Entry, schema: Schema): boolean {
  const wanted = prepareCaseIgnore(decodeText(value) ?? "");
  return parseDn(entry.dn).rdns.some((rdn) =>
    rdn.some((ava) => schema.type(ava.type) === type && prepareCaseIgnore(ava.value) === wanted),
  );
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
