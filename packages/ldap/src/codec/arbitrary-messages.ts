import fc from "fast-check";
import type { Filter } from "./filter.ts";
import {
  type Control,
  derefAliasesPolicies,
  type LdapMessage,
  type LdapResult,
  modifyOperations,
  type ProtocolOp,
  searchScopes,
} from "./message.ts";

/** Generators of typed messages for property tests. Test code: not part of the package. */

const text = (maxLength = 40): fc.Arbitrary<string> =>
  fc
    .oneof(fc.string({ maxLength }), fc.string({ unit: "grapheme", maxLength: maxLength >> 2 }))
    .map((value) => value.toWellFormed());
export const octets: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 24 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) },
);
const piece = fc.uint8Array({ minLength: 1, maxLength: 8 });
const int31 = fc.nat({ max: 0x7fffffff });
export const messageIds: fc.Arbitrary<number> = fc.oneof(fc.nat({ max: 300 }), int31);

const option = fc.stringMatching(/^[a-z0-9-]{1,6}$/);
export const descriptions: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,10}$/),
      fc.stringMatching(/^[1-9](\.[1-9][0-9]?){1,5}$/),
    ),
    fc.array(option, { maxLength: 2 }),
  )
  .map(([base, options]) => [base, ...options].join(";"));

export const filters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ type: fc.constant("present" as const), attribute: descriptions }),
    fc.record({
      type: fc.constantFrom(
        "equalityMatch" as const,
        "greaterOrEqual" as const,
        "lessOrEqual" as const,
        "approxMatch" as const,
      ),
      attribute: descriptions,
      value: octets,
    }),
    fc
      .record(
        {
          type: fc.constant("substrings" as const),
          attribute: descriptions,
          initial: piece,
          any: fc.array(piece, { maxLength: 3 }),
          final: piece,
        },
        { requiredKeys: ["type", "attribute", "any"] },
      )
      .filter((f) => f.initial !== undefined || f.final !== undefined || f.any.length > 0),
    fc
      .record(
        {
          type: fc.constant("extensibleMatch" as const),
          matchingRule: fc.oneof(fc.constant("caseIgnoreMatch"), fc.constant("1.2.840.113556.1.4.1941")),
          attribute: descriptions,
          value: octets,
          dnAttributes: fc.boolean(),
        },
        { requiredKeys: ["type", "value", "dnAttributes"] },
      )
      .filter((f) => f.matchingRule !== undefined || f.attribute !== undefined),
    fc.record({
      type: fc.constantFrom("and" as const, "or" as const),
      filters: fc.array(tie("filter"), { maxLength: 4 }),
    }),
    fc.record({ type: fc.constant("not" as const), filter: tie("filter") }),
  ),
})).filter;

const result: fc.Arbitrary<LdapResult> = fc.record(
  {
    resultCode: fc.oneof(fc.nat({ max: 123 }), int31),
    matchedDN: text(),
    diagnosticMessage: text(200),
    referral: fc.array(text(), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["resultCode", "matchedDN", "diagnosticMessage"] },
);
const attribute = (minLength: number) =>
  fc.record({ type: descriptions, vals: fc.array(octets, { minLength, maxLength: 4 }) });
const plain = <Type extends string>(type: Type) => result.map((value) => ({ type, ...value }));

export const operations: fc.Arbitrary<ProtocolOp> = fc.oneof(
  fc.record({
    type: fc.constant("bindRequest" as const),
    version: fc.integer({ min: 1, max: 127 }),
    name: text(),
    authentication: fc.oneof(
      fc.record({ type: fc.constant("simple" as const), password: octets }),
      fc.record(
        { type: fc.constant("sasl" as const), mechanism: text(10), credentials: octets },
        { requiredKeys: ["type", "mechanism"] },
      ),
      fc.record({
        type: fc.constant("other" as const),
        tag: fc.constantFrom(0x89, 0x8a, 0x8b),
        value: octets,
      }),
    ),
  }),
  fc
    .record({ result, serverSaslCreds: octets }, { requiredKeys: ["result"] })
    .map(({ result: value, ...rest }) => ({ type: "bindResponse" as const, ...value, ...rest })),
  fc.constant({ type: "unbindRequest" as const }),
  fc.record({
    type: fc.constant("searchRequest" as const),
    baseObject: text(),
    scope: fc.constantFrom(...searchScopes),
    derefAliases: fc.constantFrom(...derefAliasesPolicies),
    sizeLimit: int31,
    timeLimit: int31,
    typesOnly: fc.boolean(),
    filter: filters,
    attributes: fc.array(fc.oneof(descriptions, fc.constantFrom("*", "+", "1.1")), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("searchResEntry" as const),
    objectName: text(),
    attributes: fc.array(attribute(0), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("searchResRef" as const),
    uris: fc.array(text(), { minLength: 1, maxLength: 4 }),
  }),
  plain("searchResDone"),
  fc.record({
    type: fc.constant("modifyRequest" as const),
    object: text(),
    changes: fc.array(
      fc.record({ operation: fc.constantFrom(...modifyOperations), modification: attribute(0) }),
      { maxLength: 4 },
    ),
  }),
  plain("modifyResponse"),
  fc.record({
    type: fc.constant("addRequest" as const),
    entry: text(),
    attributes: fc.array(attribute(1), { maxLength: 4 }),
  }),
  plain("addResponse"),
  fc.record({ type: fc.constant("delRequest" as const), entry: text(300) }),
  plain("delResponse"),
  fc.record(
    {
      type: fc.constant("modDNRequest" as const),
      entry: text(),
      newrdn: text(),
      deleteoldrdn: fc.boolean(),
      newSuperior: text(),
    },
    { requiredKeys: ["type", "entry", "newrdn", "deleteoldrdn"] },
  ),
  plain("modDNResponse"),
  fc.record({
    type: fc.constant("compareRequest" as const),
    entry: text(),
    attribute: descriptions,
    value: octets,
  }),
  plain("compareResponse"),
  fc.record({ type: fc.constant("abandonRequest" as const), abandonId: int31 }),
  fc.record(
    { type: fc.constant("extendedReq" as const), requestName: text(), requestValue: octets },
    { requiredKeys: ["type", "requestName"] },
  ),
  fc
    .record({ result, responseName: text(), responseValue: octets }, { requiredKeys: ["result"] })
    .map(({ result: value, ...rest }) => ({ type: "extendedResp" as const, ...value, ...rest })),
  fc.record(
    { type: fc.constant("intermediateResponse" as const), responseName: text(), responseValue: octets },
    { requiredKeys: ["type"] },
  ),
);

const control: fc.Arbitrary<Control> = fc.record(
  {
    oid: fc.constantFrom("1.2.840.113556.1.4.319", "2.16.840.1.113730.3.4.2"),
    critical: fc.boolean(),
    value: octets,
  },
  { requiredKeys: ["oid", "critical"] },
);

export const messages: fc.Arbitrary<LdapMessage> = fc.record(
  { messageId: messageIds, protocolOp: operations, controls: fc.array(control, { maxLength: 3 }) },
  { requiredKeys: ["messageId", "protocolOp"] },
);
