import fc from "fast-check";
import { expect, test } from "vitest";
import { type DistinguishedName, escapeDnValue, formatDn, parentDn, parseDn } from "./distinguished-name.ts";
import { dnKey, isDescendantKey, parentKey } from "./distinguished-name-key.ts";
import { LdapDecodeError } from "./ldap-error.ts";

const values = fc
  .oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...' ,+=\\"#;<>\0aA\u00e9\u03a3\u00df\u0130'), maxLength: 10 }),
  )
  .map((value) => value.toWellFormed());
const types = fc.constantFrom("cn", "CN", "ou", "uid", "x-own", "2.5.4.3", "1.3.6.1.4.1.99");
const names: fc.Arbitrary<DistinguishedName> = fc.record({
  rdns: fc.array(fc.array(fc.record({ type: types, value: values }), { minLength: 1, maxLength: 3 }), {
    maxLength: 5,
  }),
});

test("a name comes back from its text as it was", () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(parseDn(formatDn(name))).toEqual(name);
    }),
    { numRuns: 1000 },
  );
});

test("an escaped value stays one value between any neighbours", () => {
  fc.assert(
    fc.property(values, values, (first, second) => {
      const text = `cn=${escapeDnValue(first)},ou=${escapeDnValue(second)}`;
      expect(parseDn(text).rdns).toEqual([[{ type: "cn", value: first }], [{ type: "ou", value: second }]]);
    }),
    { numRuns: 500 },
  );
});

test("the key of a name is the key of the name that the key itself spells", () => {
  fc.assert(
    fc.property(names, (name) => {
      const key = dnKey(name);
      const folded = {
        rdns: name.rdns.map((rdn) =>
          rdn.map(({ type, value }) => ({ type: type.toUpperCase(), value: spaced(value) })),
        ),
      };
      expect(dnKey(folded)).toBe(key);
      expect(dnKey({ rdns: name.rdns.map((rdn) => rdn.toReversed()) })).toBe(key);
    }),
    { numRuns: 500 },
  );
});

/** A mark at the beginning would take the space for its letter (RFC 4518 §2.6.1). */
function spaced(value: string): string {
  return /^\P{L}*\p{M}/u.test(value.normalize("NFKC")) ? value : ` ${value} `;
}

test("the key does not change with the case of values", () => {
  fc.assert(
    fc.property(values, (value) => {
      const key = (text: string) => dnKey({ rdns: [[{ type: "cn", value: text }]] });
      expect(key(value.toUpperCase())).toBe(key(value.toUpperCase().toLowerCase()));
      expect(
        key(
          key(value)
            .slice(3)
            .replaceAll(/\\(2c|2b|3d|5c)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
        ),
      ).toBe(key(value));
    }),
    { numRuns: 1000 },
  );
});

test("the parent by key is the parent by structure, and every ancestor is one", () => {
  fc.assert(
    fc.property(names, (name) => {
      const key = dnKey(name);
      for (let up = parentDn(name), upKey = parentKey(key); up !== undefined; up = parentDn(up)) {
        expect(upKey).toBe(dnKey(up));
        expect(isDescendantKey(key, upKey as string)).toBe(true);
        expect(isDescendantKey(upKey as string, key)).toBe(false);
        upKey = parentKey(upKey as string);
      }
      expect(isDescendantKey(key, key)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("any text parses or throws the one typed error", () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'cnou=,+;\\"#0a4 \0\ud800'), maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        dnKey(parseDn(text));
      } catch (error) {
        if (!(error instanceof LdapDecodeError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});
