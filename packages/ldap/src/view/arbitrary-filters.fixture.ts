import fc from "fast-check";
import type { Filter } from "../codec/index.ts";
import { activeDirectoryTypes, ruleNames, sambaTypes } from "./filter-oracle.fixture.ts";

const octets = (text: string): Uint8Array => Buffer.from(text);
const attributes = fc.constantFrom(
  ...Object.keys({ ...activeDirectoryTypes, ...sambaTypes }),
  "unheardOf",
  "userPassword",
  "cn;lang-de",
);
const pieces = fc
  .constantFrom(
    "a",
    "n",
    "bo",
    "Ch",
    "e",
    "@",
    "@example",
    "nn@ex",
    "m",
    "S-1-5",
    "S-1-5-21-1-2-3-2",
    "/",
    "home",
  )
  .map(octets);

/** Filters over the attributes of entries, with values of which some are there. */
export function arbitraryFilters(known: readonly string[]): fc.Arbitrary<Filter> {
  const values = fc
    .constantFrom(
      ...known,
      ...["10000", "10001", "-1", "TRUE", "false", "no such", "Chief", "chief x", "a*", "*n*e", "CH*", "*"],
      ...["/home/ann", "/HOME/ann", "ann@example.com", "cn=Subschema", "20200101000000Z", "20991231235959Z"],
      ...["ann@example.com", "512", "2", "9223372036854775807", "-2147483646", "user", "group", "no-class"],
      ...[
        "S-1-5-21-1-2-3-21000",
        "S-1-5-21-1-2-3-41001",
        "S-1-5-21-1-2-3",
        "[U          ]",
        "EXAMPLE",
        "1000",
      ],
      ...["CN=Person,CN=Schema,CN=Configuration,dc=example,dc=com", "20200101000000.0Z"],
      ...["20991231235959.000000Z#000000#000#000000", "20200101000000.123456Z#00000a#001#ffffff"],
    )
    .map(octets);
  const leaves: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({
      type: fc.constantFrom("equalityMatch", "approxMatch", "greaterOrEqual", "lessOrEqual"),
      attribute: attributes,
      value: values,
    }),
    fc.record({ type: fc.constant("present" as const), attribute: attributes }),
    fc
      .record(
        { attribute: attributes, initial: pieces, any: fc.array(pieces, { maxLength: 2 }), final: pieces },
        { requiredKeys: ["attribute", "any"] },
      )
      .filter(({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0)
      .map((parts): Filter => ({ type: "substrings", ...parts })),
    fc
      .record(
        {
          attribute: attributes,
          matchingRule: fc.constantFrom(...ruleNames),
          value: values,
          dnAttributes: fc.boolean(),
        },
        { requiredKeys: ["value", "dnAttributes"] },
      )
      .filter(({ attribute, matchingRule }) => attribute !== undefined || matchingRule !== undefined)
      .map((parts): Filter => ({ type: "extensibleMatch", ...parts })),
  );
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaves,
      fc.record({
        type: fc.constantFrom("and" as const, "or" as const),
        filters: fc.array(tie("filter"), { maxLength: 3 }),
      }),
      fc.record({ type: fc.constant("not" as const), filter: tie("filter") }),
    ),
  })).filter;
}
