import type { DistinguishedName, Filter } from "../codec/index.ts";
import { parseDn } from "../codec/index.ts";
import { appliesTo, isDefinedBy, readAssertion, type Test } from "./assertion.ts";
import type { Entry } from "./entry.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { matchesValues, type Truth } from "./value-match.ts";

const nothing: ReadonlySet<AttributeTypeDefinition> = new Set();

/** Whether one of the tree's fixed entries matches. People and groups are found by query instead. */
export function matchesEntry(
  filter: Filter,
  entry: Entry,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition> = nothing,
): boolean {
  return evaluateEntry(filter, entry, schema, hidden) === true;
}

/** What a filter is for a fixed entry. @param hidden - types that nobody may match by, beside passwords. Default none */
export function evaluateEntry(
  filter: Filter,
  entry: Entry,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition> = nothing,
): Truth {
  switch (filter.type) {
    case "and":
      return filter.filters.reduce<Truth>(
        (all, part) => and(all, evaluateEntry(part, entry, schema, hidden)),
        true,
      );
    case "or":
      return not(
        filter.filters.reduce<Truth>(
          (all, part) => and(all, not(evaluateEntry(part, entry, schema, hidden))),
          true,
        ),
      );
    case "not":
      return not(evaluateEntry(filter.filter, entry, schema, hidden));
    default:
      return testEntry(filter, entry, schema, hidden);
  }
}

function testEntry(
  test: Test,
  entry: Entry,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition>,
): Truth {
  const own =
    test.attribute === undefined
      ? testByRule(test, entry, schema, hidden)
      : testType(test, schema.type(test.attribute), entry, schema, hidden);
  if (own === undefined || test.type !== "extensibleMatch" || !test.dnAttributes) return own;
  return own || matchesDn(test, parseDn(entry.dn), schema, hidden) === true;
}

function testByRule(
  test: Test,
  entry: Entry,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition>,
): Truth {
  const rule =
    test.type === "extensibleMatch" && test.matchingRule !== undefined
      ? schema.rule(test.matchingRule)
      : undefined;
  if (test.type !== "extensibleMatch" || rule === undefined || !isDefinedBy(rule, test.value))
    return undefined;
  return entry.attributes.some(
    ({ type }) => appliesTo(rule, type) && testType(test, type, entry, schema, hidden) === true,
  );
}

function testType(
  test: Test,
  type: AttributeTypeDefinition | undefined,
  entry: Entry,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition>,
): Truth {
  if (type === undefined || hidden.has(type) || type.names[0] === "userPassword") return undefined;
  const values = entry.attributes.flatMap((one) => (one.type === type ? one.values : []));
  return testValues(test, type, values, schema);
}

/**
 * Whether names of a DN match, as `:dn:` asks (RFC 4511 §4.5.1.7.7): those of the type that the test names, or all that
 * its rule goes with.
 */
export function matchesDn(
  test: Extract<Test, { type: "extensibleMatch" }>,
  dn: DistinguishedName,
  schema: Schema,
  hidden: ReadonlySet<AttributeTypeDefinition>,
): Truth {
  const wanted = test.attribute === undefined ? undefined : schema.type(test.attribute);
  return dn.rdns.flat().some(({ type, value }) => {
    const own = schema.type(type);
    if (own === undefined || hidden.has(own) || (wanted !== undefined && own !== wanted)) return false;
    return testValues(test, own, [value], schema) === true;
  });
}

function testValues(
  test: Test,
  type: AttributeTypeDefinition,
  values: readonly string[],
  schema: Schema,
): Truth {
  const assertion = readAssertion(test, type, schema);
  if (assertion === undefined) return undefined;
  if (type.syntax !== "oid" || assertion.type !== "equal") return matchesValues(assertion, type, values);
  const { text } = assertion.value;
  const name = schema.objectClass(text)?.name ?? text;
  return values.some((value) => value.toLowerCase() === name.toLowerCase());
}

function and(a: Truth, b: Truth): Truth {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
}

function not(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}
