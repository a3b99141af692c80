import fc from "fast-check";
import { expect, test } from "vitest";
import { filters, operations } from "./arbitrary-messages.ts";
import { encodeOperationBytes } from "./encode-search-entry.ts";
import type { Filter } from "./filter.ts";
import type { ProtocolOp, SearchRequest } from "./message.ts";
import { SearchShape } from "./search-shape.ts";

const searches = operations.filter((op): op is SearchRequest & ProtocolOp => op.type === "searchRequest");
const values = fc.uint8Array({ maxLength: 300 });

const uid = (value: Uint8Array): Filter => ({ type: "equalityMatch", attribute: "uid", value });

/** A filter with one test on uid at its top or within conjunctions, by the value of that test. */
const asked: fc.Arbitrary<(value: Uint8Array) => Filter> = fc.letrec<{
  asked: (value: Uint8Array) => Filter;
}>((tie) => ({
  asked: fc.oneof(
    { weight: 2, arbitrary: fc.constant(uid) },
    fc
      .record({
        before: fc.array(filters, { maxLength: 2 }),
        inner: tie("asked"),
        behind: fc.array(filters, { maxLength: 2 }),
      })
      .map(({ before, inner, behind }) => (value: Uint8Array) => ({
        type: "and" as const,
        filters: [...before, inner(value), ...behind],
      })),
  ),
})).asked;

const isUid = (attribute: string): boolean => attribute === "uid";

/** The octets as they lie in a message, with something before and behind them. */
function within(op: Uint8Array, before: Uint8Array): { bytes: Buffer; start: number; end: number } {
  const bytes = Buffer.concat([before, op, before]);
  return { bytes, start: before.length, end: before.length + op.length };
}

test("the value is found in every request of the shape, however long it is", () => {
  fc.assert(
    fc.property(searches, asked, values, values, values, (search, filter, first, second, before) => {
      const encoded = (value: Uint8Array): Uint8Array =>
        encodeOperationBytes({ ...search, filter: filter(value) });
      const shape = SearchShape.of(encoded(first), isUid);
      if (shape === undefined) {
        // Filters nested very deep have none.
        expect(JSON.stringify(filter(first)).match(/"and"/g)?.length ?? 0).toBeGreaterThan(10);
        return;
      }
      const { bytes, start, end } = within(encoded(second), before);
      expect(shape.matches(bytes, start, end)).toBe(true);
      expect(new Uint8Array(bytes.subarray(shape.valueStart, shape.valueEnd))).toEqual(second);
    }),
    { numRuns: 300 },
  );
});

test("a request that differs in anything else is of another shape", () => {
  fc.assert(
    fc.property(
      searches,
      asked,
      values,
      fc.oneof(searches, fc.constant(undefined)),
      asked,
      (search, filter, value, other, another) => {
        const op = encodeOperationBytes({ ...search, filter: filter(value) });
        const shape = SearchShape.of(op, isUid);
        const compared = encodeOperationBytes({ ...(other ?? search), filter: another(value) });
        const { bytes, start, end } = within(compared, new Uint8Array([0x30, 5]));
        const isSame = Buffer.compare(op, compared) === 0;
        if (shape !== undefined) expect(shape.matches(bytes, start, end)).toBe(isSame);
      },
    ),
    { numRuns: 500 },
  );
});

test("octets that were changed are of another shape, or differ in the value only", () => {
  fc.assert(
    fc.property(searches, asked, values, fc.nat(), fc.nat(255), (search, filter, value, place, octet) => {
      const op = encodeOperationBytes({ ...search, filter: filter(value) });
      const shape = SearchShape.of(op, isUid);
      const changed = Buffer.from(op);
      changed[place % op.length] = octet;
      if (shape?.matches(changed, 0, changed.length) !== true) return;
      const { valueStart, valueEnd } = shape;
      const isInValue = place % op.length >= valueStart && place % op.length < valueEnd;
      expect(isInValue || octet === op[place % op.length]).toBe(true);
      expect(valueEnd - valueStart).toBe(value.length);
    }),
    { numRuns: 2000 },
  );
});

test("octets that end too early are of no shape", () => {
  fc.assert(
    fc.property(searches, asked, values, fc.nat(), (search, filter, value, length) => {
      const op = encodeOperationBytes({ ...search, filter: filter(value) });
      const cut = op.slice(0, length % op.length);
      expect(SearchShape.of(op, isUid)?.matches(cut, 0, cut.length) ?? false).toBe(false);
    }),
  );
});

test("only equality tests that must hold count", () => {
  const shape = (filter: Filter): SearchShape | undefined =>
    SearchShape.of(
      encodeOperationBytes({
        type: "searchRequest",
        baseObject: "dc=example",
        scope: "wholeSubtree",
        derefAliases: "neverDerefAliases",
        sizeLimit: 0,
        timeLimit: 0,
        typesOnly: false,
        filter,
        attributes: [],
      }),
      isUid,
    );
  const ada = uid(Buffer.from("ada"));
  expect(shape(ada)).toBeDefined();
  expect(shape({ type: "and", filters: [{ type: "present", attribute: "cn" }, ada] })).toBeDefined();
  expect(shape({ type: "or", filters: [ada] })).toBeUndefined();
  expect(shape({ type: "not", filter: ada })).toBeUndefined();
  expect(shape({ type: "present", attribute: "uid" })).toBeUndefined();
  expect(shape({ ...ada, type: "approxMatch" } as Filter)).toBeUndefined();
  expect(shape({ ...ada, attribute: "cn" } as Filter)).toBeUndefined();
});
