import fc from "fast-check";
import { expect, test } from "vitest";
import { isDirectoryError } from "../errors.ts";
import { type EnvelopeBinding, needsReseal, open, seal } from "./envelope.ts";
import { ephemeralKeyRing } from "./key-ring.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const text: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const ring = ephemeralKeyRing();
const part = text.filter((value) => value.isWellFormed());
const bindings: fc.Arbitrary<EnvelopeBinding> = fc.record({
  organization: part,
  owner: part,
  kind: part,
  id: part,
});

test("every value opens again to the same octets", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bindings, (value, binding) => {
      expect(open(ring, seal(ring, value, binding), binding)).toEqual(value);
    }),
  );
});

test("no envelope opens under another binding", () => {
  fc.assert(
    fc.property(bindings, bindings, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      expect(() => open(ring, seal(ring, "x", one), other)).toThrow();
    }),
  );
});

test("any text either opens or fails with a typed error", () => {
  const texts = fc.oneof(
    text,
    fc.base64String(),
    fc.uint8Array().map((o) => Buffer.from([1, ...o]).toString("base64url")),
  );
  fc.assert(
    fc.property(texts, bindings, (envelope, binding) => {
      needsReseal(ring, envelope);
      try {
        open(ring, envelope, binding);
      } catch (error) {
        expect(isDirectoryError(error)).toBe(true);
      }
    }),
  );
});
